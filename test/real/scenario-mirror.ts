import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Question, World, WorldStep } from '../../bench/scenarios/world.ts';
import { listenAnywhere } from '../support/ports.ts';
import { moduleAnswers, type SyntheticModule } from '../support/synthetic-modules.ts';

/** A mirror of a world on a real socket. */
export interface ScenarioMirror {
  readonly url: string;
  /** From now on it answers as the world says. */
  readonly play: (world: World, nowMs: () => number) => void;
  /** When the first request came, performance.now(); `null` before. */
  readonly firstAtMs: () => number | null;
  readonly close: () => Promise<void>;
}

const refusedCheckMs = 20;

/**
 * Starts a mirror that serves the modules, and fails as `World.ask` says. A refusal closes the port for as long as the
 * canary would be refused.
 */
export async function startScenarioMirror(
  name: string,
  host: string,
  modules: readonly SyntheticModule[],
  canary: Question,
): Promise<ScenarioMirror> {
  const good = moduleAnswers(modules);
  const sockets = new Set<Socket>();
  let world: World | null = null;
  let nowMs = (): number => 0;
  let firstAtMs: number | null = null;
  let port = 0;
  const server = createServer((request, response) => void answer(request, response));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  port = await listenAnywhere(server, host);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    firstAtMs ??= performance.now();
    const path = request.url ?? '';
    const question = questionOf(path);
    if (world === null || question === null) return send(response, 404, 'not here\n');
    const said = world.ask(name, question, nowMs());
    if (said.tookMs === Number.POSITIVE_INFINITY) return;
    await sleep(said.tookMs);
    respond(response, said, path);
  }

  function respond(response: ServerResponse, said: Answer, path: string): void {
    const known = good.get(path);
    const body = Buffer.from(known?.body ?? 'none\n');
    if (said.reason === null) return send(response, known?.status ?? 404, body);
    if (said.reason === 'cut' && said.status !== null) {
      response.writeHead(said.status, { 'content-length': body.length });
      response.write(body.subarray(0, body.length >> 1), () => response.destroy());
    } else if (said.status === null || said.status < 400) response.socket?.resetAndDestroy();
    else send(response, said.status, 'out of order\n');
  }

  let isClosed = false;
  async function followRefusals(): Promise<void> {
    while (!isClosed) {
      const isRefused = world?.ask(name, canary, nowMs()).reason === 'refused';
      if (isRefused && server.listening) {
        const gone = new Promise((resolve) => server.close(resolve));
        for (const socket of sockets) socket.resetAndDestroy();
        await gone;
      } else if (!isRefused && !server.listening) await listen(server, port, host);
      await sleep(refusedCheckMs);
    }
  }
  const following = followRefusals();

  return {
    url: `http://${host}:${port}`,
    play(next, now) {
      world = next;
      nowMs = now;
    },
    firstAtMs: () => firstAtMs,
    async close() {
      isClosed = true;
      await following;
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body);
}

/** What a path asks; `null` for what no world knows. Modules of worlds have no capitals. */
function questionOf(path: string): Question | null {
  if (path.startsWith('/sumdb/')) return null;
  const latest = /^\/(.+)\/@latest$/.exec(path);
  if (latest !== null) return { step: 'latest', module: latest[1] ?? null, version: null };
  const [, module = null, name = ''] = /^\/(.+)\/@v\/(.+)$/.exec(path) ?? [];
  if (module === null) return null;
  if (name === 'list') return { step: 'list', module, version: null };
  const [, version = null, step = ''] = /^(.+)\.(mod|info|zip)$/.exec(name) ?? [];
  return version === null ? null : { step: step as WorldStep, module, version };
}
