import { expect, test } from 'vitest';
import type { DaemonEvent } from '../../../src/api/deps.ts';
import { createEvents } from '../../../src/daemon/publish.ts';

test('each listener gets every event until it leaves; one that throws is removed and affects no other', () => {
  const events = createEvents();
  const heard: string[] = [];
  const hear =
    (name: string) =>
    ({ type, atMs, data }: DaemonEvent): void =>
      void heard.push(`${name} ${type} ${atMs} ${String(data)}`);
  let thrown = 0;
  const leave = events.subscribe(hear('a'));
  events.subscribe(() => {
    thrown += 1;
    throw new Error('a broken reader');
  });
  events.subscribe(hear('b'));
  events.emit('sample', 1, 'x');
  leave();
  leave();
  events.emit('finding', 2, 'y');
  expect([heard, thrown]).toEqual([['a sample 1 x', 'b sample 1 x', 'b finding 2 y'], 1]);
});

test('all listeners get one object, so that it is rendered once for all streams', () => {
  const events = createEvents();
  const heard: DaemonEvent[] = [];
  for (const _ of [1, 2]) events.subscribe((event) => void heard.push(event));
  events.emit('sample', 1, 'x');
  expect(heard[1]).toBe(heard[0]);
});
