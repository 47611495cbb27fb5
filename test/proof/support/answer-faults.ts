import { gzipSync } from 'node:zlib';
import { answer, answerJson } from '../../support/omni-answers.ts';
import { someToken } from '../../support/tokens.ts';
import { altered, alteredPage, onPage, raw, type Spoiler, status, webPageWith } from './answer-fault.ts';

/**
 * - `harmless`: the answer is read as it is
 * - `asked again`: the request is repeated, and then all is well
 * - `walked again`: the whole list is read once more, and then all is well
 * - `failed`: the audit fails with a message like this, and concludes nothing
 */
export type Demand = 'harmless' | 'asked again' | 'walked again' | { failed: RegExp };

export interface AnswerFault {
  spoiler: Spoiler;
  howOften: 'once' | 'always';
  demand: Demand;
  /** The longest wait for an answer. Default: longer than any of these takes. */
  timeoutMs?: number;
}

const once = (spoiler: Spoiler, demand: Demand, rest: Partial<AnswerFault> = {}): AnswerFault => {
  return { spoiler, howOften: 'once', demand, ...rest };
};
const always = (spoiler: Spoiler, failed: RegExp, rest: Partial<AnswerFault> = {}): AnswerFault => {
  return { spoiler, howOften: 'always', demand: { failed }, ...rest };
};

const uuid = '7d8f0a3c-2f1e-4e07-9c55-0a1b2c3d4e5f';
const lastOfFirstPage = someToken(100).id;
const notJson = /is not JSON/;
const brokenFormat = (place: string): RegExp => new RegExp(`breaks Omni’s format: ${place}`);
const inThreeWalks = (reason: string): RegExp => new RegExp(`proved complete in 3 walks: .*${reason}`);

/** Cut in the middle of a body of promised length. */
const cutShort: Spoiler = ({ response, honest }) => {
  const text = JSON.stringify(honest());
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
  return true;
};
const cutInAChunk: Spoiler = ({ response, honest }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write(JSON.stringify(honest()).slice(0, 500), () => response.destroy());
  return true;
};
const neverAnswers: Spoiler = () => true;
/** A byte now and then, for ever. */
const drips: Spoiler = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 20);
  response.once('close', () => clearInterval(timer));
  return true;
};
const gzipped =
  (body: Buffer): Spoiler =>
  ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
    return true;
  };
const emptyList = altered((body) => {
  body.records = [];
  body.pageInfo = { hasNextPage: false, nextCursor: null, pageSize: 100, totalRecords: 0 };
});
const withoutBody =
  (code: number): Spoiler =>
  ({ response }) => {
    response.writeHead(code).end();
    return true;
  };

const statuses: Record<string, AnswerFault> = {
  'a 500': once(status(500), 'asked again'),
  'a 502 with the page of a proxy': once(webPageWith(502), 'asked again'),
  'a 503 that asks for patience': once(status(503, { 'retry-after': '0' }), 'asked again'),
  'a 504 in the middle of the list': once(onPage(2, status(504)), 'asked again'),
  'a 520 of a content network': once(webPageWith(520), 'asked again'),
  'a 408': once(status(408), 'asked again'),
  'a 429 without a word on when': once(status(429), 'asked again'),
  'a 429 until a date that is over': once(
    status(429, { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }),
    'asked again',
  ),
  'nothing but 500': always(status(500), /was answered with 500/),
  'nothing but 429': always(status(429), /too many requests/),
  'nothing but 503 with a web page': always(webPageWith(503), /was answered with 503/),
  'a 400 to a first request': once(onPage(1, status(400)), { failed: /Omni refused the request or its credential/ }),
  'a 401': once(status(401), { failed: /Omni refused the credential/ }),
  'a 401 in the middle of the list': once(onPage(3, status(401)), { failed: /page 3, .*refused the credential/ }),
  'a 403': once(status(403), { failed: /Omni refused the credential/ }),
  'a 403 of a firewall': once(webPageWith(403), { failed: /403 and a web page, which Omni never sends/ }),
  'a 404': once(status(404), { failed: /was answered with 404/ }),
  'a 407 of a proxy': once(webPageWith(407), 'asked again'),
  'nothing but 407': always(webPageWith(407), /could not reach Omni/),
  'a 451': once(status(451), { failed: /was answered with 451/ }),
  'a redirect to another host': once(status(302, { location: 'https://login.acme.example/in' }), {
    failed: /a redirect to login\.acme\.example, which is not followed/,
  }),
  'a permanent redirect within the host': once(status(308, { location: '/elsewhere' }), {
    failed: /a redirect to another path, which is not followed/,
  }),
  'a 304': once(withoutBody(304), { failed: /was answered with 304/ }),
  'a 204': once(withoutBody(204), { failed: notJson }),
};

