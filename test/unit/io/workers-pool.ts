import { onTestFinished } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import type { WireAccess, WorkerBook, Workers } from '../../../src/core/ports.ts';
import { createWorkers } from '../../../src/io/workers.ts';
import { declared } from '../../support/declared.ts';
import { until } from '../../support/patience.ts';
import { plainAccess } from '../../support/plain-access.ts';
import { sampleTarget } from '../../support/sample-target.ts';
import { type ManualTime, manualTime } from './manual-time.ts';

export const entry = new URL('./fake-worker.ts', import.meta.url);
export const access = (userAgent: string, url = 'https://any.example.com'): WireAccess =>
  plainAccess({ registry: 'any', url, userAgent });
export const book = (userAgent: string): WorkerBook => ({ access: { any: access(userAgent) }, context: {} });

export function due(registry: string, over: Partial<Due> = {}): Due {
  return {
    probeId: `probe-${registry}`,
    target: sampleTarget({ registry, module: 'example.com/m', version: 'v1.0.0', step: 'mod' }),
    connection: 'cold',
    purpose: 'scheduled',
    timeoutMs: 1_000,
    plannedAtMs: 0,
    round: null,
    ...over,
  };
}
export const control = (name: string) => ({ name, url: 'tcp://192.0.2.1:53', timeoutMs: 1_000 });

export function pool(
  count: number,
  file: URL = entry,
  probesAtOnce?: number,
): { workers: Workers; time: ManualTime; lines: { message: string; fields: unknown }[] } {
  const time = manualTime();
  const lines: { message: string; fields: unknown }[] = [];
  const write = (message: string, fields?: unknown) => void lines.push({ message, fields });
  const log = { debug: write, info: write, warn: write, error: write };
  const workers = createWorkers({
    count,
    book: book('first'),
    clock: time.clock,
    timers: time.timers,
    log,
    entry: file,
    ...(probesAtOnce === undefined ? {} : { probesAtOnce }),
  });
  onTestFinished(() => workers.close());
  return { workers, time, lines };
}

/** Until a thread has begun to spin in an answer. */
export async function isReading(workers: Workers): Promise<void> {
  await until(
    'a thread reads an answer',
    () => workers.loopDelays().flatMap(({ delaysMs }) => delaysMs),
    (delaysMs) => delaysMs.includes(77),
  );
}

export const ok = { tag: 'ok' };
export const defect = { tag: 'unknown', because: 'defect' };

/** A target whose answers hold a thread. */
export const zip = { ...due('answer').target, step: 'zip', ...declared('zip'), canary: false };
