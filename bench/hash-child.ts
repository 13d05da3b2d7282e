import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { Due } from '../src/core/due.ts';
import { type Target, targetId } from '../src/core/mirror.ts';
import type { ProbeResponse } from '../src/core/transcript.ts';
import { h1Of } from '../src/ecosystems/go/h1.ts';
import { readModuleZip } from '../src/ecosystems/go/zip-file.ts';
import { systemClock } from '../src/io/clock.ts';
import { nextTurn, systemTimers } from '../src/io/timers.ts';
import { measureLoop } from '../src/io/worker-delay.ts';
import { BodyFile } from '../src/wire/body-hold.ts';
import { createWire } from '../src/wire/wire.ts';
import { createInlineWorkers } from '../test/support/workers-inline.ts';
import { bookOf } from './subjects.ts';

// Hashes one large module zip in a process whose memory nobody else uses, and says what came of it.
// argv: `file`, path, module@version   as a probe does with what came: kept in a file, then hashed
//       `probe`, base URL, module@version   the whole probe
// Prints { hash, bytes, tookMs, transferMs, delayMsMax, rssBeforeMib, rssMaxMib }.

const [way = '', place = '', named = ''] = process.argv.slice(2);
const mib = 2 ** 20;

interface Hashed {
  readonly hash: string | null;
  readonly bytes: number;
  readonly transferMs: number | null;
}

const done: ProbeResponse = { tag: 'answered', status: 200, headers: {}, body: new Uint8Array(0), finalUrl: '' };

/** Chunks as they come from a socket. */
async function ofFile(): Promise<Hashed> {
  const kept = new BodyFile();
  const file = openSync(place, 'r');
  const chunk = Buffer.alloc(64 * 1024);
  for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
    kept.append(chunk.subarray(0, read));
    await nextTurn();
  }
  closeSync(file);
  const talk = readModuleZip(kept, `${named}/`);
  let turn = talk.next();
  while (!turn.done) {
    await turn.value.work?.();
    await nextTurn();
    turn = talk.next(done);
  }
  const hash = turn.value.tag === 'ok' ? h1Of(turn.value.value) : null;
  kept.close();
  return { hash, bytes: kept.bytes, transferMs: null };
}

async function byProbe(): Promise<Hashed> {
  const [module = '', version = ''] = named.split('@');
  const target: Target = {
    id: targetId('a', module, version, 'zip'),
    ecosystem: 'go',
    upstream: 'go',
    registry: 'a',
    module,
    version,
    step: 'zip',
    weight: 'heavy',
    verifies: null,
    canary: false,
  };
  const due: Due = {
    probeId: 'p1',
    target,
    connection: 'cold',
    purpose: 'once',
    timeoutMs: 120_000,
    plannedAtMs: systemClock.monotonicMs(),
    round: null,
  };
  const wire = createWire({ clock: systemClock, timers: systemTimers });
  const book = bookOf([{ registry: 'a', url: place, ca: '', dnsServer: null }]);
  const workers = createInlineWorkers({ book, wire, clock: systemClock });
  const { sample } = await workers.probe(due);
  await workers.close();
  const { compared } = sample.facts;
  return { hash: compared?.digest ?? null, bytes: sample.bytes, transferMs: sample.phases.transfer ?? null };
}

// What a process that hashes something has loaded anyway.
createHash('sha256').update('warm').digest('hex');
const watch = measureLoop({ clock: systemClock, timers: systemTimers, everyMs: 10 });
await nextTurn();
const rssBeforeMib = process.memoryUsage().rss / mib;
const fromMs = systemClock.monotonicMs();
const hashed = way === 'file' ? await ofFile() : await byProbe();
const tookMs = systemClock.monotonicMs() - fromMs;
const delayMsMax = watch.delayMsMax(fromMs);
const rssMaxMib = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ ...hashed, tookMs, delayMsMax, rssBeforeMib, rssMaxMib }), () => process.exit(0));
