import { gzipSync } from 'node:zlib';
import { uuid } from '../../support/tokens.ts';
import {
  body,
  changed,
  cutShort,
  drips,
  gzipped,
  having,
  header,
  neverAnswers,
  onPage,
  raw,
  reset,
  type Spoiler,
  signInPage,
  status,
} from './spoilers.ts';

/**
 * - `harmless`: the answer is read as it is
 * - `asked again`: the request is repeated, and then all is well
 * - `walked again`: the whole list is read again, and then all is well
 * - `once`, `always`: one such answer, or nothing but such answers, fails the audit with this message
 */
export type Demand = 'harmless' | 'asked again' | 'walked again' | { once: RegExp } | { always: RegExp };

export interface AnswerFault {
  name: string;
  spoiler: Spoiler;
  demand: Demand;
  /** How long the client waits for an answer. Default: longer than any of these takes. */
  timeoutMs?: number;
}

const emptyList = changed((content) => {
  content.records = [];
  content.pageInfo = { hasNextPage: false, nextCursor: null, pageSize: 100, totalRecords: 0 };
});
const endsEarly = changed(({ pageInfo }) => Object.assign(pageInfo, { hasNextPage: false, nextCursor: null }));

const notJson = /is not JSON/;
const broken = (place: string): Demand => ({ once: new RegExp(`not in the expected format: ${place}`) });
const inThreeWalks = (reason: string): Demand => ({ always: new RegExp(`proved complete after 3 walks: .*${reason}`) });

type Row = [name: string, spoiler: Spoiler, demand: Demand, timeoutMs?: number];

/** The status says that something is wrong. */
const statuses: Row[] = [
  ['a 500', status(500), 'asked again'],
  ['a 502 with the page of a proxy', signInPage(502), 'asked again'],
  ['a 503 that asks for patience', status(503, { 'retry-after': '0' }), 'asked again'],
  ['a 504 in the middle of the list', onPage(2, status(504)), 'asked again'],
  ['a 520 of a content network', signInPage(520), 'asked again'],
  ['a 429 that does not say until when', status(429), 'asked again'],
  ['nothing but 500', status(500), { always: /failed with 500/ }],
  ['a 400 to a first request', onPage(1, status(400)), { once: /Omni refused the request or its credential/ }],
  ['a 401', status(401), { once: /Omni refused the credential/ }],
  ['a 401 in the middle of the list', onPage(3, status(401)), { once: /page 3, .*refused the credential/ }],
  ['a 403', status(403), { once: /Omni refused the credential/ }],
  ['a 403 of a firewall', signInPage(403), { once: /403: the response is a web page, which Omni never sends/ }],
  ['a 404', status(404), { once: /failed with 404/ }],
  ['a 407 of a proxy', signInPage(407), { once: /the proxy requires a login \(407\)/ }],
  ['a 451', status(451), { once: /failed with 451/ }],
  [
    'a redirect to another host',
    status(302, { location: 'https://login.acme.example/in' }),
    { once: /refusing to follow a redirect to login\.acme\.example$/ },
  ],
  ['a 304', status(304), { once: /failed with 304/ }],
];

/** The body is not JSON in the shape of a page. */
const bodies: Row[] = [
  ['a sign-in page', signInPage(200), { once: notJson }],
  ['an empty content type', body((honest) => honest, ''), 'harmless'],
  ['half a body that claims to be whole', body((honest) => honest.slice(0, 900)), { once: notJson }],
  ['two answers in one', body((honest) => honest.repeat(2)), { once: notJson }],
  ['null', body('null'), broken('')],
  ['an array', body((honest) => JSON.stringify(JSON.parse(honest).records)), broken('')],
  ['an error with status 200', body('{"error":"try again later"}'), broken('pageInfo')],
  ['a million brackets', body('['.repeat(1_000_000)), { once: notJson }],
  ['a body of 17 MB', body(Buffer.alloc(17_000_000, ' ')), { once: /the response has more than 16 MiB/ }],
  [
    'a gzip of 20 MB of zeros',
    gzipped(() => gzipSync(Buffer.alloc(20_000_000))),
    { once: /the response has more than 16 MiB/ },
  ],
  ['half a gzip', gzipped((honest) => gzipSync(honest).subarray(0, -200)), { once: notJson }],
];

/** The fields are not as Omni documents them. */
const records: Row[] = [
  ['no pageInfo', having('pageInfo', undefined), broken('pageInfo')],
  ['no records', having('records', undefined), broken('records')],
  ['a count in words', having('pageInfo.totalRecords', '250'), broken('pageInfo.totalRecords')],
  ['a count below zero', having('pageInfo.totalRecords', -1), broken('pageInfo.totalRecords')],
  ['a next page that is "false"', having('pageInfo.hasNextPage', 'false'), broken('pageInfo.hasNextPage')],
  ['a record that is null', having('records.3', null), broken('record 4')],
  ['a token without an id', having('records.0.id', undefined), broken('record 1: id')],
  ['an id that would leave its path', having('records.0.id', '../../scim/v2/users'), broken('record 1: id')],
  [
    'ids in capital letters',
    changed(({ records: list }) => {
      for (const record of list) record.id = record.id.toUpperCase();
    }),
    'harmless',
  ],
  [
    'times without fractions, in small letters',
    changed(({ records: list }) => {
      for (const record of list) record.createdAt = record.createdAt.replace(/\.\d+Z$/, 'z').replace('T', 't');
    }),
    'harmless',
  ],
  ['a token that is enabled as a word', having('records.1.enabled', 'true'), broken('record 2 \\(id .*\\): enabled')],
  [
    'a 31st of June',
    having('records.1.createdAt', '2026-06-31T00:00:00.000Z'),
    broken('record 2 \\(id .*\\): createdAt'),
  ],
  ['a name that is a number', having('records.2.name', 7), broken('record 3 \\(id .*\\): name')],
  ['a type that is missing', having('records.2.type', undefined), broken('record 3 \\(id .*\\): type')],
  [
    'an owner that is an object',
    having('records.2.membershipId', { id: 'x' }),
    broken('record 3 \\(id .*\\): membershipId'),
  ],
];

