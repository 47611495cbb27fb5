import { z } from 'zod';
import type { Token } from '../rules/token.ts';

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
  return value !== value.toLowerCase() && /^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/i.test(value);
}

/** What Omni sends of a token. Any string is a name. Fields that we do not know stay, for `unknownFields`. */
const tokenRecord = z.looseObject({
  id,
  name: z.string().nullish(),
  type: z.string().min(1).max(100),
  enabled: z.boolean(),
  createdAt: z.iso.datetime({ offset: true }),
  membershipId: id.nullish(),
});

/** One page of `GET /api/v1/api-keys`, as far as the way to the next one needs it. */
export const tokenPage = z.object({
  pageInfo: z.object({
    hasNextPage: z.boolean(),
    nextCursor: z.string().nullish(),
    totalRecords: z.int().nonnegative(),
  }),
  records: z.array(z.unknown()),
});

/** The records of such a page. */
export const tokenRecords = z.object({ records: z.array(tokenRecord) });

export type TokenPageAnswer = z.infer<typeof tokenPage>;
export type TokenRecord = z.infer<typeof tokenRecord>;

export function toToken({ id, name, type, enabled, createdAt, membershipId }: TokenRecord): Token {
  return { id, name: name ?? '', type, enabled, createdAt: inUtc(createdAt), membershipId: membershipId ?? null };
}

const utcWithMilliseconds = /^.{19}\.\d{3}Z$/;

/** Another spelling of the same instant is no change. */
function inUtc(instant: string): string {
  return utcWithMilliseconds.test(instant) ? instant : new Date(instant).toISOString();
}

const knownFields: ReadonlySet<string> = new Set(Object.keys(tokenRecord.shape));

/** Names of the fields that a record has beyond those that this program knows. */
export function unknownFields(record: TokenRecord): string[] {
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
