import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../../src/io/clock.ts';
import { systemTimers } from '../../../src/io/timers.ts';
import { warmUp } from '../../../src/wire/warm-up.ts';
import { realWire } from '../../fault/own-wire.ts';

const wire = realWire();
afterAll(() => wire.close());
const warmed = (withHttp2: boolean) => warmUp({ wire, clock: systemClock, timers: systemTimers, withHttp2 });

test('three requests over HTTP/1.1, and three over HTTP/2 where a mirror is probed over it', async () => {
  expect(await warmed(false)).toBe(3);
  expect(await warmed(true)).toBe(6);
});

test('what it opened is closed', async () => {
  const open = () => process.getActiveResourcesInfo().filter((kind) => /^TCP/.test(kind)).length;
  const before = open();
  await warmed(true);
  await expect.poll(open).toBeLessThanOrEqual(before);
});
