import { connect, createServer, type Socket } from 'node:net';

/** What a switch does with connections: passes them on, refuses them, resets them at the first answer, or is silent. */
export type SwitchMode = 'well' | 'killed' | 'reset' | 'hung';

/** A TCP relay before a real server, by which it is killed, hangs or resets, and comes back at the same port. */
export interface Switch {
  /** The server's URL with the port of the switch. */
  readonly url: string;
  readonly set: (mode: SwitchMode) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** @param url  of a server on loopback */
export async function startSwitch(url: string): Promise<Switch> {
  let mode: SwitchMode = 'well';
  const sockets = new Set<Socket>();
  const to = Number(new URL(url).port);
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined).once('close', () => sockets.delete(client));
    const far = connect(to, '127.0.0.1').on('error', () => client.destroy());
    client.once('close', () => far.destroy());
    far.once('close', () => client.destroy());
    client.on('data', (piece) => void (mode === 'hung' || far.write(piece)));
    far.on('data', (piece) => {
      if (mode === 'reset') {
        client.write(piece.subarray(0, 10));
        client.resetAndDestroy();
      } else if (mode !== 'hung') client.write(piece);
    });
    far.once('end', () => void (mode === 'well' && client.end()));
  });
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as { port: number };
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const stop = (): Promise<unknown> => new Promise((resolve) => server.close(resolve));
  return {
    url: url.replace(`:${to}`, `:${port}`),
    async set(becomes) {
      const before = mode;
      mode = becomes;
      // What hung is not taken up again: its bytes are lost.
      if (becomes === 'killed' || before === 'hung') cut();
      if (becomes === 'killed') await stop();
      else if (!server.listening) await listen(port);
    },
    async close() {
      cut();
      if (server.listening) await stop();
    },
  };
}
