import { type Board, createBoard } from './board.ts';
import { type MetricName, metricNames, metricOf, type ShardMetric } from './catalog.ts';
import { type Labels, shardKinds } from './metric.ts';
import type { Entity } from './plan.ts';

/** A registry holds at most so many targets and about so many lines: what prom-client renders in one turn of the loop. */
export const targetsPerBoard = 200;
const linesPerBoard = 5_000;
/** Series of so many lines are opened, or closed, in one turn: some ten milliseconds. */
const linesPerTurn = 2_500;

export type ShardBoard = Board<ShardMetric>;

/** Where the series of a thing live, and the labels they carry. */
export interface Home {
  readonly entity: Entity;
  readonly board: ShardBoard;
}

/** Spreads entities over registries, keeps those that stay, and drops registries that are empty. */
export interface Boards {
  readonly all: () => readonly ShardBoard[];
  readonly home: (key: string) => Home | undefined;
  readonly homesOf: (board: ShardBoard) => Iterable<Home>;
  /**
   * Exactly these from now on; counters of those that were here go on. Gives the homes that went: their series are there until
   * `sweep`, unless their registry went as a whole.
   */
  readonly arrange: (wanted: ReadonlyMap<string, Entity>) => readonly Home[];
  /** Opens those that are not here yet, some in each turn of the loop, so that `arrange` has only to close. */
  readonly prepare: (wanted: ReadonlyMap<string, Entity>, turn: () => Promise<void>) => Promise<void>;
  /** Closes the series of what went, some in each turn of the loop. */
  readonly sweep: (turn: () => Promise<void>) => Promise<void>;
}

interface Shard {
  readonly board: ShardBoard;
  readonly homes: Map<string, Home>;
  targets: number;
  lines: number;
}

const shardNames: readonly ShardMetric[] = metricNames.filter((name: MetricName): name is ShardMetric =>
  shardKinds.some((kind) => metricOf(name).per[kind] !== undefined),
);

function sameLabels(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a) as (keyof Labels)[];
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function hasRoom(shard: Shard, entity: Entity): boolean {
  const targets = shard.targets + (entity.kind === 'target' ? 1 : 0);
  return targets <= targetsPerBoard && (shard.homes.size === 0 || shard.lines + entity.lines <= linesPerBoard);
}

function count(shard: Shard, entity: Entity, sign: 1 | -1): void {
  shard.lines += sign * entity.lines;
  if (entity.kind === 'target') shard.targets += sign;
}

/** No registries yet. */
export function createBoards(): Boards {
  let shards: Shard[] = [];
  const shardOf = new Map<string, Shard>();
  /** Their series are still to be closed. */
  let gone: Home[] = [];

  function close({ entity, board }: Home): void {
    board.close(entity.kind, entity.labels, entity.heavy);
  }

  function remove(shard: Shard, home: Home): void {
    const { entity } = home;
    shard.homes.delete(entity.key);
    shardOf.delete(entity.key);
    count(shard, entity, -1);
  }

  function add(shard: Shard, entity: Entity): void {
    shard.board.open(entity.kind, entity.labels, entity.heavy);
    shard.homes.set(entity.key, { entity, board: shard.board });
    shardOf.set(entity.key, shard);
    count(shard, entity, 1);
  }

  function arrange(wanted: ReadonlyMap<string, Entity>): readonly Home[] {
    const went: Home[] = [];
    // What comes back before it was swept begins anew.
    for (const home of gone) if (wanted.has(home.entity.key)) close(home);
    gone = gone.filter(({ entity }) => !wanted.has(entity.key));
    for (const shard of shards)
      for (const home of [...shard.homes.values()]) {
        const next = wanted.get(home.entity.key);
        if (next !== undefined && (next === home.entity || sameLabels(next.labels, home.entity.labels))) continue;
        remove(shard, home);
        went.push(home);
        // The same thing by other labels may share series with it.
        if (next !== undefined) close(home);
      }
    // After `prepare` none is missing.
    if (shardOf.size < wanted.size) placeMissing(wanted);
    shards = shards.filter((shard) => shard.homes.size > 0);
    const left = new Set(shards.map(({ board }) => board));
    gone = [...gone, ...went.filter(({ entity }) => !wanted.has(entity.key))].filter(({ board }) => left.has(board));
    return went;
  }

  /** First fit from a cursor: what has no room now will not have more for the next one, nearly always. */
  function placer(): (entity: Entity) => void {
    let cursor = 0;
    return (entity) => {
      while (cursor < shards.length && !hasRoom(shards[cursor] as Shard, entity)) cursor += 1;
      const shard = shards[cursor] ?? { board: createBoard(shardNames), homes: new Map(), targets: 0, lines: 0 };
      if (cursor === shards.length) shards.push(shard);
      add(shard, entity);
    };
  }

  function placeMissing(wanted: ReadonlyMap<string, Entity>): void {
    const place = placer();
    for (const entity of wanted.values()) if (!shardOf.has(entity.key)) place(entity);
  }

  async function prepare(wanted: ReadonlyMap<string, Entity>, turn: () => Promise<void>): Promise<void> {
    // What comes back must not find series that are still to be closed.
    await sweep(turn);
    const place = placer();
    let lines = 0;
    for (const entity of wanted.values()) {
      if (shardOf.has(entity.key)) continue;
      place(entity);
      lines += entity.lines;
      if (lines < linesPerTurn) continue;
      lines = 0;
      await turn();
    }
  }

  async function sweep(turn: () => Promise<void>): Promise<void> {
    let lines = 0;
    for (let home = gone.pop(); home !== undefined; home = gone.pop()) {
      close(home);
      lines += home.entity.lines;
      if (lines < linesPerTurn) continue;
      lines = 0;
      await turn();
    }
  }

  return {
    all: () => shards.map(({ board }) => board),
    home: (key) => shardOf.get(key)?.homes.get(key),
    homesOf: (board) => shards.find((shard) => shard.board === board)?.homes.values() ?? [],
    arrange,
    prepare,
    sweep,
  };
}
