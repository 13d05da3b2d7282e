import { describe, expect, it } from 'vitest';
import { policy } from '../../../../bench/scenarios/players/policy/policy.ts';
import { watch } from '../../../../bench/scenarios/players/rounds.ts';
import type { Question, World } from '../../../../bench/scenarios/world.ts';
import { good, type Tiny, tinyWorld } from './tiny-world.ts';

const minute = 60_000;
const constant = (tookMs: number) => [{ fromMs: 0, tookMs }];

/** A world of two mirrors and two modules, in which `answer` changes some responses. */
function worldOf(answer: Tiny['answer'], minutes = 60): World {
  const world = tinyWorld({
    courses: { a: constant(100), b: constant(110) },
    chain: 'a,b',
    minutes,
    ...(answer && { answer }),
  });
  const modules = [...world.setup.modules, { upstream: 'go', module: 'go.example/two', version: 'v1.0.0' }];
  return { ...world, setup: { ...world.setup, modules } };
}

/** What a player asked of the head: how many requests of each step of each module, peeks apart. */
function countAsked(play: (world: World) => unknown): Record<string, number> {
  const asked: Record<string, number> = {};
  play(
    worldOf((mirror, { step, module, bytesMax }) => {
      const key = `${bytesMax === undefined ? step : 'peek'} ${module?.slice(-3)}`;
      if (mirror === 'a') asked[key] = (asked[key] ?? 0) + 1;
      return null;
    }),
  );
  return asked;
}

describe('the evidence of simple players', () => {
  it('the canary step of every module is requested as often as the canary', () => {
    const asked = countAsked((world) => watch(world, () => ({ take: () => undefined })));
    expect(asked['mod two']).toBeGreaterThan(110);
    expect(Math.abs((asked['mod two'] ?? 0) - (asked['mod one'] ?? 0))).toBeLessThan(3);
    expect(asked['info two']).toBeLessThan(15);
  });

  it('the policy requests first bytes between two canaries, and small downloads between the hourly ones', () => {
    const asked = countAsked((world) => policy.play(world));
    const peeks = (asked['peek one'] ?? 0) + (asked['peek two'] ?? 0);
    const downloads = (asked['zip one'] ?? 0) + (asked['zip two'] ?? 0);
    expect(peeks).toBeGreaterThan(110);
    expect(downloads).toBeGreaterThan(15);
  });

  it('wrong bytes show in the first bytes of half of the artifacts', () => {
    const modules = Array.from({ length: 40 }, (_, at) => `go.example/m${at}`);
    const question = (module: string): Question => ({ step: 'zip', module, version: 'v1.0.0', bytesMax: 1_000 });
    const world = worldOf(() => ({ ...good, reason: 'mismatch' }), 2);
    let shown = 0;
    watch(world, () => ({
      take: ({ isPeek, isCanary, answers, doneMs }, ask) => {
        if (isPeek && answers[0]?.reason === 'mismatch') shown += 1;
        if (isCanary) for (const module of modules.splice(0)) ask(question(module), [0], doneMs);
      },
    }));
    expect(shown).toBeGreaterThan(8);
    expect(shown).toBeLessThan(32);
  });
});

describe('the policy with artifacts', () => {
  it('leaves a head whose downloads become slow before the next hourly download', () => {
    const slowFromMs = 20 * minute;
    const world = worldOf((mirror, { step }, atMs) =>
      mirror === 'a' && step === 'zip' && atMs >= slowFromMs ? { tookMs: 8_000 } : null,
    );
    const [first] = policy.play(world).moves;
    expect(first?.chain.members[0]).toBe('b');
    expect(first?.atMs).toBeGreaterThan(slowFromMs);
    expect(first?.atMs).toBeLessThan(slowFromMs + 5 * minute);
  });

  it('stays while nothing is wrong', () => {
    expect(policy.play(worldOf(undefined)).moves).toEqual([]);
  });
});
