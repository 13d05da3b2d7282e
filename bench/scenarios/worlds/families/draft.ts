import type { Family, Incident, World, WorldEvent, WorldMirror, WorldSetup, WorldStep } from '../../world.ts';
import { buildWorld } from '../model/build-world.ts';
import { Draw } from '../model/draw.ts';
import type { Effect } from '../model/effect.ts';
import type { ControlModel, MirrorModel } from '../model/mirror-model.ts';

export const secondMs = 1000;
export const minuteMs = 60_000;
export const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** How the worlds of a family differ from an ordinary world, besides their fault. */
export interface Wishes {
  /** The number of mirrors of each upstream, or a list with one number for each upstream; absent: 3 to 5. */
  readonly mirrors?: number | readonly number[];
  /** The number of upstreams; absent: 1. */
  readonly upstreams?: number;
  /** The number of modules of each upstream; absent: 3 or 4. */
  readonly modules?: number;
  /** The number of controls; absent: 0 to 2. */
  readonly controls?: number;
  /** The interval of the canary; absent: 30 s. */
  readonly everyMs?: number;
  /** The number of mirrors in the declared chain; absent: 1 to 3. */
  readonly chained?: number;
  /** The σ of the log-normal factor on response times; absent: 0.1 to 0.35. */
  readonly sigma?: number;
  /**
   * The share of responses that fail at random, the same for all mirrors. Absent: 0 in half of the worlds, else at most
   * 0.3 % and mostly far less.
   */
  readonly failureShare?: number;
  /** True: zips of the head take less than 2.5 s. Even if they take 15 times as long, few exceed the client's limit. */
  readonly quickZips?: boolean;
}

/** A period of time. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A mirror while its world is built. */
export type DraftMirror = { -readonly [Key in keyof MirrorModel]: MirrorModel[Key] } & { effects: Effect[] };

/** A world while it is built. It has no fault until a family adds one. */
export interface Draft {
  readonly draw: Draw;
  durationMs: number;
  /** The time of the fault, unless the family defines another one. */
  readonly window: Window;
  readonly upstreams: readonly string[];
  readonly mirrors: DraftMirror[];
  /** Modules of the first upstream. */
  readonly modules: readonly string[];
  setup: WorldSetup;
  readonly controls: ControlModel[];
  readonly zipBytes: Map<string, number>;
  readonly line: Effect[];
  readonly events: WorldEvent[];
  readonly incidents: Incident[];
  isCalm: boolean;
}

/** The definition of one family. `spoil` adds the fault to a draft. */
export interface Row {
  readonly name: string;
  readonly what: string;
  readonly wishes?: Wishes | ((draw: Draw) => Wishes);
  readonly spoil: (draft: Draft) => void;
}

/** Makes the families of one group. */
export function familiesOf(group: string, rows: readonly Row[]): readonly Family[] {
  return rows.map((row) => ({
    name: row.name,
    group,
    what: row.what,
    make(seed) {
      const draw = new Draw(row.name, seed);
      const draft = ordinary(draw, typeof row.wishes === 'function' ? row.wishes(draw) : (row.wishes ?? {}));
      row.spoil(draft);
      return worldFrom(draft, row.name, group, seed);
    },
  }));
}

/** Builds the world of a finished draft. */
export function worldFrom(draft: Draft, family: string, group: string, seed: number): World {
  draft.events.sort((one, other) => one.atMs - other.atMs);
  draft.incidents.sort((one, other) => one.fromMs - other.fromMs);
  return buildWorld(family, group, seed, { ...draft, setup: setupOf(draft) });
}

/** The configuration of a draft in its current state. */
export function setupOf(draft: Draft): WorldSetup {
  return { ...draft.setup, mirrors: draft.mirrors.map(asConfigured) };
}

function asConfigured({ name, url, address, upstream, role, weight }: DraftMirror): WorldMirror {
  return { name, url, address, upstream, role, weight };
}

