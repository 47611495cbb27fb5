import { createServer, type Socket } from 'node:net';
import { listen } from './listen.ts';

export interface SilentSmtpServer extends AsyncDisposable {
  port: number;
  /** Resolves when a client has sent something. */
  spokenTo: Promise<void>;
}

/** Starts a mail server that sends a greeting and then never answers. */
export async function startSilentSmtpServer(): Promise<SilentSmtpServer> {
  const spokenTo = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The tests abort, so that the client disconnects.
    socket.on('error', () => {});
    socket.write('220 mail.acme.example\r\n');
    socket.once('data', () => spokenTo.resolve());
  });
  const port = await listen(server);
  return {
    port,
    spokenTo: spokenTo.promise,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
