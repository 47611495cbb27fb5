import { type AnswerFault, always, notJson, once, onPage, type Spoiler, status, webPageWith } from './answer-fault.ts';

const withoutBody =
  (code: number): Spoiler =>
  ({ response }) => {
    response.writeHead(code).end();
    return true;
  };

/** Answers that say by their status that something is wrong. */
export const statuses: Record<string, AnswerFault> = {
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
  'nothing but 500': always(status(500), /failed with 500/),
  'nothing but 429': always(status(429), /too many requests/),
  'nothing but 503 with a web page': always(webPageWith(503), /failed with 503/),
  'a 400 to a first request': once(onPage(1, status(400)), { failed: /Omni refused the request or its credential/ }),
  'a 401': once(status(401), { failed: /Omni refused the credential/ }),
  'a 401 in the middle of the list': once(onPage(3, status(401)), { failed: /page 3, .*refused the credential/ }),
  'a 403': once(status(403), { failed: /Omni refused the credential/ }),
  'a 403 of a firewall': once(webPageWith(403), { failed: /403 and a web page, which Omni never sends/ }),
  'a 404': once(status(404), { failed: /failed with 404/ }),
  'a 407 of a proxy': once(webPageWith(407), 'asked again'),
  'nothing but 407': always(webPageWith(407), /could not reach Omni/),
  'a 451': once(status(451), { failed: /failed with 451/ }),
  'a redirect to another host': once(status(302, { location: 'https://login.acme.example/in' }), {
    failed: /a redirect to login\.acme\.example, which is not followed/,
  }),
  'a permanent redirect within the host': once(status(308, { location: '/elsewhere' }), {
    failed: /a redirect to another path, which is not followed/,
  }),
  'a 304': once(withoutBody(304), { failed: /failed with 304/ }),
  'a 204': once(withoutBody(204), { failed: notJson }),
};
