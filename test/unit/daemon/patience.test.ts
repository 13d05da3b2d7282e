import { expect, test } from 'vitest';
import type { Probed } from '../../../src/core/ports.ts';
import { closeWithin, patienceMsFor, probeWithin } from '../../../src/daemon/once.ts';
import { lostProbeOf } from '../../../src/io/worker-protocol.ts';
import { manualTime } from '../../daemon/manual-time.ts';
import { aDue, aTarget } from '../detect/world.ts';

const due = { ...aDue(aTarget('a')), timeoutMs: 4_000 };
const never = (): Promise<never> => new Promise(() => undefined);

/** What a promise has come to so far. */
function watched<T>(promise: Promise<T>): { readonly said: () => T | 'waits' } {
  let value: { readonly is: T } | null = null;
  void promise.then((is) => {
    value = { is };
  });
  return { said: () => (value === null ? 'waits' : value.is) };
}

test('a thread that says nothing is waited for three deadlines and ten seconds, not longer', async () => {
  const time = manualTime();
  const { said } = watched(probeWithin({ probe: never }, due, time.timers));
  expect(patienceMsFor(due)).toBe(22_000);
  await time.pass(21_999);
  expect(said()).toBe('waits');
  await time.pass(1);
  expect(said()).toBe(null);
});

test('an answer comes as it came, and leaves no timer behind', async () => {
  const time = manualTime();
  let waiting = 0;
  const timers: typeof time.timers = {
    after(delayMs, run) {
      waiting += 1;
      const timer = time.timers.after(delayMs, run);
      return {
        cancel() {
          waiting -= 1;
          timer.cancel();
        },
      };
    },
  };
  const probed: Probed = lostProbeOf(due, 'defect', 0, time.clock.now());
  expect(await probeWithin({ probe: () => Promise.resolve(probed) }, due, timers)).toBe(probed);
  await expect(probeWithin({ probe: () => Promise.reject(new Error('boom')) }, due, timers)).rejects.toThrow('boom');
  await closeWithin({ close: () => Promise.resolve() }, timers);
  expect(waiting).toBe(0);
});

test('threads that do not end are let go after a second', async () => {
  const time = manualTime();
  const { said } = watched(closeWithin({ close: never }, time.timers).then(() => 'gone'));
  await time.pass(999);
  expect(said()).toBe('waits');
  await time.pass(1);
  expect(said()).toBe('gone');
});
