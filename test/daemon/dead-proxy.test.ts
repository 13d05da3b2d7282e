import { afterEach, describe, expect, test } from 'vitest';
import type { Behaviour } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { mirrorOf, told, when } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

const proxy = 'http://egress.example.com:3128';
const names = { a: 'https://a.example.com', b: 'https://b.example.net/goproxy', c: 'https://c.example.org' };

/** The mirrors `over` go through one proxy, which is dead from 200 s to 300 s; `others`: what the rest does then. */
async function watch(over: string, does: Behaviour, others: Behaviour | null = null): Promise<World> {
  const isOver = (name: string): boolean => over.includes(name);
  const world = await startWorld({
    yaml: threeMirrors({
      mirrors: Object.entries(names)
        .map(([name, url], at) => {
          const via = isOver(name) ? `, proxy: "${proxy}"` : '';
          return `\n  - { name: ${name}, ecosystem: go, url: "${url}", weight: ${100 - 10 * at}${via} }`;
        })
        .join(''),
    }),
    script: (asked) => {
      const isDead = asked.atMs >= 200_000 && asked.atMs < 300_000;
      const now = isDead ? (isOver(asked.registry) ? does : others) : null;
      return now ?? well(asked);
    },
  });
  await world.seconds(215);
  return world;
}

const refused: Behaviour = { code: 'MW_PROXY_CONNECT', phase: 'connect', afterMs: 2 };
const denied: Behaviour = { code: 'MW_PROXY_STATUS', phase: 'connect', afterMs: 20 };

async function findingText(world: World): Promise<string> {
  const { findings } = (await world.get('/api/v1/findings')).json<{ findings: { cause: string; text: string }[] }>();
  return findings.map(({ cause, text }) => `${cause}: ${text}`).join('\n');
}

describe('a dead forward proxy', () => {
  test.each([
    ['refuses connections', refused, 'proxy'],
    ['responds with an error', denied, 'proxy'],
    ['hangs', 'hangs', 'timeout'],
  ] as const)(
    'that %s: its mirror is down, the finding names it, and clients go to a mirror without it',
    async (_, does, cause) => {
      const world = await watch('a', does);
      expect((await mirrorOf(world, 'a')).state).toBe('down');
      expect(when(world, 'advice proposed a → b')).toBeLessThan(212);
      const text = await findingText(world);
      expect(text).toContain(cause);
      if (does !== 'hangs') expect(text).toContain(`a cannot be reached through its proxy ${proxy}`);
      await world.seconds(150);
      expect((await mirrorOf(world, 'a')).state).toBe('up');
    },
  );

  test.each([
    ['refuses connections', refused],
    ['hangs', 'hangs'],
  ] as const)('of two mirrors that %s: both are down, and clients go to the one without it', async (_, does) => {
    const world = await watch('ab', does);
    expect(await Promise.all(['a', 'b', 'c'].map(async (name) => (await mirrorOf(world, name)).state))).toEqual([
      'down',
      'down',
      'up',
    ]);
    when(world, 'advice proposed a → c');
    expect(told(world).filter((one) => one.startsWith('vantage'))).toEqual(['vantage suspect false']);
  });

  test('is no finding about the mirror while our line is cut: then nothing can be reached', async () => {
    const cut: Behaviour = { code: 'ENETUNREACH', phase: 'connect', afterMs: 1 };
    const world = await watch('a', refused, cut);
    expect(told(world).filter((one) => /outage|proposed/.test(one))).toEqual([]);
    expect(told(world)).toContain('vantage suspect true');
  });
});
