import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from '../src/core/ports.ts';
import { openStore } from '../src/io/store.ts';
import { manualTime } from '../test/daemon/manual-time.ts';
import { startWorld } from '../test/daemon/world.ts';
import { removeTempDir, tempDir } from '../test/support/paths.ts';
import { moduleAnswers } from '../test/support/synthetic-modules.ts';
import { configText, moduleNames, moduleOf, shapeOf } from './scale/world.ts';
import type { Written } from './written.ts';

// A whole daemon on a clock of its own over mirrors without sockets, with a real state file: how many bytes it writes to disk.

const [targets = 0, warmSeconds = 0, seconds = 0] = process.argv.slice(2).map(Number);
const shape = shapeOf(targets);
const [logHeader, frameHeader] = [32, 24];

function writtenBytes(): number {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

/** Counts the frames of SQLite's log by page: each is a page that a commit wrote. */
function watchLog(path: string) {
  const byPage = new Map<number, number>();
  let [salt, at] = ['', logHeader];
  return {
    byPage,
    take(): void {
      const log = openSync(path, 'r');
      const header = Buffer.alloc(logHeader);
      readSync(log, header, 0, logHeader, 0);
      const now = header.toString('hex', 16, 24);
      if (now !== salt) [salt, at] = [now, logHeader];
      const pageBytes = header.readUInt32BE(8);
      const frame = Buffer.alloc(frameHeader);
      const end = statSync(path).size;
      // Frames of an earlier round have another salt.
      for (; at < end; at += frameHeader + pageBytes) {
        readSync(log, frame, 0, frameHeader, at);
        if (frame.toString('hex', 8, 16) !== salt) break;
        const page = frame.readUInt32BE(0);
        byPage.set(page, (byPage.get(page) ?? 0) + 1);
      }
      closeSync(log);
    },
  };
}

/** Round trips that vary as real ones do: about 40 ms, by a fifth. */
function roundTrips(): () => number {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return () => 40 * Math.exp(0.2 * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()));
}

const dir = tempDir('bench-written');
const path = join(dir, 'state.db');
const answers = moduleAnswers(moduleNames(shape).map((_, at) => moduleOf(at)));
const afterMs = roundTrips();
const time = manualTime();
const opened = openStore(path, { clock: time.clock });
if (opened.tag === 'error') throw new Error(opened.error.kind);
const inner = opened.value.store;
const log = watchLog(`${path}-wal`);
const counts = { commits: 0 };
const store: Store = {
  ...inner,
  commit(batch) {
    const done = inner.commit(batch);
    counts.commits += 1;
    log.take();
    return done;
  },
};
const urls = Array.from({ length: shape.mirrors }, (_, at) => `https://127.0.0.1:${8_000 + at}`);
const world = await startWorld({
  yaml: configText(shape, { urls }, { port: 10120, statePath: '/nowhere/state.db', ca: null, drop: false }),
  time,
  script: ({ path: asked }) => ({ status: 404, ...answers.get(asked), afterMs: afterMs() }),
  ports: (all) => ({ ...all, store }),
});

async function pass(forSeconds: number): Promise<void> {
  // Said often: with many targets a simulated minute takes long on a busy machine.
  for (let at = 0; at < forSeconds; at += 10) {
    await world.seconds(10);
    process.send?.({ at });
    for (const list of [world.log, world.wire.asked]) (list as unknown[]).length = 0;
  }
}

await pass(warmSeconds);
const before = writtenBytes();
counts.commits = 0;
log.byPage.clear();
await pass(seconds);
const bytes = writtenBytes() - before;
const { commits } = counts;
const frames = new Map(log.byPage);
await world.stop();
inner.close();
const told: Written = { targets: shape.targets, bytes, commits, byTable: byTable(frames) };
removeTempDir(dir);
process.send?.(told, () => process.disconnect());

/** Bytes of the log by the table or index that each page belongs to at the end. */
function byTable(frames: ReadonlyMap<number, number>): Written['byTable'] {
  const db = new DatabaseSync(path, { readOnly: true });
  const pageBytes = Number(db.prepare('PRAGMA page_size').get()?.['page_size']);
  const names = db.prepare('SELECT name, pageno FROM dbstat').all();
  db.close();
  const owners = new Map(names.map(({ name, pageno }) => [Number(pageno), String(name)]));
  const sums: Record<string, number> = {};
  for (const [page, count] of frames) {
    const name = owners.get(page) ?? 'free pages';
    sums[name] = (sums[name] ?? 0) + count * (frameHeader + pageBytes);
  }
  return sums;
}
