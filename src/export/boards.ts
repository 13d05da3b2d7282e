import { createMetricRegistry, type MetricRegistry, type NativeForm } from './board.ts';
import { type Labels, type MetricName, metricNames, metricOf, type ShardMetric } from './catalog.ts';
import { shardKinds } from './metric.ts';
import type { Entity } from './plan.ts';

/**
 * The maximum number of targets in one prom-client registry. All gauges of a registry are set in one turn of the event
 * loop, so this number limits the length of that turn.
 */
export const targetsPerBoard = 200;
const linesPerBoard = 5_000;
/** After creating or removing series with this many lines of `/metrics`, the event loop gets a turn. */
const linesPerTurn = 2_500;

export type ShardBoard = MetricRegistry<ShardMetric>;

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

/**
 * The prom-client registries with the series of mirrors, targets and artifacts. Each registry has a bounded number of
 * targets and lines.
 */
export class Boards {
  readonly #form: NativeForm | null;
  #shards: Shard[] = [];
  readonly #shardOf = new Map<string, Shard>();
  /** Removed entities (such as mirrors and targets) whose series are not closed yet. */
  #gone: Home[] = [];

  constructor(form: NativeForm | null) {
    this.#form = form;
  }

  all(): readonly ShardBoard[] {
    return this.#shards.map(({ board }) => board);
  }

  home(key: string): Home | undefined {
    return this.#shardOf.get(key)?.homes.get(key);
  }

  homesOf(board: ShardBoard): Iterable<Home> {
    return this.#shards.find((shard) => shard.board === board)?.homes.values() ?? [];
  }

  /**
   * Sets the entities (such as mirrors and targets). The counters of an entity that stays are not reset.
   * @returns the entities that were removed or got other labels, with their registries
   */
  arrange(wanted: ReadonlyMap<string, Entity>): readonly Home[] {
    const went: Home[] = [];
    // An entity that returns before its series are closed must start at 0 again.
    for (const home of this.#gone) if (wanted.has(home.entity.key)) close(home);
    const gone = this.#gone.filter(({ entity }) => !wanted.has(entity.key));
    for (const shard of this.#shards)
      for (const home of [...shard.homes.values()]) {
        const next = wanted.get(home.entity.key);
        if (next !== undefined && (next === home.entity || sameLabels(next.labels, home.entity.labels))) continue;
        this.#remove(shard, home);
        went.push(home);
        // An entity with the same key but other labels may share series with the removed one. So the old series are
        // closed at once.
        if (next !== undefined) close(home);
      }
    // If `prepare` has opened all new entities, only entities whose labels have changed are missing here.
    if (this.#shardOf.size < wanted.size) this.#placeMissing(wanted);
    this.#shards = this.#shards.filter((shard) => shard.homes.size > 0);
    const left = new Set(this.all());
    const removed = went.filter(({ entity }) => !wanted.has(entity.key));
    this.#gone = [...gone, ...removed].filter(({ board }) => left.has(board));
    return went;
  }

  /** Opens new entities before `arrange` is called, in several turns of the event loop. */
  async prepare(wanted: ReadonlyMap<string, Entity>, turn: () => Promise<void>): Promise<void> {
    // If a removed entity returns, its old series must be closed first.
    await this.sweep(turn);
    const place = this.#placer();
    let lines = 0;
    for (const entity of wanted.values()) {
      if (this.#shardOf.has(entity.key)) continue;
      place(entity);
      lines += entity.lines;
      if (lines < linesPerTurn) continue;
      lines = 0;
      await turn();
    }
  }

  /** Closes the series of removed entities, in several turns of the event loop. */
  async sweep(turn: () => Promise<void>): Promise<void> {
    let lines = 0;
    for (let home = this.#gone.pop(); home !== undefined; home = this.#gone.pop()) {
      close(home);
      lines += home.entity.lines;
      if (lines < linesPerTurn) continue;
      lines = 0;
      await turn();
    }
  }

  #remove(shard: Shard, { entity }: Home): void {
    shard.homes.delete(entity.key);
    this.#shardOf.delete(entity.key);
    count(shard, entity, -1);
  }

  #add(shard: Shard, entity: Entity): void {
    shard.board.open(entity.kind, entity.labels, entity.heavy);
    shard.homes.set(entity.key, { entity, board: shard.board });
    this.#shardOf.set(entity.key, shard);
    count(shard, entity, 1);
  }

  /**
   * Returns a function that places an entity in the first prom-client registry with room. It continues at the registry
   * of the previous entity, because a registry without room for one entity rarely has room for the next.
   */
  #placer(): (entity: Entity) => void {
    let cursor = 0;
    return (entity) => {
      // `this.#shards` is read at each call, because `arrange` may have replaced it since the last turn of the event
      // loop.
      const shards = this.#shards;
      while (cursor < shards.length && !hasRoom(shards[cursor] as Shard, entity)) cursor += 1;
      const found = shards[cursor];
      const shard = found ?? {
        board: createMetricRegistry(shardNames, this.#form),
        homes: new Map(),
        targets: 0,
        lines: 0,
      };
      if (found === undefined) shards.push(shard);
      this.#add(shard, entity);
    };
  }

  #placeMissing(wanted: ReadonlyMap<string, Entity>): void {
    const place = this.#placer();
    for (const entity of wanted.values()) if (!this.#shardOf.has(entity.key)) place(entity);
  }
}

function close({ entity, board }: Home): void {
  board.close(entity.kind, entity.labels, entity.heavy);
}
