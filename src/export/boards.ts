import { type Board, createBoard, type NativeForm } from './board.ts';
import { type Labels, type MetricName, metricNames, metricOf, type ShardMetric } from './catalog.ts';
import { shardKinds } from './metric.ts';
import type { Entity } from './plan.ts';

/** The maximum number of targets in one prom-client registry, whose gauges are set in one turn of the event loop. */
export const targetsPerBoard = 200;
const linesPerBoard = 5_000;
/** How many lines are opened or closed in one turn of the event loop. */
const linesPerTurn = 2_500;

export type ShardBoard = Board<ShardMetric>;

export interface Home {
  readonly entity: Entity;
  readonly board: ShardBoard;
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

export type Boards = ReturnType<typeof createBoards>;

export function createBoards(form: NativeForm | null) {
  let shards: Shard[] = [];
  const shardOf = new Map<string, Shard>();
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

  /**
   * Sets the entities; counters of entities that stay continue.
   * @returns the homes of entities that were removed or got other labels
   */
  function arrange(wanted: ReadonlyMap<string, Entity>): readonly Home[] {
    const went: Home[] = [];
    // An entity that returns before the sweep starts again at 0.
    for (const home of gone) if (wanted.has(home.entity.key)) close(home);
    gone = gone.filter(({ entity }) => !wanted.has(entity.key));
    for (const shard of shards)
      for (const home of [...shard.homes.values()]) {
        const next = wanted.get(home.entity.key);
        if (next !== undefined && (next === home.entity || sameLabels(next.labels, home.entity.labels))) continue;
        remove(shard, home);
        went.push(home);
        // An entity with the same key but other labels may share series with the removed one.
        if (next !== undefined) close(home);
      }
    // After `prepare` of the same entities, only those with other labels are missing.
    if (shardOf.size < wanted.size) placeMissing(wanted);
    shards = shards.filter((shard) => shard.homes.size > 0);
    const left = new Set(shards.map(({ board }) => board));
    gone = [...gone, ...went.filter(({ entity }) => !wanted.has(entity.key))].filter(({ board }) => left.has(board));
    return went;
  }

  /** First fit from a cursor: a registry without room now rarely has more for the next entity. */
  function placer(): (entity: Entity) => void {
    let cursor = 0;
    return (entity) => {
      while (cursor < shards.length && !hasRoom(shards[cursor] as Shard, entity)) cursor += 1;
      const shard = shards[cursor] ?? { board: createBoard(shardNames, form), homes: new Map(), targets: 0, lines: 0 };
      if (cursor === shards.length) shards.push(shard);
      add(shard, entity);
    };
  }

  function placeMissing(wanted: ReadonlyMap<string, Entity>): void {
    const place = placer();
    for (const entity of wanted.values()) if (!shardOf.has(entity.key)) place(entity);
  }

  /** Opens new entities over several turns of the event loop, before `arrange`. */
  async function prepare(wanted: ReadonlyMap<string, Entity>, turn: () => Promise<void>): Promise<void> {
    // A returning entity must not find series that are still to be closed.
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
    all: (): readonly ShardBoard[] => shards.map(({ board }) => board),
    home: (key: string): Home | undefined => shardOf.get(key)?.homes.get(key),
    homesOf: (board: ShardBoard): Iterable<Home> => shards.find((shard) => shard.board === board)?.homes.values() ?? [],
    arrange,
    prepare,
    sweep,
  };
}
