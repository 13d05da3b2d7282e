import { afterEach, expect, test } from 'vitest';
import type { Finding } from '../../src/core/finding.ts';
import { readResponseRow } from '../../src/state/answer-read.ts';
import type { MemoryStore } from './memory-store.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

/** The promise of docs/operations.md: a killed process loses samples of at most this time. */
const lostMsMax = 10_000;
/** Each of the moments below, and three outages. */
const kills = 36;
/** The slowest answer of the script. */
const tookMsMax = 125;

/** The age of the oldest sample that is not in the file, 0 where all are. */
function lostMsOf({ store, wire, time }: World): number {
  const lastMs = readResponseRow(store.page('answer', 1, null)[0]?.value)?.taken.at(-1)?.takenAt.wallMs ?? 0;
  const startMs = time.clock.wallMs() - time.nowMs();
  const lost = wire.asked.find(({ atMs }) => startMs + atMs + tookMsMax > lastMs);
  return lost === undefined ? 0 : time.nowMs() - lost.atMs;
}

/** Probes that open findings cite, and that are not in the file. */
function uncited(store: MemoryStore): readonly string[] {
  const findings = store.all('finding').map(({ value }) => value as Finding);
  return findings
    .filter(({ state }) => state === 'open')
    .flatMap(({ evidence }) => evidence.probeIds)
    .filter((id) => store.get('cited', id) === null && store.get('probe', id) === null);
}

const mirrors = ['a', 'b', 'c']
  .map((name, n) => `\n  - { name: ${name}, ecosystem: go, url: "http://127.0.0.1:${n + 1}" }`)
  .join('');
// Each second, which is for mirrors on loopback alone; nothing listens there.
const yaml = threeMirrors({ every: '1s', mirrors, clients: 'http://127.0.0.1:1,http://127.0.0.1:2,direct' });

test(`${kills} kills lose no notice, no cited probe, and samples of 10 s at most`, async () => {
  let isDown = false;
  const script: Script = (asked) => (asked.registry === 'a' && isDown ? refuses : well(asked));
  let world = await startWorld({ yaml: yaml, script });
  const opened = new Set<string>();
  const posted = new Set<string>();
  const gather = (): void => {
    for (const { message, fields } of world.log)
      if (message === 'finding opened' && fields['kind'] === 'outage') opened.add(String(fields['finding']));
    for (const { body } of world.posts) posted.add(String((body.data['finding'] as { id?: string } | undefined)?.id));
  };
  const lostMs: number[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    isDown = kill % 12 < 5;
    // Moments of all kinds: between two writes, and in confirming rounds.
    const seconds = 11 + ((kill * 7) % 29) + kill / kills;
    for (let past = 0; past < seconds; past += 1) {
      await world.seconds(Math.min(1, seconds - past));
      lostMs.push(lostMsOf(world));
    }
    expect([kill, uncited(world.store)]).toEqual([kill, []]);
    gather();
    world = await world.restart();
  }
  await world.seconds(60);
  gather();
  expect(opened.size).toBeGreaterThan(1);
  expect([...opened].filter((id) => !posted.has(id))).toEqual([]);
  expect(Math.max(...lostMs)).toBeLessThanOrEqual(lostMsMax);
  // Without batches there would be nothing to lose.
  expect(Math.max(...lostMs)).toBeGreaterThan(5_000);
});
