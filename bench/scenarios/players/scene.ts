import type { Question, World, WorldChain, WorldEvent, WorldMirror, WorldSetup } from '../world.ts';
import { chainOf } from './chain.ts';

/** Intervals of the steps other than the canary, milliseconds. They are the daemon's defaults. */
export const paces = { lightMs: 300_000, sumdbMs: 1_800_000, heavyMs: 3_600_000 } as const;

/** The configuration of one upstream between two reloads, from `fromMs` to `toMs`. */
export interface Scene {
  readonly upstream: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly mirrors: readonly WorldMirror[];
  readonly declared: WorldChain;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly canary: Question | null;
  /** The canary's step for the other modules, which the daemon requests as often as the canary. */
  readonly often: readonly Question[];
  /** The other light requests, without the checksum database. */
  readonly light: readonly Question[];
  readonly heavy: readonly Question[];
}

/** Periods in which the daemon's process does nothing, because of a restart or a stall. */
export function downtimes(world: World): readonly { readonly fromMs: number; readonly toMs: number }[] {
  return world.events.flatMap((event) => {
    if (event.kind === 'restart') return [{ fromMs: event.atMs, toMs: event.atMs + event.downMs }];
    if (event.kind === 'stall') return [{ fromMs: event.atMs, toMs: event.atMs + event.forMs }];
    return [];
  });
}

/** The scenes of each upstream, the oldest first. An upstream that a reload removes has no scene after the reload. */
export function scenesOf(world: World): ReadonlyMap<string, readonly Scene[]> {
  const reloads = world.events.filter((event): event is Reload => event.kind === 'reload');
  const setups = [{ atMs: 0, setup: world.setup }, ...reloads].toSorted((one, other) => one.atMs - other.atMs);
  const scenes = new Map<string, Scene[]>();
  setups.forEach(({ atMs, setup }, place) => {
    const toMs = setups[place + 1]?.atMs ?? world.durationMs;
    for (const upstream of Object.keys(setup.chains)) {
      const all = scenes.get(upstream) ?? [];
      all.push(sceneOf(setup, upstream, atMs, toMs));
      scenes.set(upstream, all);
    }
  });
  return scenes;
}

/** True if both scenes have the same configuration, so that a player keeps what it has measured. */
export function isSame(one: Scene, other: Scene): boolean {
  const kept = ({ mirrors, declared, everyMs, canary, often, light, heavy }: Scene) =>
    JSON.stringify([mirrors, declared, everyMs, canary, often, light, heavy]);
  return kept(one) === kept(other);
}

type Reload = Extract<WorldEvent, { kind: 'reload' }>;

function sceneOf(setup: WorldSetup, upstream: string, fromMs: number, toMs: number): Scene {
  const modules = setup.modules.filter((entry) => entry.upstream === upstream);
  const pinned = modules.find(({ version }) => version !== 'latest') ?? modules[0];
  const ask = (step: Question['step'], { module, version }: (typeof modules)[number]): Question => ({
    step,
    module,
    version: step === 'list' || step === 'latest' ? null : version,
  });
  // Sorted by module, so that the requests of one step are evenly spread over time.
  const light = modules
    .flatMap((entry) => (['info', 'list', 'mod', 'latest'] as const).map((step) => ask(step, entry)))
    .filter((one) => one.step !== 'mod' || one.module !== pinned?.module || one.version !== pinned.version);
  return {
    upstream,
    fromMs,
    toMs,
    mirrors: setup.mirrors.filter((mirror) => mirror.upstream === upstream),
    declared: chainOf(setup.chains[upstream] ?? ''),
    everyMs: setup.everyMs,
    timeoutMs: setup.timeoutMs,
    canary: pinned ? { step: 'mod', module: pinned.module, version: pinned.version } : null,
    often: light.filter(({ step }) => step === 'mod'),
    light: light.filter(({ step }) => step !== 'mod'),
    heavy: modules.map((entry) => ask('zip', entry)),
  };
}
