import { chainBehind, chainText } from '../players/chain.ts';
import { scenesOf } from '../players/scene.ts';
import type { Move, World, WorldChain } from '../world.ts';

/** The interval between two points of time at which true costs are computed, milliseconds. */
export const gridMs = 10_000;

/** A period with one declared chain of an upstream. At a change of the declared chain, clients use the new one. */
export interface Declared {
  readonly fromMs: number;
  readonly toMs: number;
  readonly chain: WorldChain;
  /** The declared chain, and the chain with each other possible head. */
  readonly heads: readonly WorldChain[];
}

/**
 * The true costs of builds, by chain and point of time. Each is computed once. Point `k` stands for the time from k ×
 * `gridMs` to (k + 1) × `gridMs`.
 */
export class Costs {
  readonly world: World;
  readonly points: number;
  readonly upstreams: readonly string[];
  private readonly known = new Map<string, Float64Array>();
  private readonly declared = new Map<string, readonly Declared[]>();

  constructor(world: World) {
    this.world = world;
    this.points = Math.max(1, Math.ceil(world.durationMs / gridMs));
    for (const [upstream, scenes] of scenesOf(world)) {
      this.declared.set(
        upstream,
        scenes.map(({ fromMs, toMs, declared, mirrors }) => {
          const leaders = mirrors.filter(({ role, name }) => role === 'mirror' || declared.members.includes(name));
          const heads = leaders.map(({ name }) => chainBehind(declared, name, () => false));
          return { fromMs, toMs, chain: declared, heads: declared.members.length > 0 ? [declared, ...heads] : heads };
        }),
      );
    }
    this.upstreams = [...this.declared.keys()];
  }

  declaredOf(upstream: string): readonly Declared[] {
    return this.declared.get(upstream) ?? [];
  }

  /** True if a reload after `sinceMs`, and at `atMs` at the latest, changed the declared chain. */
  isRedeclared(upstream: string, sinceMs: number, atMs: number): boolean {
    const declared = this.declaredOf(upstream);
    return declared.some(({ fromMs, chain }, epoch) => {
      const former = declared[epoch - 1];
      return former && fromMs > sinceMs && fromMs <= atMs && chainText(former.chain) !== chainText(chain);
    });
  }

  /** The cost of a build with this chain at a point, seconds. */
  at(upstream: string, chain: WorldChain, point: number): number {
    const key = `${upstream} ${chainText(chain)}`;
    let row = this.known.get(key);
    if (!row) {
      row = new Float64Array(this.points).fill(Number.NaN);
      this.known.set(key, row);
    }
    const seen = row[point] ?? Number.NaN;
    if (!Number.isNaN(seen)) return seen;
    const cost = this.world.buildCost(upstream, chain, Math.min(point * gridMs, this.world.durationMs - 1));
    row[point] = cost;
    return cost;
  }

  /** The cheapest of the chains with each possible head at a point, and its cost. */
  best(upstream: string, point: number): { readonly chain: WorldChain; readonly cost: number } {
    const now = declaredAt(this.declaredOf(upstream), point * gridMs);
    let best: { chain: WorldChain; cost: number } | null = null;
    for (const chain of now?.heads ?? []) {
      const cost = this.at(upstream, chain, point);
      if (!best || cost < best.cost) best = { chain, cost };
    }
    return best ?? { chain: { members: [], separators: [] }, cost: 0 };
  }

  /** For each point, the chain that is in use at its start, after the given moves. */
  inForce(upstream: string, moves: readonly Move[]): readonly WorldChain[] {
    const declared = this.declaredOf(upstream);
    const own = moves.filter((move) => move.upstream === upstream).toSorted((one, other) => one.atMs - other.atMs);
    const chains: WorldChain[] = [];
    let chain: WorldChain = declared[0]?.chain ?? { members: [], separators: [] };
    let place = 0;
    let epoch = 0;
    for (let point = 0; point < this.points; point += 1) {
      const atMs = point * gridMs;
      for (let next = declared[epoch + 1]; next && next.fromMs <= atMs; next = declared[epoch + 1]) {
        epoch += 1;
        if (chainText(next.chain) !== chainText(declared[epoch - 1]?.chain ?? next.chain)) chain = next.chain;
      }
      for (let move = own[place]; move && move.atMs <= atMs; move = own[place]) {
        place += 1;
        chain = move.chain;
      }
      chains.push(chain);
    }
    return chains;
  }
}

