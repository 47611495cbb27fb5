import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OmniSimulator } from '../../../src/demo/omni-simulator.ts';
import { createTokenEndpoints } from '../../../src/demo/simulated-api-keys.ts';
import { answer, answerJson, webPage } from '../../support/omni-answers.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are spoiled in every way
export type Body = any;

/** One request for a page of the list, and what can be done with it. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Of the list that is asked for, from 1. */
  page: number;
  /** What Omni would answer: `{ pageInfo, records }`, new for every request. */
  honest(): Body;
}

/** Answers in Omni's place, or leaves the answer to it by `false`. */
export type Spoiler = (exchange: Exchange) => boolean;

const endpoints = createTokenEndpoints();

/** Lets a spoiler have the requests for the list, all of them or only the first at which it answers. */
export function spoil(omni: OmniSimulator, spoiler: Spoiler, howOften: 'once' | 'always'): void {
  omni.intercept = (request, response) => {
    const [path, query] = (request.url ?? '').split('?');
    if (path !== '/api/v1/api-keys') return false;
    const parameters = new URLSearchParams(query);
    const { tokens } = omni.organisation;
    const cursor = parameters.get('cursor');
    const honest = (): Body => structuredClone(endpoints.list(tokens, parameters).body);
    const page = cursor === null ? 1 : Math.floor(tokens.findIndex(({ id }) => id === cursor) / 100) + 2;
    const isSpoiled = spoiler({ request, response, page, honest });
    if (isSpoiled && howOften === 'once') omni.intercept = undefined;
    return isSpoiled;
  };
}

/** The status, with a body in Omni's manner. */
export function status(code: number, headers: Record<string, string> = {}): Spoiler {
  return ({ response }) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: 'no', status: code }));
    return true;
  };
}

export function webPageWith(code: number): Spoiler {
  return ({ response }) => answer(response, code, webPage.contentType, webPage.body);
}

/** Bytes on the wire, in place of an answer in HTTP. */
export function raw(bytes: string): Spoiler {
  return ({ request }) => {
    request.socket.end(bytes);
    return true;
  };
}

/** The honest answer, with something changed in it. */
export function altered(change: (body: Body, exchange: Exchange) => void): Spoiler {
  return (exchange) => {
    const body = exchange.honest();
    change(body, exchange);
    return answerJson(exchange.response, body);
  };
}

/** Like `altered`, for one page alone. */
export function alteredPage(number: number, change: (body: Body, exchange: Exchange) => void): Spoiler {
  const spoiler = altered(change);
  return (exchange) => exchange.page === number && spoiler(exchange);
}

export function onPage(number: number, spoiler: Spoiler): Spoiler {
  return (exchange) => exchange.page === number && spoiler(exchange);
}

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

export const once = (spoiler: Spoiler, demand: Demand, rest: Partial<AnswerFault> = {}): AnswerFault => {
  return { spoiler, howOften: 'once', demand, ...rest };
};
export const always = (spoiler: Spoiler, failed: RegExp, rest: Partial<AnswerFault> = {}): AnswerFault => {
  return { spoiler, howOften: 'always', demand: { failed }, ...rest };
};

export const notJson = /is not JSON/;
export const brokenFormat = (place: string): RegExp => new RegExp(`not in Omni’s format: ${place}`);
export const inThreeWalks = (reason: string): RegExp => new RegExp(`proved complete in 3 walks: .*${reason}`);
