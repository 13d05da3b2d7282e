import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assertLimits, limits } from '../../../src/core/limits.ts';
import { repoDir } from '../../support/paths.ts';

test('as they stand they do not contradict each other', () => expect(() => assertLimits()).not.toThrow());

test.each([
  ['a round holds at least one whole answer', { roundTimeoutMsMin: limits.roundMs }],
  ['a round has more than one moment', { roundStepMs: limits.roundMs }],
  ['what is held fits what is read', { bodyHeldBytesMax: limits.zipBytes + 1 }],
  ['the beginning of a body is as long as what is peeked at', { bodyBeginBytes: limits.peekBytes - 1 }],
  ['confidence rises', { confidenceLowMs: limits.confidenceHighMs }],
  ['a notice is tried more than once', { deliveryBackoffMsMax: limits.deliveryAgeMsMax }],
  ['drained and closed, the process is gone in time', { drainMs: limits.stopMs - 3 * limits.closeMs }],
  ['a jittered start never overtakes the next one', { jitterShare: 0.5 }],
  ['back-off has room', { throttleMsMin: limits.throttleMsMax + 1 }],
  ['measured well enough can be reached', { measuredOk: limits.measuredPaces + 1 }],
  ['what is looked up can be proven', { requestsPerProbe: 3 * limits.lookupsPerProbe + 60 }],
  ['one push may be lost and the alert still stands', { pushValidMs: 2 * limits.pushEveryMs }],
  ['answers leave room for what they led to', { stateBytes: 2 * limits.responseRows * limits.responseRowChars }],
  ['failed probes leave room for the rest', { probeRows: limits.stateBytes / 16_384 }],
  ['no smaller than the clients accept', { headBytes: 16 * 1024 - 1 }],
])('each relation is held: %s', (rule, over) =>
  expect(() => assertLimits({ ...limits, ...over } as unknown as typeof limits)).toThrow(`limits: ${rule}`),
);

test('every bound is a positive number', () => {
  for (const [name, value] of Object.entries(limits)) expect(value, name).toBeGreaterThan(0);
});

test('every bound bounds something', () => {
  const src = join(repoDir, 'src');
  const others = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.startsWith('core/limits/'),
  );
  const texts = others.map((path) => readFileSync(join(src, path), 'utf8')).filter((text) => text.includes('limits'));
  const named = new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []));
  expect(Object.keys(limits).filter((name) => !named.has(name))).toEqual([]);
});
