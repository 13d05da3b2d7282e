import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { daemonPlayer, daemonWithout } from '../../../../bench/scenarios/daemon/player.ts';
import { scenarioOptionsOf, scenariosUsage } from '../../../../bench/scenarios/options.ts';
import { playerOf } from '../../../../bench/scenarios/players/registry.ts';
import type { Player } from '../../../../bench/scenarios/world.ts';
import { judgeRules } from '../../../../src/core/judge-rules.ts';
import { repoDir } from '../../../support/paths.ts';
import { tinyWorld } from './tiny-world.ts';

const minute = 60_000;

describe('--without', () => {
  it('adds a daemon for each use, which leaves out the rules that it names', async () => {
    const options = scenarioOptionsOf(['--player', 'daemon', '--without', 'review', '--without', 'spells,review']);
    const names = ['daemon', 'daemon without review', 'daemon without spells,review'];
    expect(options?.players).toEqual(names);
    const players = await Promise.all(names.map((name) => playerOf(name)));
    expect(players.map((player) => player?.name)).toEqual(names);
  });

  it('refuses an unknown rule; the usage names all of them', async () => {
    expect(scenarioOptionsOf(['--without', 'sense'])).toBeNull();
    expect(await playerOf('daemon without sense')).toBeNull();
    for (const rule of judgeRules) expect(scenariosUsage).toContain(` ${rule}`);
  });

  it('each rule of the list is left out somewhere in the judge', () => {
    const src = join(repoDir, 'src');
    const files = ['advise', 'detect'].flatMap((folder) =>
      readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(src, folder, name)),
    );
    const code = files.filter((name) => name.endsWith('.ts')).map((name) => readFileSync(name, 'utf8'));
    const asked = code.join('').matchAll(/without\.has\('([^']+)'\)/g);
    expect(new Set(Array.from(asked, ([, rule]) => rule))).toEqual(new Set(judgeRules));
  });

  it('changes what the daemon decides: without `below-zero`, clients are back earlier after an outage', () => {
    const courses = {
      a: [
        { fromMs: 0, tookMs: 100 },
        { fromMs: 20 * minute, tookMs: null },
        { fromMs: 35 * minute, tookMs: 100 },
      ],
      b: [{ fromMs: 0, tookMs: 110 }],
    };
    const world = tinyWorld({ courses, chain: 'a,b', minutes: 120 });
    const homeAt = (player: Player) => player.play(world).moves.find(({ chain }) => chain.members[0] === 'a')?.atMs;
    const [all, without] = [homeAt(daemonPlayer), homeAt(daemonWithout(['below-zero']))];
    expect(without).toBeGreaterThan(35 * minute);
    expect(all).toBeGreaterThan((without ?? 0) + 5 * minute);
  });
});