/** The period of declared chains that contains a time; after the end of the world, the last one. */
export function declaredAt(declared: readonly Declared[], atMs: number): Declared | null {
  return declared.findLast(({ fromMs }) => fromMs <= atMs) ?? declared[0] ?? null;
}

const last: { world: World | null; costs: Costs | null } = { world: null, costs: null };

/** The costs of a world. Those of the last world are cached, because several players are scored in the same world. */
export function costsOf(world: World): Costs {
  if (last.world !== world || !last.costs) {
    last.world = world;
    last.costs = new Costs(world);
  }
  return last.costs;
}

/** What a player that knows the truth decides by, at one point. */
interface Truth {
  /** The chain that clients use. */
  readonly chain: WorldChain;
  readonly declared: Declared;
  readonly costOf: (chain: WorldChain) => number;
}

/**
 * The moves of a player that knows the true costs of `latePoints` points ago.
 * @param newRule  makes the rule for one upstream, which returns the chain to use
 */
function movesByTruth(world: World, latePoints: number, newRule: () => (truth: Truth) => WorldChain): readonly Move[] {
  const costs = costsOf(world);
  const moves: Move[] = [];
  for (const upstream of costs.upstreams) {
    const rule = newRule();
    let chain = costs.declaredOf(upstream)[0]?.chain ?? null;
    let before: Declared | null = null;
    for (let point = 0; point < costs.points && chain; point += 1) {
      const declared = declaredAt(costs.declaredOf(upstream), point * gridMs);
      if (declared && before && chainText(declared.chain) !== chainText(before.chain)) chain = declared.chain;
      before = declared;
      const known = point - latePoints;
      if (!declared || known < 0 || declaredAt(costs.declaredOf(upstream), known * gridMs) !== declared) continue;
      const next = rule({ chain, declared, costOf: (one) => costs.at(upstream, one, known) });
      if (next === chain) continue;
      chain = next;
      moves.push({ atMs: point * gridMs, upstream, chain, why: 'cheapest by truth' });
    }
  }
  return moves;
}

/** The cheapest of the chains; the first one if several are equally cheap. */
function cheapestOf(chains: readonly WorldChain[], costOf: Truth['costOf']): WorldChain | null {
  return chains.reduce<WorldChain | null>((least, one) => (least && costOf(least) <= costOf(one) ? least : one), null);
}

/** The moves to the cheapest chain, if that is cheaper by more than the share `hysteresis`. */
export function cheapestHeads(world: World, hysteresis: number, latePoints = 0): readonly Move[] {
  return movesByTruth(world, latePoints, () => ({ chain, declared: { heads }, costOf }) => {
    const best = cheapestOf(heads, costOf);
    return best && costOf(best) < (1 - hysteresis) * costOf(chain) ? best : chain;
  });
}

/** The rules of advice that `headsByRules` keeps. */
export interface AdviceRules {
  /** A switch to another mirror must make builds cheaper by at least this share, as `advise.minGain`. */
  readonly minGain: number;
  /** Clients go back home once builds were no dearer there for so long, milliseconds, as `advise.hold`. */
  readonly holdMs: number;
}

/** The moves to the cheapest chain that two rules of advice allow. */
export function headsByRules(world: World, { minGain, holdMs }: AdviceRules, latePoints: number): readonly Move[] {
  return movesByTruth(world, latePoints, () => {
    let wellMs = 0;
    return ({ chain, declared: { chain: home, heads }, costOf }) => {
      const isAway = chainText(chain) !== chainText(home);
      wellMs = isAway && costOf(home) <= costOf(chain) ? wellMs + gridMs : 0;
      if (isAway && wellMs >= holdMs) return home;
      const others = heads.filter((one) => chainText(one) !== chainText(home));
      const best = cheapestOf(others, costOf);
      return best && costOf(best) < (1 - minGain) * costOf(chain) ? best : chain;
    };
  });
}
