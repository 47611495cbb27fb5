import { once } from 'node:events';
import type { Server } from 'node:net';

/** Opens the server on this machine, at any free port unless told, and answers the port. */
export async function listen(server: Server, port = 0, host = '127.0.0.1'): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no TCP port');
  return address.port;
}
