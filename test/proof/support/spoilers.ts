import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OmniSimulator } from '../../../src/demo/omni-simulator.ts';
import { createTokenEndpoints } from '../../../src/demo/simulated-api-keys.ts';
import { answer, answerJson, webPage } from '../../support/omni-answers.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are spoiled in every way
type Body = any;

/** One request for a page of the token list. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Counted from 1. */
  page: number;
  /** The id of the last token on the page before. */
  cursor: string | null;
  /** What Omni would answer: `{ pageInfo, records }`, a fresh copy each time. */
  honest(): Body;
}

/** Answers in Omni's place and returns true; false leaves the answer to Omni. */
export type Spoiler = (exchange: Exchange) => boolean;

const endpoints = createTokenEndpoints();

/** Lets a spoiler answer requests for the list: all of them, or only the first that it wants to answer. */
export function spoil(omni: OmniSimulator, spoiler: Spoiler, howOften: 'once' | 'always'): void {
  omni.intercept = (request, response) => {
    const [path, query] = (request.url ?? '').split('?');
    if (path !== '/api/v1/api-keys') return false;
    const parameters = new URLSearchParams(query);
    const { tokens } = omni.organisation;
    const cursor = parameters.get('cursor');
    const honest = (): Body => structuredClone(endpoints.list(tokens, parameters).body);
    const page = cursor === null ? 1 : Math.floor(tokens.findIndex(({ id }) => id === cursor) / 100) + 2;
    const isSpoiled = spoiler({ request, response, page, cursor, honest });
    if (isSpoiled && howOften === 'once') omni.intercept = undefined;
    return isSpoiled;
  };
}

const json = 'application/json';

export const status =
  (code: number, headers: Record<string, string> = {}): Spoiler =>
  ({ response }) => {
    response.writeHead(code, { 'content-type': json, ...headers });
    response.end(code === 304 ? undefined : JSON.stringify({ error: 'no', status: code }));
    return true;
  };

export const signInPage =
  (code: number): Spoiler =>
  ({ response }) =>
    answer(response, code, webPage.contentType, webPage.body);

export const body =
  (content: string | Buffer | ((honest: string) => string), contentType = json): Spoiler =>
  ({ response, honest }) =>
    answer(response, 200, contentType, typeof content === 'function' ? content(JSON.stringify(honest())) : content);

export const gzipped =
  (pack: (honest: string) => Buffer): Spoiler =>
  ({ response, honest }) => {
    response.writeHead(200, { 'content-type': json, 'content-encoding': 'gzip' });
    response.end(pack(JSON.stringify(honest())));
    return true;
  };

export const onPage =
  (number: number, spoiler: Spoiler): Spoiler =>
  (exchange) =>
    exchange.page === number && spoiler(exchange);

export const changed =
  (change: (body: Body, exchange: Exchange) => void): Spoiler =>
  (exchange) => {
    const content = exchange.honest();
    change(content, exchange);
    return answerJson(exchange.response, content);
  };

/** The honest answer with this value at this place, such as `records.0.id`; undefined removes what is there. */
export const having = (place: string, value: unknown): Spoiler =>
  changed((content) => {
    const names = place.split('.');
    const last = names.pop() ?? '';
    names.reduce((each, name) => each[name], content)[last] = value;
  });

/** Writes bytes on the wire in place of an HTTP answer. */
export const raw =
  (bytes: string): Spoiler =>
  ({ request }) => {
    request.socket.end(bytes);
    return true;
  };

export const reset: Spoiler = ({ request }) => {
  request.socket.resetAndDestroy();
  return true;
};

/** Breaks the connection in the middle of a body whose length was promised, or which comes in chunks. */
export const cutShort =
  (hasLength: boolean): Spoiler =>
  ({ response, honest }) => {
    const text = JSON.stringify(honest());
    response.writeHead(200, { 'content-type': json, ...(hasLength && { 'content-length': text.length }) });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
    return true;
  };

export const neverAnswers: Spoiler = () => true;

/** Sends a byte now and then, for ever. */
export const drips: Spoiler = ({ response }) => {
  response.writeHead(200, { 'content-type': json });
  const timer = setInterval(() => response.write(' '), 20);
  response.once('close', () => clearInterval(timer));
  return true;
};

/** Lets Omni answer, with this header. */
export const header =
  (name: string, value: string): Spoiler =>
  ({ response }) => {
    response.setHeader(name, value);
    return false;
  };
