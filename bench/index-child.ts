import { readFileSync } from 'node:fs';
import type { Due } from '../src/core/due.ts';
import { type Target, targetId } from '../src/core/mirror.ts';
import { systemClock } from '../src/io/clock.ts';
import { nextTurn, systemTimers } from '../src/io/timers.ts';
import { createWire } from '../src/wire/wire.ts';
import { createInlineWorkers } from '../test/support/workers-inline.ts';
import { bookOf } from './subjects.ts';

// Reads one long index in a process whose memory nothing else uses.
// argv: `whole` or `turns`, `probe`, base URL of the long index, of a short one, ecosystem, step   as a daemon does
//       `whole` or `turns`, `parse`, path                                        JSON.parse of the whole file
// `turns` looks at each turn of the event loop, which costs CPU time of its own.
// Prints { isOk, tookMs, cpuMs, turnMsMax, rssBeforeMib, rssMaxMib }.

const [scope = '', way = '', place = '', short = '', ecosystem = '', step = ''] = process.argv.slice(2);
const mib = 2 ** 20;

function spentMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function probe(url: string): Promise<boolean> {
  const version = ecosystem === 'npm' ? 'latest' : null;
  const target: Target = {
    id: targetId('a', 'big', version, step),
    ...{ ecosystem, upstream: ecosystem, registry: 'a', module: 'big', version },
    step,
    weight: 'light',
    verifies: null,
    canary: true,
  };
  const due: Due = {
    ...{ probeId: 'p1', target, connection: 'cold', purpose: 'once', timeoutMs: 120_000 },
    ...{ plannedAtMs: systemClock.monotonicMs(), round: null },
  };
  const { access } = bookOf([{ registry: 'a', url, ca: '', dnsServer: null }]);
  const book = { access, context: { a: { baseUrl: url, pinned: {}, own: { tarballHosts: [], isAuthority: false } } } };
  const wire = createWire({ clock: systemClock, timers: systemTimers });
  const workers = createInlineWorkers({ book, wire, clock: systemClock });
  const { sample } = await workers.probe(due);
  await workers.close();
  return sample.outcome.tag === 'ok';
}

async function parse(): Promise<boolean> {
  const value: unknown = JSON.parse(readFileSync(place, 'utf8'));
  await nextTurn();
  return typeof value === 'object';
}

/** Processor time of this thread, so that other processes do not count. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

let [turnMsMax, lastMs] = [0, threadMs()];
function look(): void {
  const nowMs = threadMs();
  turnMsMax = Math.max(turnMsMax, nowMs - lastMs);
  lastMs = nowMs;
  setImmediate(look);
}

// What a thread that has probed has loaded anyway.
if (way === 'probe') await probe(short);
await nextTurn();
const rssBeforeMib = process.memoryUsage().rss / mib;
const [fromMs, fromCpuMs] = [systemClock.monotonicMs(), spentMs()];
lastMs = threadMs();
if (scope === 'turns') look();
const isOk = way === 'probe' ? await probe(place) : await parse();
const tookMs = systemClock.monotonicMs() - fromMs;
const cpuMs = spentMs() - fromCpuMs;
const rssMaxMib = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ isOk, tookMs, cpuMs, turnMsMax, rssBeforeMib, rssMaxMib }), () =>
  process.exit(0),
);