/** Each page is well formed, but together they are not one whole list. */
const pages: Row[] = [
  ['an empty list', emptyList, inThreeWalks('the list is empty')],
  ['an empty list only once', emptyList, 'walked again'],
  ['an empty page in the middle', onPage(2, having('records', [])), 'walked again'],
  ['a list that ends too early', onPage(2, endsEarly), 'walked again'],
  [
    'a page that lacks a record',
    onPage(
      2,
      changed((content) => content.records.splice(40, 1)),
    ),
    'walked again',
  ],
  ['a record twice in a page', changed((content) => content.records.splice(7, 1, content.records[6])), 'walked again'],
  [
    'a record of the page before',
    onPage(
      3,
      changed(({ records: list }, { cursor }) => list.push({ ...list[0], id: cursor })),
    ),
    'walked again',
  ],
  ['a next page without a cursor', having('pageInfo.nextCursor', null), 'walked again'],
  ['an empty cursor', onPage(1, having('pageInfo.nextCursor', '')), inThreeWalks('has no cursor')],
  [
    'cursors that go in circles',
    onPage(
      3,
      changed(({ pageInfo }, { cursor }) => Object.assign(pageInfo, { hasNextPage: true, nextCursor: cursor })),
    ),
    inThreeWalks('a cursor that was already used'),
  ],
  ['a cursor that is refused', onPage(2, status(400)), 'walked again'],
  ['a cursor that is always refused', onPage(3, status(400)), inThreeWalks('page 3 was refused')],
  ['a count that is too high once', onPage(3, having('pageInfo.totalRecords', 251)), 'walked again'],
  ['a count that sinks during the walk', onPage(3, having('pageInfo.totalRecords', 249)), 'harmless'],
  ['records in another order', changed((content) => content.records.reverse()), 'harmless'],
  ['a page size of its own', having('pageInfo.pageSize', 5000), 'harmless'],
  [
    'a last page that always gives a cursor',
    onPage(3, having('pageInfo.nextCursor', uuid(999))),
    inThreeWalks('a cursor, although it is the last page'),
  ],
  [
    'more records than a page may have',
    onPage(
      2,
      changed(({ records: list }) => list.push(list[0])),
    ),
    'walked again',
  ],
  [
    'an empty page that promises another one',
    onPage(
      2,
      changed((content) => Object.assign(content, { records: [] })),
    ),
    'walked again',
  ],
  ['a count of none on the last page', onPage(3, having('pageInfo.totalRecords', 0)), 'walked again'],
  ['a count below that of the last page', onPage(3, having('pageInfo.totalRecords', 20)), 'walked again'],
  ['a count that falls by a third', onPage(2, having('pageInfo.totalRecords', 160)), 'walked again'],
];

/** The answer is of another time. */
const times: Row[] = [
  [
    'a Date of five years ago',
    header('date', 'Mon, 01 Mar 2021 07:00:00 GMT'),
    { always: /clock says .* dated 2021-/ },
  ],
  ['a Date in five years', header('date', 'Sat, 01 Mar 2031 07:00:00 GMT'), { always: /clock says .* dated 2031-/ }],
  ['a Date that is no date', header('date', 'today'), 'harmless'],
  ['an Age', header('age', '1'), { always: /comes from a cache/ }],
  ['an Age on a later page', onPage(3, header('age', '1')), { always: /comes from a cache/ }],
];

/** Something is wrong below HTTP, or comes at the wrong time. */
const wires: Row[] = [
  ['a connection that is reset', reset, 'asked again'],
  ['connections that are always reset', reset, { always: /could not reach Omni/ }],
  ['a body that is cut short', cutShort(true), 'asked again'],
  ['a chunk that is cut short', cutShort(false), 'asked again'],
  ['an answer that never comes', neverAnswers, 'asked again', 150],
  ['a body that drips', drips, 'asked again', 150],
  ['something that is not HTTP', raw('220 mail.acme.example ESMTP\r\n'), { always: /could not reach Omni/ }],
];

/** Ways in which an answer to a request for the list can be wrong. */
export const answerFaults: AnswerFault[] = [...statuses, ...bodies, ...records, ...pages, ...times, ...wires].map(
  ([name, spoiler, demand, timeoutMs]) => ({ name, spoiler, demand, ...(timeoutMs !== undefined && { timeoutMs }) }),
);
