import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Opens the server on this machine, at any free port unless told, and answers the port. */
export async function listen(server: Server, port = 0, host = '127.0.0.1'): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no TCP port');
  return address.port;
}

/**
 * A port of 127.0.0.1 at which nobody listens, nor soon will: it lies below those that a system
 * gives to servers that ask for any, so that no other test is given it meanwhile.
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
