import type { ServerResponse } from 'node:http';
import { sendJson } from './http-server.ts';

/** Answers a request instead of Omni. Returns true, as an interceptor does. */
export function answer(response: ServerResponse, status: number, contentType: string, body: string | Buffer): true {
  response.writeHead(status, { 'content-type': contentType }).end(body);
  return true;
}

export function answerJson(response: ServerResponse, body: unknown, status = 200): true {
  sendJson(response, body, status);
  return true;
}

/** The answer of a proxy that answers instead of Omni. */
export const webPage = {
  contentType: 'text/html; charset=utf-8',
  body: '<!doctype html><p>Please sign in to continue</p>',
};
