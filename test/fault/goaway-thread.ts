import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { WireAccess } from '../../src/core/ports.ts';
import { hopOf, realWire } from './own-wire.ts';

/** What the thread is to do: builds of `size` requests each, one after the other. */
interface GoawayTask {
  readonly role: 'goaway';
  readonly access: WireAccess;
  readonly size: number;
  readonly builds: number;
  readonly limitMs: number;
}

/** How one request of a build ended. */
export interface GoawayEnd {
  readonly end: string;
  readonly phases: readonly string[];
  readonly reused: boolean;
  readonly repeated: string | null;
  readonly isInOrder: boolean;
}

export interface GoawaySeen {
  readonly builds: readonly (readonly GoawayEnd[])[];
  /** How often undici asked for a connection. */
  readonly connects: number;
}

/** More than all builds of a test need: the thread ends itself, as nothing else would run in it. */
const connectsMax = 1_000;

async function play({ access, size, builds, limitMs }: GoawayTask): Promise<GoawaySeen> {
  let connects = 0;
  subscribe('undici:client:beforeConnect', () => {
    connects += 1;
    if (connects > connectsMax) process.exit(7);
  });
  const wire = realWire();
  const seen: GoawayEnd[][] = [];
  for (let build = 0; build < builds; build += 1) {
    const over = { build: { id: `build ${build}`, size } };
    const lines = Array.from({ length: size }, (_, n) => wire.open(access, n === 0 ? 'cold' : 'warm', over));
    seen.push(
      await Promise.all(
        lines.map(async (line, n): Promise<GoawayEnd> => {
          const none = { phases: [], reused: false, repeated: null, isInOrder: true };
          try {
            if (line.joined !== undefined && !(await line.joined(limitMs))) return { end: 'not joined', ...none };
            const { hop } = await hopOf(line, `${access.url}/${n}`, { limitMs });
            const { start, resolved, connected, secured, firstByte, end } = hop.marks;
            const marks = { start, resolved, connected, secured, firstByte, end };
            const reached = Object.entries(marks).filter(([, atMs]) => atMs !== undefined);
            return {
              end: hop.fault?.code ?? String(hop.status),
              phases: reached.map(([name]) => name),
              reused: hop.reused,
              repeated: hop.repeated ?? null,
              isInOrder: reached.every(([, atMs], at) => Number(atMs) >= Number(reached[at - 1]?.[1] ?? 0)),
            };
          } finally {
            line.close();
          }
        }),
      ),
    );
  }
  await wire.close();
  return { builds: seen, connects };
}

/** Plays builds in a thread of its own, which a connect without end would hang. @throws Error where it is one */
export async function playedBuilds(
  access: WireAccess,
  task: Pick<GoawayTask, 'size' | 'builds' | 'limitMs'>,
): Promise<GoawaySeen> {
  const seed: GoawayTask = { role: 'goaway', access, ...task };
  const thread = new Worker(new URL(import.meta.url), { workerData: seed, execArgv: [] });
  const ended = once(thread, 'exit').then(([code]) => `the thread ended itself with ${code}`);
  const seen = await Promise.race([once(thread, 'message').then(([said]) => said as GoawaySeen), ended]);
  await thread.terminate();
  if (typeof seen === 'string') throw new Error(seen);
  return seen;
}

if ((workerData as GoawayTask | null)?.role === 'goaway') parentPort?.postMessage(await play(workerData as GoawayTask));