const bodies: Record<string, AnswerFault> = {
  'a sign-in page': once(webPageWith(200), { failed: notJson }),
  'a page of plain text': once(({ response }) => answer(response, 200, 'text/plain', 'OK'), { failed: notJson }),
  'an empty body': once(({ response }) => answer(response, 200, 'application/json', ''), { failed: notJson }),
  'half a body that claims to be whole': once(
    ({ response, honest }) => answer(response, 200, 'application/json', JSON.stringify(honest()).slice(0, 900)),
    { failed: notJson },
  ),
  'two answers in one': once(
    ({ response, honest }) => answer(response, 200, 'application/json', JSON.stringify(honest()).repeat(2)),
    { failed: notJson },
  ),
  null: once(({ response }) => answerJson(response, null), { failed: brokenFormat('') }),
  'an array': once(({ response, honest }) => answerJson(response, honest().records), { failed: brokenFormat('') }),
  'an error in the clothes of a success': once(({ response }) => answerJson(response, { error: 'try again later' }), {
    failed: brokenFormat('pageInfo'),
  }),
  'a million brackets': once(({ response }) => answer(response, 200, 'application/json', '['.repeat(1_000_000)), {
    failed: notJson,
  }),
  'a body of 17 MB': once(({ response }) => answer(response, 200, 'application/json', Buffer.alloc(17_000_000, ' ')), {
    failed: /got an answer of more than/,
  }),
  'a gzip of 20 KB that unpacks to 20 MB': once(gzipped(gzipSync(Buffer.alloc(20_000_000, ' '))), {
    failed: /got an answer of more than/,
  }),
  'a gzip that is none': always(gzipped(Buffer.from('this is no gzip')), /could not reach Omni|unexpectedly/),
  'half a gzip': once((exchange) => gzipped(gzipSync(JSON.stringify(exchange.honest())).subarray(0, -200))(exchange), {
    failed: notJson,
  }),
  'a byte order mark before it': once(
    ({ response, honest }) => answer(response, 200, 'application/json', `\ufeff${JSON.stringify(honest())}`),
    'harmless',
  ),
  'names in Latin-1': once(
    ({ response, honest }) => {
      const body = honest();
      body.records[0].name = 'Zoë';
      return answer(response, 200, 'application/json', Buffer.from(JSON.stringify(body), 'latin1'));
    },
    { failed: /UTF-8/ },
  ),
  'no content type': once(({ response, honest }) => {
    response.writeHead(200).end(JSON.stringify(honest()));
    return true;
  }, 'harmless'),
};

const records: Record<string, AnswerFault> = {
  'no pageInfo': once(
    altered((body) => delete body.pageInfo),
    { failed: brokenFormat('pageInfo') },
  ),
  'no records': once(
    altered((body) => delete body.records),
    { failed: brokenFormat('records') },
  ),
  'a count in words': once(
    altered((body) => {
      body.pageInfo.totalRecords = '250';
    }),
    { failed: brokenFormat('pageInfo.totalRecords') },
  ),
  'a count below zero': once(
    altered((body) => {
      body.pageInfo.totalRecords = -1;
    }),
    { failed: brokenFormat('pageInfo.totalRecords') },
  ),
  'a next page that is "false"': once(
    altered((body) => {
      body.pageInfo.hasNextPage = 'false';
    }),
    { failed: brokenFormat('pageInfo.hasNextPage') },
  ),
  'a record that is null': once(
    altered((body) => {
      body.records[3] = null;
    }),
    { failed: brokenFormat('record 4') },
  ),
  'a token without an id': once(
    altered((body) => delete body.records[0].id),
    { failed: brokenFormat('record 1: id') },
  ),
  'an id that would leave its path': once(
    altered((body) => {
      body.records[0].id = '../../scim/v2/users';
    }),
    { failed: brokenFormat('record 1: id') },
  ),
  'a token that is enabled as a word': once(
    altered((body) => {
      body.records[1].enabled = 'true';
    }),
    { failed: brokenFormat('record 2: enabled') },
  ),
  'a token that was made on the 31st of June': once(
    altered((body) => {
      body.records[1].createdAt = '2026-06-31T00:00:00.000Z';
    }),
    { failed: brokenFormat('record 2: createdAt') },
  ),
  'a name that is a number': once(
    altered((body) => {
      body.records[2].name = 7;
    }),
    { failed: brokenFormat('record 3: name') },
  ),
  'a type that is missing': once(
    altered((body) => delete body.records[2].type),
    { failed: brokenFormat('record 3: type') },
  ),
  'an owner that is an object': once(
    altered((body) => {
      body.records[2].membershipId = { id: uuid };
    }),
    { failed: brokenFormat('record 3: membershipId') },
  ),
  'times in another time zone': once(
    altered((body) => {
      for (const record of body.records) record.createdAt = record.createdAt.replace(/\.000Z$/, '+00:00');
    }),
    'harmless',
  ),
  'ids in capital letters': once(
    altered((body) => {
      for (const record of body.records) record.id = `abcdef00-${record.id.slice(9)}`.toUpperCase();
    }),
    { failed: brokenFormat('record 1: id') },
  ),
};

