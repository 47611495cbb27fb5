import { gzipSync } from 'node:zlib';
import { answer, answerJson } from '../../support/omni-answers.ts';
import { type AnswerFault, always, brokenFormat, notJson, once, type Spoiler, webPageWith } from './answer-fault.ts';

const gzipped =
  (body: Buffer): Spoiler =>
  ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
    return true;
  };

/** Bodies that are no JSON of the shape of a page. */
export const bodies: Record<string, AnswerFault> = {
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
    failed: /the answer has more than/,
  }),
  'a gzip of 20 KB that unpacks to 20 MB': once(gzipped(gzipSync(Buffer.alloc(20_000_000, ' '))), {
    failed: /the answer has more than/,
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
