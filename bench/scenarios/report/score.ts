import { chainText } from '../players/chain.ts';
import type { Incident, Move, Played, World, WorldChain } from '../world.ts';
import { type Costs, costsOf, declaredAt, gridMs } from './costs.ts';

/**
 * The period after a move over which its costs are compared (`horizon`), and the period over which an incident must be
 * costly (`patience`). In points of `gridMs`.
 */
const horizon = 600_000 / gridMs;
const patience = 1_200_000 / gridMs;
/** A move is harmful if it raises the cost within `horizon` by more than this share. */
const harm = 0.25;
/**
 * A move is needless if it saves less than the share `nothing` of the cost within `horizon`. It helps if it saves more
 * than the share `help`.
 */
const nothing = 0.02;
const help = 0.1;
/** An incident is costly if clients of the declared chain pay this share more than with the best chain. */
const costly = 0.2;
/** An incident is missed if a player avoids less than this share of the excess cost of the declared chain. */
const untouched = 0.5;

/**
 * A move with the true mean cost of builds in the next ten minutes, seconds: `staying` without the move, `moving` with
 * it.
 */
export interface JudgedMove extends Move {
  readonly staying: number;
  readonly moving: number;
  readonly isHome: boolean;
  readonly isHarmful: boolean;
  readonly isNeedless: boolean;
  /** True in a calm world, or while the daemon's own network had a fault. */
  readonly isFalse: boolean;
}

/** The result of one player in one world. Counts of several worlds can be added. */
export interface Score {
  readonly family: string;
  readonly group: string;
  readonly seed: number;
  readonly isCalm: boolean;
  readonly player: string;
  /**
   * `cost`: mean seconds per build over the world and its upstreams. `bestCost`: the same with the best chain at every
   * moment.
   */
  readonly cost: number;
  readonly bestCost: number;
  /** `cost` and `bestCost` within incidents of mirrors; `null`: there are none. */
  readonly incidentCost: number | null;
  readonly incidentBest: number | null;
  readonly moves: number;
  readonly harmful: number;
  readonly harmfulFalse: number;
  readonly needless: number;
  readonly needlessFalse: number;
  /**
   * `calmDepartures`: moves away from the declared chain in a calm world. `calmNeedless`: those of them that are
   * needless. `calmYears`: the length of that world, in years of one upstream.
   */
  readonly calmDepartures: number;
  readonly calmNeedless: number;
  readonly calmYears: number;
  readonly incidents: number;
  /**
   * `costlyIncidents`: incidents in which clients of the declared chain pay 20 % too much over twenty minutes.
   * `missed`: those that the player missed.
   */
  readonly costlyIncidents: number;
  readonly missed: number;
  /** For each incident with a move that helps: seconds from when clients pay 20 % too much, to that move. */
  readonly delays: readonly number[];
  /** The number of messages that a person gets, in a chat in which sent messages can be changed. */
  readonly notices: number;
  readonly spikes: number;
  readonly mirrorMonths: number;
  readonly probes: number;
  readonly extraProbes: number;
  /** Moves by choice to a mirror with a worse score in the table of candidates of the same advice. */
  readonly againstTable: number;
}

const yearMs = 365.25 * 86_400_000;

