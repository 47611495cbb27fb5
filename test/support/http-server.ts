import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { listen } from './listen.ts';

export interface ReceivedRequest {
  method: string;
  /** Includes the query. */
  url: string;
  headers: IncomingHttpHeaders;
}

export interface TestHttpServer extends AsyncDisposable {
  /** Without a slash at the end. */
  baseUrl: string;
  /** All requests in order of arrival. */
  requests: ReceivedRequest[];
}

/** Starts a real HTTP server on a free port. `answer` gets the number of the request, from 1. */
export async function startHttpServer(
  answer: (response: ServerResponse, count: number, request: ReceivedRequest) => void,
): Promise<TestHttpServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const received = { method, url, headers };
    answer(response, requests.push(received), received);
  });
  const port = await listen(server);
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
