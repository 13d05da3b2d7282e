import { describe, expect, it } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { AllFailed, raceInOrder } from '../../../../src/features/door/race.ts';
import { manualTime } from '../../../daemon/manual-time.ts';

type Try = { resolve(value: string): void; reject(cause: Error): void; readonly signal: AbortSignal };

function attempts(count: number) {
  const begun: Try[] = [];
  const all = Array.from({ length: count }, () => (signal: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    begun.push({ resolve, reject, signal });
    return promise;
  });
  return { begun, all };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe('attempts in their order', () => {
  it('one that is in time stays alone', async () => {
    const time = manualTime();
    const { begun, all } = attempts(3);
    const won = raceInOrder(all, () => 100, new AbortController().signal, time.timers);
    begun[0]?.resolve('a');
    expect(await won).toBe('a');
    expect(begun).toHaveLength(1);
  });

  it('one that is late gets another beside it, and the loser is aborted', async () => {
    const time = manualTime();
    const { begun, all } = attempts(3);
    const won = raceInOrder(all, () => 100, new AbortController().signal, time.timers);
    await time.pass(99);
    expect(begun).toHaveLength(1);
    await time.pass(2);
    expect(begun).toHaveLength(2);
    await time.pass(1_000);
    expect(begun, 'no third soon').toHaveLength(2);
    begun[1]?.resolve('b');
    expect(await won).toBe('b');
    expect(begun[0]?.signal.aborted).toBe(true);
    expect(begun[1]?.signal.aborted).toBe(false);
  });

  it('two that hang get a third beside them, later', async () => {
    const time = manualTime();
    const { begun, all } = attempts(3);
    const won = raceInOrder(all, () => 100, new AbortController().signal, time.timers);
    await time.pass(100 + limits.doorStallMs - 1);
    expect(begun).toHaveLength(2);
    await time.pass(2);
    begun[2]?.resolve('c');
    expect(await won).toBe('c');
    expect(begun.map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
  });

  it('one that fails is followed at once', async () => {
    const time = manualTime();
    const { begun, all } = attempts(3);
    const won = raceInOrder(all, () => 100, new AbortController().signal, time.timers);
    begun[0]?.reject(new Error('1'));
    await settle();
    begun[1]?.reject(new Error('2'));
    await settle();
    begun[2]?.resolve('c');
    expect(await won).toBe('c');
  });

  it('all failing is one failure, with each cause', async () => {
    const time = manualTime();
    const { begun, all } = attempts(2);
    const won = raceInOrder(all, () => 100, new AbortController().signal, time.timers).catch((cause: unknown) => cause);
    begun[0]?.reject(new Error('1'));
    await settle();
    begun[1]?.reject(new Error('2'));
    const cause = await won;
    expect(cause).toBeInstanceOf(AllFailed);
    expect((cause as AllFailed).causes.map(String)).toEqual(['Error: 1', 'Error: 2']);
  });

  it('without any there is nothing to wait for', () =>
    expect(raceInOrder([], () => 1, new AbortController().signal, manualTime().timers)).rejects.toBeInstanceOf(
      AllFailed,
    ));

  it('a client that goes away ends them all', async () => {
    const time = manualTime();
    const { begun, all } = attempts(2);
    const stop = new AbortController();
    const won = raceInOrder(all, () => 100, stop.signal, time.timers).catch((cause: unknown) => cause);
    stop.abort(new Error('gone'));
    expect(await won).toBeInstanceOf(AllFailed);
    expect(begun[0]?.signal.aborted).toBe(true);
  });
});
