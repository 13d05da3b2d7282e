import { Agent, createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { createApi } from '../../../src/api/app.ts';
import type { ApiDeps } from '../../../src/api/deps.ts';
import { listenAnywhere } from '../../support/ports.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  json(): unknown;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

export interface Served {
  readonly port: number;
  ask(path: string, asked?: Asked): Promise<Reply>;
  close(): Promise<void>;
}

/** One loopback port on which one API answers after another. */
export interface ServedInTurn {
  readonly port: number;
  /** From now on, a new API of these answers. */
  with(deps: ApiDeps): void;
  close(): Promise<void>;
}

/** A loopback port for one API after another. */
export async function serveInTurn(): Promise<ServedInTurn> {
  let api: ReturnType<typeof createApi> | null = null;
  const server = createServer((request, response) => (api === null ? response.destroy() : api(request, response)));
  const port = await listenAnywhere(server);
  return {
    port,
    with(deps) {
      api = createApi(deps);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The routes on a loopback port of their own; an object as body is sent as JSON. */
export async function serve(deps: ApiDeps): Promise<Served> {
  const server: Server = createServer(createApi(deps));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const agent = new Agent({ keepAlive: true });
  return {
    port,
    ask: (path, asked = {}) => ask(agent, port, path, asked),
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function ask(agent: Agent, port: number, path: string, asked: Asked): Promise<Reply> {
  const { method = 'GET', headers = {}, body } = asked;
  const isJson = typeof body === 'object';
  const text = isJson ? JSON.stringify(body) : body;
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        agent,
        headers: {
          ...(text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
          ...(isJson ? { 'content-type': 'application/json' } : {}),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes,
            text: bytes.toString('utf8'),
            json: () => JSON.parse(bytes.toString('utf8')) as unknown,
          });
        });
      },
    );
    call.on('error', reject);
    call.end(text);
  });
}
