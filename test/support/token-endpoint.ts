import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ReceivedRequest, sendJson, startHttpServer } from './http-server.ts';

export interface TokenEndpoint extends AsyncDisposable {
  url: string;
  /** The requests so far. `forms` has the form of each. */
  requests: ReceivedRequest[];
  forms: Record<string, string>[];
}

/** Answers one request. `form` is its content and `count` is its number, from 1. */
export type TokenAnswer = (response: ServerResponse, count: number, form: Record<string, string>) => void;

/** Starts a real token endpoint (RFC 6749 3.2) on a free port. By default it returns `token-1`, `token-2` … */
export async function startTokenEndpoint(answer: TokenAnswer = giveToken()): Promise<TokenEndpoint> {
  const forms: Record<string, string>[] = [];
  const server = await startHttpServer(async (response, count) => {
    const form = Object.fromEntries(new URLSearchParams(await text(response.req)));
    forms.push(form);
    answer(response, count, form);
  });
  return {
    url: `${server.baseUrl}/tenant/oauth2/v2.0/token`,
    requests: server.requests,
    forms,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Answers with a token response, with some fields changed. */
export function giveToken(fields: Record<string, unknown> = {}): TokenAnswer {
  return (response, count) => {
    sendJson(response, { token_type: 'Bearer', expires_in: 3599, access_token: `token-${count}`, ...fields });
  };
}

/** Answers with an error (RFC 6749 5.2) whose description contains the secrets. */
export function refuse(error: unknown, status = 400): TokenAnswer {
  return (response, _count, form) => {
    sendJson(response, { error, error_description: `AADSTS7000215: ${JSON.stringify(form)}` }, status);
  };
}

/** Answers with a page that contains the secrets. */
export function sendPage(status: number, contentType = 'text/html'): TokenAnswer {
  return (response, _count, form) => {
    response.writeHead(status, { 'content-type': contentType }).end(`<html>${JSON.stringify(form)}</html>`);
  };
}
