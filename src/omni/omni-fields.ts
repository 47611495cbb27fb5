import { z } from 'zod';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * An id from Omni. Ids go into URLs and into shell lines that people copy, so only harmless characters pass, and not
 * dots alone, because `..` would change the path of a URL. A UUID may be spelled in either case and is stored in lower
 * case (RFC 9562 4).
 */
export const omniId = z
  .string()
  .regex(/^(?!\.+$)[\w.:-]{1,128}$/, 'expected an id of letters, digits and . : _ - that is not only dots')
  .transform(foldUuid);

/** The id of a user. It is compared with the `membershipId` of tokens, so any text is valid. */
export const membershipId = z.string().min(1).transform(foldUuid);

function foldUuid(id: string): string {
  const folded = id.toLowerCase();
  return folded === id || !uuid.test(id) ? id : folded;
}

/** An instant in any spelling of RFC 3339, in UTC with milliseconds. */
export const omniInstant = z.string().transform((value, context) => {
  const instant = instantOf(value);
  if (instant !== null) return instant;
  context.addIssue({ code: 'custom', message: 'expected a time such as 2026-03-01T07:00:00.000Z' });
  return z.NEVER;
});

/** Omni's own spelling, with days that exist. There may be a million of them, so no `Date` is made for each. */
const canonical = z.regexes.datetime({ precision: 3 });
const rfc3339 =
  /^(?<day>\d{4}-\d\d-\d\d)[T ](?<time>(?:[01]\d|2[0-3]):[0-5]\d:)(?<second>[0-5]\d|60)(?<fraction>\.\d+)?(?<zone>Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** Returns null if the text is not an instant or its day does not exist. A leap second becomes the next second. */
function instantOf(value: string): string | null {
  if (canonical.test(value)) return value;
  const { day = '', time = '', second = '', fraction = '', zone = '' } = rfc3339.exec(value)?.groups ?? {};
  const isLeap = second === '60';
  const ms = Date.parse(`${day}T${time}${isLeap ? '59' : second}${fraction}${zone.toUpperCase()}`);
  const noon = Date.parse(`${day}T12:00:00Z`);
  // `Date.parse` reads the 30th of February as the 2nd of March.
  if (Number.isNaN(ms) || Number.isNaN(noon) || new Date(noon).toISOString().slice(0, 10) !== day) return null;
  return new Date(Math.min(Math.max(ms + (isLeap ? 1000 : 0), firstMs), lastMs)).toISOString();
}

/** Instants sort as text only within four digits of a year, which an offset or a leap second can leave. */
const [firstMs, lastMs] = [Date.parse('0000-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];
