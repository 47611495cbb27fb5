import { type AnswerFault, always, once, raw, type Spoiler } from './answer-fault.ts';

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

/** What happens below HTTP, or at the wrong time. */
export const wires: Record<string, AnswerFault> = {
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
  'answers that never come': always(neverAnswers, /no answer in time/, { timeoutMs: 60 }),
  'a body that drips': once(drips, 'asked again', { timeoutMs: 150 }),
  'bodies that drip for ever': always(drips, /no answer in time/, { timeoutMs: 60 }),
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
