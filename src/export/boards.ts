import type { Config } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import { type Connection, isHeavy, type Mirror, type Step, seriesId, type Target } from '../core/mirror.ts';
import { atOnce, each, type Slices } from '../core/slices.ts';
import { createMetricRegistry, type MetricRegistry, type NativeForm } from './board.ts';
import { countLinesFor, type Labels, type MetricName, metricNames, metricOf, type ShardMetric } from './catalog.ts';
import { type DaemonKind, type ShardKind, shardKinds } from './metric.ts';

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

/** An entity: a mirror, target or other thing that has series. Its `key` is unique over all kinds. */
interface Entity {
  readonly kind: ShardKind;
  readonly key: string;
  readonly labels: Labels;
  readonly heavy: boolean;
  readonly lines: number;
}

interface DaemonEntity {
  readonly kind: DaemonKind;
  readonly key: string;
  readonly labels: Labels;
}

export interface ExportPlan {
  readonly entities: ReadonlyMap<string, Entity>;
  readonly daemon: readonly DaemonEntity[];
  /** The number of lines that each response omits at most, because of `config.limits.lines`. */
  readonly droppedLines: number;
}

export const planKeyOf = {
  mirror: (registry: string) => `mirror|${registry}`,
  step: (registry: string, step: Step) => `step|${registry}|${step}`,
  path: (registry: string, step: Step, connection: Connection) => `path|${registry}|${step}|${connection}`,
  target: (target: Pick<Target, 'id'>) => `target|${target.id}`,
  canary: (target: Pick<Target, 'id'>, connection: Connection) => `canary|${seriesId(target, connection)}`,
  /**
   * The key of the entity that counts a target's round trips: the target itself for canaries and artifacts, else its
   * step.
   */
  trip: (target: Target, connection: Connection) =>
    hasOwnTrip(target)
      ? `trip|${seriesId(target, connection)}`
      : `trip|${target.registry}|${target.step}|${connection}`,
  client: (registry: string, client: string) => `client|${registry}|${client}`,
  module: (registry: string, module: string) => `module|${registry}|${module}`,
  artifact: (registry: string, module: string | null, version: string | null) =>
    `artifact|${registry}|${module ?? ''}|${version ?? ''}`,
} as const;

function hasOwnTrip(target: Target): boolean {
  return target.canary || isHeavy(target);
}

function entity(kind: ShardKind, key: string, labels: Labels, heavy = false): Entity {
  return { kind, key, labels, heavy, lines: countLinesFor(kind, heavy) };
}

function refLabels(module: string | null, version: string | null): Labels {
  return { ...(module === null ? {} : { module }), ...(version === null ? {} : { version }) };
}

/** Returns the entities (things with series of metrics) of one target. Some entities are shared with other targets. */
function entitiesOf(target: Target, mirror: Mirror): readonly Entity[] {
  const { ecosystem, registry, module, version, step } = target;
  const heavy = isHeavy(target);
  const labels = { ecosystem, registry, ...refLabels(module, version), step };
  const found = [
    entity('target', planKeyOf.target(target), labels),
    entity('step', planKeyOf.step(registry, step), { ecosystem, registry, step }, heavy),
  ];
  if (module !== null)
    found.push(entity('module', planKeyOf.module(registry, module), { ecosystem, registry, module }));
  for (const connection of mirror.connections) {
    const path = { ecosystem, registry, step, connection };
    found.push(entity('path', planKeyOf.path(registry, step, connection), path));
    const trip = hasOwnTrip(target) ? { ...labels, connection } : path;
    found.push(entity('trip', planKeyOf.trip(target, connection), trip));
    if (target.canary) found.push(entity('canary', planKeyOf.canary(target, connection), trip));
  }
  if (target.verifies !== null) {
    const key = planKeyOf.artifact(registry, module, version);
    found.push(entity('artifact', key, { ecosystem, registry, ...refLabels(module, version) }));
  }
  return found;
}

function clientEntities({ mirrors, clientRuns }: Config): readonly Entity[] {
  const ecosystems = new Map(mirrors.map(({ name, ecosystem }) => [name, ecosystem]));
  return (clientRuns?.pairs ?? []).flatMap(({ registry, client }) => {
    const ecosystem = ecosystems.get(registry);
    const key = planKeyOf.client(registry, client);
    return ecosystem === undefined ? [] : [entity('client', key, { ecosystem, registry, client })];
  });
}

function daemonEntities(config: Config): readonly DaemonEntity[] {
  const found = new Map<string, DaemonEntity>([['daemon', { kind: 'daemon', key: 'daemon', labels: {} }]]);
  const add = (kind: DaemonKind, name: string, labels: Labels) =>
    found.set(`${kind}|${name}`, { kind, key: `${kind}|${name}`, labels });
  for (let worker = 0; worker < limits.workers; worker++) add('worker', String(worker), { worker: String(worker) });
  for (const { name } of config.webhooks) add('receiver', name, { receiver: name });
  for (const { name } of config.onAdvice ?? []) add('action', name, { action: name });
  for (const { name } of config.controls) add('control', name, { control: name });
  for (const { ecosystem, upstream } of config.mirrors)
    add('upstream', `${ecosystem}|${upstream}`, { ecosystem, upstream });
  return [...found.values()];
}

/**
 * Plans the series of /metrics. All mirrors, clients and the daemon's own metrics are included. Then targets are added
 * in their order until their lines exceed `config.limits.lines`. That target and all later ones are excluded.
 * @param targets  those of mirrors that are not in `config` are ignored
 */
export function makePlan(config: Config, targets: readonly Target[]): ExportPlan {
  return atOnce(makePlanInSlices(config, targets));
}

export function* makePlanInSlices(config: Config, targets: readonly Target[]): Slices<ExportPlan> {
  const daemon = daemonEntities(config);
  const planned = new Map<string, Entity>();
  const mirrors = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
  let lines = 0;
  for (const { kind } of daemon) lines += countLinesFor(kind);
  for (const { name, ecosystem, upstream } of config.mirrors) {
    const mirror = entity('mirror', planKeyOf.mirror(name), { ecosystem, upstream, registry: name });
    planned.set(mirror.key, mirror);
    lines += mirror.lines;
  }
  for (const client of clientEntities(config)) {
    planned.set(client.key, client);
    lines += client.lines;
  }
  let droppedLines = 0;
  const dropped = new Set<string>();
  yield* each(targets, (target) => {
    const mirror = mirrors.get(target.registry);
    if (mirror === undefined) return;
    const fresh = entitiesOf(target, mirror).filter(({ key }) => !planned.has(key) && !dropped.has(key));
    const added = fresh.reduce((sum, one) => sum + one.lines, 0);
    if (droppedLines > 0 || lines + added > config.limits.lines) {
      droppedLines += added;
      for (const { key } of fresh) dropped.add(key);
      return;
    }
    lines += added;
    for (const one of fresh) planned.set(one.key, one);
  });
  return { entities: planned, daemon, droppedLines };
}
