import type { LoadInput } from '../../src/config/load.ts';
import type { Config } from '../../src/core/config.ts';
import type { Store, WireAccess } from '../../src/core/ports.ts';
import { ok } from '../../src/core/result.ts';
import type { DaemonPorts } from '../../src/daemon/assemble.ts';
import { type Daemon, startDaemon } from '../../src/daemon/lifecycle.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { cronCalendar } from '../../src/io/calendar.ts';
import { systemClock } from '../../src/io/clock.ts';
import { createLog } from '../../src/io/log.ts';
import { createPost } from '../../src/io/post.ts';
import { createRandom } from '../../src/io/random.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { createWire } from '../../src/wire/wire.ts';
import { until } from '../support/patience.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';
import { type MemoryStore, memoryStore } from './memory-store.ts';
import { readConfig } from './world.ts';

/** A daemon in this process on the machine's clocks, with the real wire and the real post. */
export interface RealDaemon {
  readonly daemon: Daemon;
  /** Stays empty where a store of the test's own was given. */
  readonly store: MemoryStore;
  /** The log as it was written, whole lines. */
  log(): string;
  /** The access of each mirror as the workers were given it. */
  readonly access: Readonly<Record<string, WireAccess>>;
  /** Asks again and again until it holds. @throws Error with the last of the log when the patience of the tests is over */
  until(what: string, holds: () => boolean | Promise<boolean>): Promise<void>;
  get(path: string, headers?: Record<string, string>): Promise<{ status: number; text: string }>;
}

/** Starts it. @throws Error on a bad configuration */
export async function startRealDaemon(
  yaml: string,
  env: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
  given: Store | null = null,
  readerOf?: LoadInput['readerOf'],
  /** Changes what the file cannot say, and the ports. */
  change: { readonly config?: (config: Config) => Config; readonly ports?: Partial<DaemonPorts> } = {},
): Promise<RealDaemon> {
  const config = readConfig(yaml, env, files, readerOf);
  if (config.tag === 'error') throw new Error(JSON.stringify(config.error, null, 1));
  const changed = change.config?.(config.value) ?? config.value;
  const kept = memoryStore();
  const lines: string[] = [];
  const access: Record<string, WireAccess> = {};
  const started = await startDaemon(
    changed,
    {
      clock: systemClock,
      timers: systemTimers,
      random: createRandom(7),
      calendar: cronCalendar,
      log: createLog({
        level: 'debug',
        pretty: false,
        destination: { write: (line: string) => void lines.push(line) },
      }),
      store: given ?? kept,
      post: createPost({ clock: systemClock, timers: systemTimers }),
      workers(book) {
        Object.assign(access, book.access);
        const wire = createWire({ clock: systemClock, timers: systemTimers, otherNames: book.otherNames ?? [] });
        return createInlineWorkers({ book, wire, clock: systemClock });
      },
      version: '0.0.0-test',
      node: 'v0.0.0',
      registry,
      ...change.ports,
    },
    () => ok(changed),
  );
  if (started.tag === 'error') throw new Error(`the daemon did not start: ${started.error.code}`);
  const daemon = started.value;
  return {
    daemon,
    store: kept,
    access,
    log: () => lines.join(''),
    async until(what, holds) {
      await until(what, holds, Boolean, { help: () => lines.slice(-20).join('') });
    },
    async get(path, headers = {}) {
      const answer = await fetch(new URL(path, daemon.url), { headers });
      return { status: answer.status, text: await answer.text() };
    },
  };
}
