import type { Config } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import { type Connection, isHeavy, type Mirror, type Step, seriesId, type Target } from '../core/mirror.ts';
import { atOnce, each, type Slices } from '../core/slices.ts';
import { countLinesFor, type Labels } from './catalog.ts';
import type { DaemonKind, ShardKind } from './metric.ts';

/** An entity: a mirror, target or other thing that has series. Its `key` is unique over all kinds. */
export interface Entity {
  readonly kind: ShardKind;
  readonly key: string;
  readonly labels: Labels;
  readonly heavy: boolean;
  readonly lines: number;
}

export interface DaemonEntity {
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