/** Scores what a player did in a world, by the true costs. */
export function scoreOf(world: World, player: string, played: Played): Score {
  const costs = costsOf(world);
  const moves = judgedMoves(world, played.moves);
  const all = costs.upstreams.map((upstream) => costSums(costs, upstream, played.moves));
  const add = (pick: (one: CostSums) => number) => all.reduce((sum, one) => sum + pick(one), 0);
  const stories = world.incidents
    .filter(({ whose }) => whose === 'them')
    .map((incident) => storyOf(costs, incident, played.moves, moves));
  const points = add((one) => one.points);
  const incidentPoints = add((one) => one.incidentPoints);
  const count = (is: (move: JudgedMove) => boolean) => moves.filter(is).length;
  return {
    family: world.family,
    group: world.group,
    seed: world.seed,
    isCalm: world.isCalm,
    player,
    cost: add((one) => one.paid) / points,
    bestCost: add((one) => one.best) / points,
    incidentCost: incidentPoints > 0 ? add((one) => one.incidentPaid) / incidentPoints : null,
    incidentBest: incidentPoints > 0 ? add((one) => one.incidentBest) / incidentPoints : null,
    moves: moves.length,
    harmful: count(({ isHarmful }) => isHarmful),
    harmfulFalse: count(({ isHarmful, isFalse }) => isHarmful && isFalse),
    needless: count(({ isNeedless }) => isNeedless),
    needlessFalse: count(({ isNeedless, isFalse }) => isNeedless && isFalse),
    calmDepartures: world.isCalm ? count(({ isHome }) => !isHome) : 0,
    calmNeedless: world.isCalm ? count(({ isHome, isNeedless }) => !isHome && isNeedless) : 0,
    calmYears: world.isCalm ? (costs.upstreams.length * world.durationMs) / yearMs : 0,
    incidents: stories.length,
    costlyIncidents: stories.filter(({ isCostly }) => isCostly).length,
    missed: stories.filter(({ isMissed }) => isMissed).length,
    delays: stories.flatMap(({ delaySeconds }) => (delaySeconds === null ? [] : [delaySeconds])),
    notices: played.notices.filter(({ isAdded }) => isAdded !== true).length,
    spikes: world.isCalm ? played.notices.filter(({ what }) => what.includes('spike')).length : 0,
    mirrorMonths: world.isCalm ? (world.setup.mirrors.length * world.durationMs * 12) / yearMs : 0,
    probes: played.probes.scheduled + played.probes.extra,
    extraProbes: played.probes.extra,
    againstTable: played.againstTable?.length ?? 0,
  };
}

/**
 * The moves with the true costs of the next ten minutes, with and without each move. A move to the chain in use is left
 * out.
 */
export function judgedMoves(world: World, moves: readonly Move[]): readonly JudgedMove[] {
  const costs = costsOf(world);
  const before = new Map<string, Move>();
  const judged: JudgedMove[] = [];
  for (const move of moves.toSorted((one, other) => one.atMs - other.atMs)) {
    const { upstream, atMs } = move;
    const declared = declaredAt(costs.declaredOf(upstream), atMs);
    const last = before.get(upstream);
    const isRedeclared = !last || costs.isRedeclared(upstream, last.atMs, atMs);
    const from = isRedeclared ? (declared?.chain ?? move.chain) : last.chain;
    before.set(upstream, move);
    if (chainText(from) === chainText(move.chain)) continue;
    const staying = meanOver(costs, upstream, from, pointOf(atMs));
    const moving = meanOver(costs, upstream, move.chain, pointOf(atMs));
    const isHome = declared !== null && chainText(declared.chain) === chainText(move.chain);
    const isFalse =
      world.isCalm || world.incidents.some((incident) => incident.whose === 'us' && covers(incident, move));
    const isHarmful = moving > (1 + harm) * staying;
    const isNeedless = (isHarmful || !isHome) && moving > (1 - nothing) * staying;
    judged.push({ ...move, staying, moving, isHome, isHarmful, isNeedless, isFalse });
  }
  return judged;
}

interface CostSums {
  readonly points: number;
  readonly paid: number;
  readonly best: number;
  readonly incidentPoints: number;
  readonly incidentPaid: number;
  readonly incidentBest: number;
}

function costSums(costs: Costs, upstream: string, moves: readonly Move[]): CostSums {
  const sums = { points: 0, paid: 0, best: 0, incidentPoints: 0, incidentPaid: 0, incidentBest: 0 };
  const windows = costs.world.incidents.filter(({ upstream: of, whose }) => of === upstream && whose === 'them');
  costs.inForce(upstream, moves).forEach((chain, point) => {
    const paid = costs.at(upstream, chain, point);
    const best = Math.min(paid, costs.best(upstream, point).cost);
    sums.points += 1;
    sums.paid += paid;
    sums.best += best;
    if (!windows.some(({ fromMs, toMs }) => point * gridMs >= fromMs && point * gridMs < toMs)) return;
    sums.incidentPoints += 1;
    sums.incidentPaid += paid;
    sums.incidentBest += best;
  });
  return sums;
}

