import { afterEach, expect, it } from 'vitest';
import { manualTime } from './manual-time.ts';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors } from './three-mirrors.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

/** Subject and start of each beginning that a daemon sent, in the order of subjects. */
const startsOf = (world: World): readonly (readonly [string, number])[] =>
  world.posts
    .flatMap(({ body: { type, data } }) => {
      const { subject, finding, advice } = data as {
        subject: string;
        finding?: { openedAt: string };
        advice?: { issuedAt: string; state: string };
      };
      const at = finding?.openedAt ?? (advice?.state === 'proposed' ? advice.issuedAt : undefined);
      return at === undefined || type === 'mirror.recovery' ? [] : [[subject, Date.parse(at)] as const];
    })
    .toSorted(([a], [b]) => (a < b ? -1 : 1));

it('two daemons of one place send the same subject for one fault, with starts a few seconds apart', async () => {
  const time = manualTime();
  const options = { yaml: threeMirrors(), script: but(refuses, 'a', 100), time };
  const first = await startWorld(options);
  // The other one runs on a schedule of its own.
  await first.seconds(7);
  const second = await startWorld({ ...options, seed: 2 });
  await first.seconds(113);
  const [one, other] = [startsOf(first), startsOf(second)];
  expect(one.map(([subject]) => subject)).toEqual(['advice/go/go', 'outage/a']);
  expect(other.map(([subject]) => subject)).toEqual(['advice/go/go', 'outage/a']);
  // A pace of the canary apart at most, and what confirming takes.
  for (const [at, [, startMs]] of one.entries()) expect(Math.abs(startMs - (other[at]?.[1] ?? 0))).toBeLessThan(10_000);
  expect(first.posts.map(({ id }) => id)).not.toEqual(second.posts.map(({ id }) => id));
});
