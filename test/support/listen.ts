import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Starts the server on this machine and returns its port. Port 0 means any free port. */
export async function listen(server: Server, port = 0, host = '127.0.0.1'): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server is not listening on a TCP port');
  return address.port;
}

/**
 * Returns a port of 127.0.0.1 on which nothing listens. It is below the ports that systems give to servers that ask for any
 * free port, so no other test will get it.
 */
export async function closedPort(): Promise<number> {
  const port = randomInt(10_000, 30_000);
  const server = createServer();
  try {
    await listen(server, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return closedPort();
    throw error;
  }
  await new Promise((resolve) => server.close(resolve));
  return port;
}