interface Story {
  readonly isCostly: boolean;
  readonly isMissed: boolean;
  readonly delaySeconds: number | null;
}

/**
 * How a player dealt with an incident of a mirror: whether the incident was costly, whether it was missed, and the
 * delay until a move helped.
 */
function storyOf(costs: Costs, incident: Incident, moves: readonly Move[], judged: readonly JudgedMove[]): Story {
  const { upstream, fromMs, toMs } = incident;
  const declared = costs.inForce(upstream, []);
  const inForce = costs.inForce(upstream, moves);
  const from = Math.min(costs.points, Math.ceil(fromMs / gridMs));
  const to = Math.min(costs.points, Math.ceil(toMs / gridMs));
  const helping = judged.filter(
    (move) => move.upstream === upstream && covers(incident, move) && move.moving < (1 - help) * move.staying,
  );
  const helpedAt = new Set(helping.map(({ atMs }) => pointOf(atMs)));
  const paid = (chains: readonly WorldChain[], point: number) => {
    const chain = chains[point];
    return chain ? costs.at(upstream, chain, point) : 0;
  };
  const best = (point: number) => costs.best(upstream, point).cost;
  const isLong = (chains: readonly WorldChain[], helped: ReadonlySet<number>) =>
    hasDearStretch(from, to, helped, (point) => {
      const bestCost = best(point);
      const over = paid(chains, point) - bestCost;
      return { dear: over - costly * bestCost, unhelped: over - untouched * (paid(declared, point) - bestCost) };
    });
  const isCostly = isLong(declared, new Set());
  const points = Array.from({ length: Math.max(0, to - from) }, (_, place) => from + place);
  const wrong = points.find((point) => paid(inForce, point) > (1 + costly) * best(point));
  const wrongMs = wrong === undefined ? null : Math.max(fromMs, wrong * gridMs);
  const first = helping.find(({ atMs }) => wrongMs !== null && atMs >= wrongMs - gridMs);
  return {
    isCostly,
    isMissed: isCostly && isLong(inForce, helpedAt),
    delaySeconds: wrongMs !== null && first ? Math.max(0, first.atMs - wrongMs) / 1000 : null,
  };
}

/**
 * True if there are twenty minutes without a helpful move, in which the sums of `dear` and of `unhelped` are above 0.
 */
function hasDearStretch(
  from: number,
  to: number,
  helped: ReadonlySet<number>,
  at: (point: number) => { readonly dear: number; readonly unhelped: number },
): boolean {
  let window: { readonly dear: number; readonly unhelped: number }[] = [];
  let dear = 0;
  let unhelped = 0;
  for (let point = from; point < to; point += 1) {
    // Costs before a helpful move do not count for a later period.
    if (helped.has(point)) {
      window = [];
      dear = 0;
      unhelped = 0;
      continue;
    }
    const more = at(point);
    window.push(more);
    dear += more.dear;
    unhelped += more.unhelped;
    const past = window.length > patience ? window.shift() : undefined;
    dear -= past?.dear ?? 0;
    unhelped -= past?.unhelped ?? 0;
    if (window.length === patience && dear > 1e-9 && unhelped > 1e-9) return true;
  }
  return false;
}

function covers({ upstream, fromMs, toMs }: Incident, move: Move): boolean {
  return move.upstream === upstream && move.atMs >= fromMs && move.atMs < toMs;
}

function pointOf(atMs: number): number {
  return Math.floor(atMs / gridMs);
}

/** The mean cost over the ten minutes after a move, or until the end of the world. */
function meanOver(costs: Costs, upstream: string, chain: WorldChain, point: number): number {
  const from = Math.min(point + 1, costs.points - 1);
  const to = Math.min(costs.points, from + horizon);
  let sum = 0;
  for (let at = from; at < to; at += 1) sum += costs.at(upstream, chain, at);
  return sum / (to - from);
}