const pages: Record<string, AnswerFault> = {
  'an empty list': always(emptyList, inThreeWalks('the list is empty')),
  'an empty list for a moment': once(emptyList, 'walked again'),
  'an empty page in the middle': once(
    alteredPage(2, (body) => {
      body.records = [];
    }),
    'walked again',
  ),
  'a list that ends too early': once(
    alteredPage(2, (body) => {
      body.pageInfo.hasNextPage = false;
    }),
    'walked again',
  ),
  'a list that always ends too early': always(
    alteredPage(2, (body) => {
      body.pageInfo = { ...body.pageInfo, hasNextPage: false, nextCursor: null };
    }),
    inThreeWalks('200 tokens were listed, but Omni counts 250'),
  ),
  'a page that lacks a record': once(
    alteredPage(2, (body) => {
      body.records.splice(40, 1);
    }),
    'walked again',
  ),
  'a record twice in a page': once(
    altered((body) => {
      body.records[7] = body.records[6];
    }),
    'walked again',
  ),
  'the same page twice': always(
    alteredPage(3, (body, { honest }) => {
      body.records.push(...honest().records);
    }),
    inThreeWalks('repeat a token id'),
  ),
  'a record of one page in another': once(
    alteredPage(3, (body) => {
      body.records.push({ ...body.records[0] });
    }),
    'walked again',
  ),
  'a next page without a cursor': once(
    altered((body) => {
      body.pageInfo.nextCursor = null;
    }),
    'walked again',
  ),
  'an empty cursor': always(
    altered((body) => {
      body.pageInfo.nextCursor = '';
      body.pageInfo.hasNextPage = true;
    }),
    inThreeWalks('gives no cursor'),
  ),
  'cursors that go in circles': always(
    alteredPage(3, (body) => {
      body.pageInfo = { ...body.pageInfo, hasNextPage: true, nextCursor: lastOfFirstPage };
    }),
    inThreeWalks('a cursor that was already used'),
  ),
  'a cursor that is refused': once(onPage(2, status(400)), 'walked again'),
  'a cursor that is always refused': always(onPage(3, status(400)), inThreeWalks('page 3 was refused')),
  'a count that is too high for a moment': once(
    alteredPage(3, (body) => {
      body.pageInfo.totalRecords += 1;
    }),
    'walked again',
  ),
  'a count that is always too high': always(
    altered((body) => {
      body.pageInfo.totalRecords += 1;
    }),
    inThreeWalks('250 tokens were listed, but Omni counts 251'),
  ),
  'a count that sinks during the walk': once(
    alteredPage(3, (body) => {
      body.pageInfo.totalRecords -= 1;
    }),
    'harmless',
  ),
  'pages in another order of records': once(
    altered((body) => body.records.reverse()),
    'harmless',
  ),
  'a page size of its own': once(
    altered((body) => {
      body.pageInfo.pageSize = 5000;
    }),
    'harmless',
  ),
  'a last page that gives a cursor': once(
    alteredPage(3, (body) => {
      body.pageInfo.nextCursor = uuid;
    }),
    'harmless',
  ),
};

const wires: Record<string, AnswerFault> = {
  'a connection that is reset': once(({ request }) => {
    request.socket.resetAndDestroy();
    return true;
  }, 'asked again'),
  'connections that are always reset': always(({ request }) => {
    request.socket.resetAndDestroy();
    return true;
  }, /could not reach Omni/),
  'a body that is cut short': once(cutShort, 'asked again'),
  'bodies that are always cut short': always(cutShort, /could not reach Omni/),
  'a chunk that is cut short': once(cutInAChunk, 'asked again'),
  'an answer that never comes': once(neverAnswers, 'asked again', { timeoutMs: 150 }),
  'answers that never come': always(neverAnswers, /got no answer in time/, { timeoutMs: 60 }),
  'a body that drips': once(drips, 'asked again', { timeoutMs: 150 }),
  'bodies that drip for ever': always(drips, /got no answer in time/, { timeoutMs: 60 }),
  'something that is not HTTP': always(raw('220 mail.acme.example ESMTP\r\n'), /could not reach Omni/),
  'a header line of 100 KB': always(({ request }) => {
    request.socket.end(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n{}`);
    return true;
  }, /could not reach Omni/),
  'chunks that are not chunks': always(
    raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n{}\r\n0\r\n\r\n'),
    /could not reach Omni/,
  ),
  'a clock that is years off': once(({ response, honest }) => {
    response.writeHead(200, { 'content-type': 'application/json', date: 'Fri, 01 Jan 1999 00:00:00 GMT' });
    response.end(JSON.stringify(honest()));
    return true;
  }, 'harmless'),
};

/** Ways in which an answer to a request for the list can be wrong, by what a person would call them. */
export const answerFaults: Record<string, AnswerFault> = { ...statuses, ...bodies, ...records, ...pages, ...wires };
