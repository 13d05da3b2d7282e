import { expect, it } from 'vitest';
import { playDaemon } from '../../bench/scenarios/daemon/run.ts';
import type { World } from '../../bench/scenarios/world.ts';
import { families } from '../../bench/scenarios/worlds/families.ts';
import type { UpstreamVerdict } from '../../src/core/verdict.ts';

const worldOf = (name: string): World => {
  const family = families.find((one) => one.name === name);
  if (family === undefined) throw new Error(`no family ${name}`);
  return family.make(1);
};

/** Plays a world, and reads the record of every turn. */
function eachRecord(name: string, read: (record: UpstreamVerdict, atMs: number) => void): number {
  let records = 0;
  playDaemon(worldOf(name), {
    accepts: name === 'two-mirrors-slow',
    hasAlerts: false,
    watch: {
      judged() {},
      sent() {},
      turned: ({ advisor }, now) => {
        for (const record of advisor.verdicts()) {
          records += 1;
          read(record, now.monotonicMs);
        }
        return false;
      },
    },
  });
  return records;
}

it.each([
  'short-outage',
  'slow-factor',
  'two-mirrors-slow',
  'next-slow',
  'fails-10-to-20',
  'flapping-8s',
  'own-slow',
  'upstream-dead-no-control',
])('%s: while no switch is advised, the record names what blocks each mirror', (name) => {
  const silent: string[] = [];
  const records = eachRecord(name, ({ head, mirrors, advice }, atMs) => {
    if (head === null || advice.some(({ state }) => state === 'proposed')) return;
    for (const { registry, blocker } of mirrors)
      if (registry !== head && blocker === null) silent.push(`${atMs}: ${registry}`);
  });
  expect(silent).toEqual([]);
  expect(records).toBeGreaterThan(100);
});
