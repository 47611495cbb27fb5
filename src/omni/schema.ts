import { z } from 'zod';

/**
 * An id goes into URLs and into shell lines that readers copy, so only harmless characters pass.
 * Omni's are UUIDs.
 */
const id = z
  .string()
  .regex(/^[\w.:-]{1,128}$/, 'expected an id of letters, digits and . : _ -')
  .refine((value) => !isUuidInCapitals(value), 'expected a UUID in small letters');

/**
 * RFC 9562 4 has UUIDs written in small letters, and Omni does. One in capitals means the same and
 * would count as another token; neither can be told from it how Omni looks it up by id.
 */
function isUuidInCapitals(value: string): boolean {
  return /^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i.test(value) && value !== value.toLowerCase();
}

/** Brought to UTC with milliseconds, so that another spelling of the same instant is no change. */
const instant = z.iso.datetime({ offset: true }).transform((value) => new Date(value).toISOString());

/** Any string is a name. Fields that we do not know stay, for `unknownFields`. */
const tokenRecord = z.looseObject({
  id,
  name: z
    .string()
    .nullish()
    .transform((name) => name ?? ''),
  type: z.string().min(1).max(100),
  enabled: z.boolean(),
  createdAt: instant,
  membershipId: id.nullish().transform((membershipId) => membershipId ?? null),
});

/** One page of `GET /api/v1/api-keys`. */
export const tokenPage = z.object({
  pageInfo: z.object({
    hasNextPage: z.boolean(),
    nextCursor: z.string().nullish(),
    totalRecords: z.int().nonnegative(),
  }),
  records: z.array(tokenRecord),
});

export type TokenPageAnswer = z.infer<typeof tokenPage>;

const knownFields: ReadonlySet<string> = new Set(Object.keys(tokenRecord.shape));

/** Names of the fields that a record has beyond those that this program knows. */
export function unknownFields(record: TokenPageAnswer['records'][number]): string[] {
  return Object.keys(record).filter((name) => !knownFields.has(name));
}

/** The first thing that is wrong, as `record 4: createdAt: expected …`. Values are not repeated. */
export function describeProblem(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'unknown problem';
  const [first, position, ...rest] = issue.path;
  const path =
    first === 'records' && typeof position === 'number'
      ? [`record ${position + 1}`, rest.join('.')]
      : [issue.path.join('.')];
  return [...path.filter((part) => part !== ''), issue.message].join(': ');
}
