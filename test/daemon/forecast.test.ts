import { beforeAll, describe, expect, test } from 'vitest';
import { budgetOf } from '../../src/config/budget.ts';
import type { Config } from '../../src/core/config.ts';
import type { Due } from '../../src/core/due.ts';
import type { Target } from '../../src/core/mirror.ts';
import type { Clock, HopRequest, HopResponse, Wire } from '../../src/core/ports.ts';
import type { Sample } from '../../src/core/sample.ts';
import { buildWorkerBook } from '../../src/daemon/book.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { cronCalendar } from '../../src/io/calendar.ts';
import { createRandom } from '../../src/io/random.ts';
import { createScheduler } from '../../src/schedule/scheduler.ts';
import { expandTargets } from '../../src/schedule/targets.ts';
import { type Usual, type UsualMirror, usualMirrors } from '../support/usual-mirrors.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';
import { readConfig } from './world.ts';

const base = 'https://mirror.example.com';
const hourMs = 3_600_000;
const startWallMs = Date.UTC(2026, 2, 1);

function configOf({ ecosystem, keys, modules }: UsualMirror): Config {
  const entries = modules.map((entry) => (entry.startsWith('{') ? entry : JSON.stringify(entry)));
  const read = readConfig(`
mirrors: [ { name: mirror, ecosystem: ${ecosystem}, url: "${base}"${keys} } ]
controls: [ "tcp://192.0.2.53:53" ]
modules: { ${ecosystem}: [ ${entries.join(', ')} ] }
`);
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
  return read.value;
}

/** Answers at once. */
function wireOf(says: Usual, clock: Clock): Wire {
  const hop = (request: HopRequest): Promise<HopResponse> => {
    const { pathname } = new URL(request.url);
    const { status, headers = {}, body } = says(decodeURIComponent(pathname), request.headers['accept'] ?? '');
    const sent =
      request.method === 'HEAD' ? body.subarray(0, 0) : body.subarray(0, request.stopAfterBytes ?? body.length);
    const at = clock.monotonicMs();
    return Promise.resolve({
      hop: {
        url: request.url,
        aside: request.aside,
        marks: { start: at, connected: at, firstByte: at, end: at },
        reused: false,
        remoteAddress: '192.0.2.1',
        remotePort: 443,
        family: 4,
        proxy: null,
        tls: null,
        requestHeaders: request.headers,
        status,
        responseHeaders: headers,
        bodyBytes: sent.length,
        fault: null,
      },
      headers,
      body: sent,
    });
  };
  return {
    open: () => ({ hop, close: () => undefined }),
    control: () => Promise.reject(new Error('no control is asked')),
    close: () => Promise.resolve(),
  };
}

/** The pace of the step that is asked most rarely, milliseconds. */
function slowestMs(ecosystem: string): number {
  const { steps = {} } = registry.of(ecosystem) ?? {};
  return Math.max(...Object.values(steps).map(({ usualPace }) => usualPace.everyMs ?? 0));
}

/** What the schedule orders of a mirror that is well between two times after the start, on a clock of its own. */
async function lived(config: Config, says: Usual, fromMs: number, toMs: number): Promise<readonly Sample[]> {
  let nowMs = 0;
  const now = () => ({ wallMs: startWallMs + nowMs, monotonicMs: nowMs });
  const clock: Clock = { now, wallMs: () => now().wallMs, monotonicMs: () => nowMs };
  const scheduler = createScheduler({
    config,
    targets: expandTargets(config),
    seed: config.vantage,
    calendar: cronCalendar,
    random: createRandom(1),
    now: now(),
  });
  const learnt = new Map(registry.ids.map((id) => [id, new Map()]));
  const book = buildWorkerBook({ config, learnt, version: '0.0.0-test' });
  const workers = createInlineWorkers({ book, wire: wireOf(says, clock), clock });
  const samples: Sample[] = [];
  const probe = async (due: Due): Promise<void> => {
    const { sample } = await workers.probe(due);
    scheduler.finished(due, { wireBytes: sample.wireBytes, retryAfterMs: null }, now());
    if (nowMs >= fromMs) samples.push(sample);
  };
  while (nowMs < toMs) {
    const { start, wakeAtMs } = scheduler.advance(now());
    for (const due of start) await probe(due);
    nowMs = start.length > 0 ? nowMs + 1 : Math.max(wakeAtMs, nowMs + 1);
  }
  return samples;
}

test('there is a mirror of each ecosystem', () =>
  expect(usualMirrors.map(({ ecosystem }) => ecosystem)).toEqual(registry.ids));

describe.each(usualMirrors.map((mirror) => [mirror.ecosystem, mirror] as const))('%s', (ecosystem, mirror) => {
  const steps = Object.keys(registry.of(ecosystem)?.steps ?? {});
  const everyMs = slowestMs(ecosystem);
  const hours = (2 * everyMs) / hourMs;
  const config = configOf(mirror);
  let samples: readonly Sample[] = [];

  beforeAll(async () => {
    // What is asked once after a start is past by then, and no step's jitter lies at an edge of the span.
    samples = await lived(config, mirror.says, 0.35 * everyMs, 2.35 * everyMs);
  });

  test('the mirror is well', () => {
    const failed = samples.filter(({ outcome }) => outcome.tag !== 'ok');
    expect(failed.map(({ due, outcome }) => [due.target.id, outcome])).toEqual([]);
  });

  test.each(['all steps', ...steps])('%s: what check foretells of an hour is asked in one, within a tenth', (step) => {
    const isMeant = (target: Target): boolean => step === 'all steps' || target.step === step;
    const meant = samples.filter(({ due }) => isMeant(due.target));
    const perHour = (of: (sample: Sample) => number): number =>
      meant.reduce((total, sample) => total + of(sample), 0) / hours;
    const [forecast, ...others] = budgetOf(config, expandTargets(config).filter(isMeant));
    expect(others).toEqual([]);
    const { requestsPerHour = 0, bytesPerHour = 0 } = forecast ?? {};
    expectWithinATenth(
      requestsPerHour,
      perHour(({ requests }) => requests),
    );
    expectWithinATenth(
      bytesPerHour,
      perHour(({ wireBytes }) => wireBytes),
    );
  });
});

function expectWithinATenth(foretold: number, asked: number): void {
  expect(foretold).toBeGreaterThanOrEqual(0.9 * asked);
  expect(foretold).toBeLessThanOrEqual(1.1 * asked);
}
