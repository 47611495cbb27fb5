import { createServer, type Socket } from 'node:net';

export interface SilentSmtpServer extends AsyncDisposable {
  port: number;
  /** Resolves when somebody has spoken to it. */
  spokenTo: Promise<void>;
}

/** A mail server that greets and then never answers. */
export async function startSilentSmtpServer(): Promise<SilentSmtpServer> {
  const spokenTo = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // A client that goes away is what the tests are about.
    socket.on('error', () => {});
    socket.write('220 silence\r\n');
    socket.once('data', () => spokenTo.resolve());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no TCP port');
  return {
    port: address.port,
    spokenTo: spokenTo.promise,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