/** Makes the draft of a world without a fault. */
export function ordinary(draw: Draw, wishes: Wishes): Draft {
  const upstreams = ['go', 'corp', 'lab'].slice(0, wishes.upstreams ?? 1);
  const world = worldOf(draw, wishes);
  const counts = upstreams.map((_, index) =>
    typeof world.count === 'number' ? world.count : (world.count[index] ?? 1),
  );
  const mirrors = upstreams.flatMap((upstream, index) => mirrorsOf(draw, upstream, counts[index] ?? 1, world));
  for (const [index, mirror] of mirrors.entries()) {
    mirror.name = mirrorName(index);
    mirror.url = `https://${mirror.name}.example`;
    mirror.address = mirror.families === 'six' ? `2001:db8:${index + 1}::1` : `198.18.${index + 1}.1`;
  }
  const modules = upstreams.flatMap((upstream) =>
    Array.from({ length: world.modules }, (_, index) => ({
      upstream,
      module: `${upstream}.example/module-${index + 1}`,
      version: `v1.${index}.0`,
    })),
  );
  const fromMs = draw.between(20, 40) * minuteMs;
  const toMs = fromMs + draw.scaled(15, 200) * minuteMs;
  const restMs = draw.chance(0.15) ? 0 : draw.between(20, 70) * minuteMs;
  const controls = Array.from({ length: wishes.controls ?? draw.whole(0, 2) }, (_, index) => controlOf(draw, index));
  return {
    draw,
    durationMs: Math.max(1.5 * hourMs, toMs + restMs),
    window: { fromMs, toMs },
    upstreams,
    mirrors,
    modules: modules.filter((one) => one.upstream === upstreams[0]).map((one) => one.module),
    setup: {
      mirrors: [],
      modules,
      controls: controls.map(({ name, url }) => ({ name, url })),
      everyMs: wishes.everyMs ?? 30 * secondMs,
      timeoutMs: 10 * secondMs,
      chains: Object.fromEntries(upstreams.map((upstream) => [upstream, chainOf(draw, mirrors, upstream, wishes)])),
    },
    controls,
    zipBytes: new Map(modules.map(({ module }) => [module, draw.scaled(0.5, 2) * world.zipBytes])),
    line: [],
    events: [],
    incidents: [],
    isCalm: false,
  };
}

interface Common {
  readonly count: number | readonly number[];
  readonly modules: number;
  readonly rttMs: number;
  readonly processingMs: number;
  readonly zipBytes: number;
  readonly zipMs: number;
  readonly dailySwing: number;
  readonly dailyPeakMs: number;
  readonly failureShare: number;
  readonly sigma: number | null;
}

function worldOf(draw: Draw, wishes: Wishes): Common {
  return {
    count: wishes.mirrors ?? draw.whole(3, 5),
    modules: wishes.modules ?? draw.whole(3, 4),
    rttMs: draw.scaled(10, 180),
    processingMs: draw.scaled(8, 150),
    zipBytes: draw.scaled(1e6, 12e6),
    zipMs: draw.scaled(800, wishes.quickZips === true ? 2500 : 6000),
    dailySwing: draw.between(0, 0.2),
    dailyPeakMs: draw.between(0, dayMs),
    failureShare: wishes.failureShare ?? (draw.chance(0.5) ? 0 : 0.003 * draw.between(0, 1) ** 3),
    sigma: wishes.sigma ?? null,
  };
}

/**
 * Draws the mirrors of an upstream. The first one is the best or close to it, so that only the fault of the family is a
 * reason to leave it.
 */
function mirrorsOf(draw: Draw, upstream: string, count: number, world: Common): DraftMirror[] {
  return Array.from({ length: count }, (_, index) => {
    const slower = () => (index === 0 ? 1 : draw.scaled(0.98, 2.2));
    const processing = slower() * world.processingMs;
    return {
      name: '',
      url: '',
      address: '',
      upstream,
      role: 'mirror',
      weight: Math.max(5, 100 - 5 * index),
      rttMs: slower() * world.rttMs,
      sigma: world.sigma ?? draw.between(0.1, 0.35),
      processingMs: processingOf(draw, processing),
      bytesPerSecond: world.zipBytes / (world.zipMs / 1000) / slower(),
      retransmitShare: draw.scaled(0.0005, 0.008),
      dailySwing: world.dailySwing * draw.between(0.85, 1),
      dailyPeakMs: world.dailyPeakMs,
      failureShare: world.failureShare,
      missShare: draw.between(0, 0.015),
      missMs: draw.scaled(200, 1500),
      families: draw.pick(['four', 'four', 'both', 'six'] as const),
      certificate: { endsAtMs: draw.between(10, 89) * dayMs, renewedAtMs: 10 * dayMs },
      effects: [],
    };
  });
}

function processingOf(draw: Draw, modMs: number): Record<WorldStep, number> {
  const info = modMs * 0.9;
  return {
    mod: modMs,
    info,
    list: modMs * draw.between(1.5, 4),
    latest: modMs * 1.5,
    sumdb: modMs * draw.between(1, 2),
    zip: modMs * 1.5,
  };
}

function chainOf(draw: Draw, mirrors: readonly DraftMirror[], upstream: string, wishes: Wishes): string {
  const names = mirrors.filter((mirror) => mirror.upstream === upstream).map((mirror) => mirror.name);
  const taken = names.slice(0, wishes.chained ?? draw.whole(1, 3));
  if (draw.chance(0.8)) taken.push(draw.chance(0.85) ? 'direct' : 'off');
  const usual = draw.chance(0.6) ? ',' : '|';
  return taken.reduce((text, name) => `${text}${draw.chance(0.85) ? usual : ','}${name}`);
}

function controlOf(draw: Draw, index: number): ControlModel {
  const overTls = draw.chance(0.6);
  const name = `control-${index + 1}`;
  const url = overTls ? `https://${name}.example` : `tcp://198.19.${index + 1}.1:443`;
  return { name, url, rttMs: draw.scaled(8, 120), overTls };
}

/** The name of a mirror by its index: `a` to `t`. */
export function mirrorName(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}
