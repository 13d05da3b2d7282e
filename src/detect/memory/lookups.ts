import { type Config, type Pace, paceOf } from '../../core/config.ts';
import { type Finding, type FindingKind, storyOf } from '../../core/finding.ts';
import { type Target, targetId } from '../../core/mirror.ts';
import type { Now } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import type { Memory } from './memory.ts';
import { type MirrorMemory, roundKeyOf } from './mirror-memory.ts';
import type { Round } from './moments.ts';
import type { About, RuleView } from './rule.ts';
import { type ContentSubject, isWithdrawnNow, type Withdrawal } from './subject.ts';

export function roundOf(memory: Memory, id: string): Round | null {
  return memory.confirm.rounds.values().find((round) => round.id === id) ?? null;
}

export function cadenceOf({ canary }: MirrorMemory, config: Config): Pace['cadence'] {
  return (canary === null ? config.schedule.pace : paceOf(canary, config)).cadence;
}

/**
 * The canary's interval, milliseconds. With cron: the longest planned interval so far, or one hour if none is known.
 */
export function paceOfCanary(mirror: MirrorMemory, config: Config): number {
  const cadence = cadenceOf(mirror, config);
  return cadence.kind === 'every' ? cadence.everyMs : (mirror.sight.plannedGapMs ?? 3_600_000);
}

export function timeoutOf(config: Config, target: Pick<Target, 'canary' | 'step'>): number {
  return paceOf(target, config).timeoutMs;
}

export function isCanaryProbe({ due }: Pick<Sample, 'due'>): boolean {
  return due.target.canary && due.connection === 'cold';
}

/**
 * The open finding of this kind about a mirror; if `registry` is `null`, about the daemon or its network. Findings with
 * some causes are counted separately from the others of their kind (`storyOf`): they are found only with that `cause`.
 */
export function openFinding(
  { open }: RuleView,
  kind: FindingKind,
  registry: string | null,
  cause?: Finding['cause'],
): Finding | null {
  const isSubject = (one: Finding): boolean => one.kind === kind && one.registry === registry;
  return open.values().find((one) => isSubject(one) && storyOf(one.cause) === storyOf(cause)) ?? null;
}

/** Converts a stored wall time to the monotonic clock of this process. The result is never in the future. */
export function monotonicOf({ monotonicMs, wallMs }: Now, atMs: number): number {
  return monotonicMs - Math.max(0, wallMs - atMs);
}

export function hasTargets({ view, mirror }: About, weight: Target['weight']): boolean {
  const { name } = mirror.mirror;
  return [...view.targets.values()].some((target) => target.registry === name && target.weight === weight);
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/**
 * The configured targets in a finding's scope, without items about a single address family. Items about an HTTP version
 * that the first client of the ecosystem does not use are left out too.
 */
export function targetsOf({ mirrors, targets }: RuleView, { registry, scope }: Finding): readonly Target[] {
  const leading = mirrors.get(registry ?? '')?.mirror.speaks?.[0]?.protocol;
  return scope.flatMap(({ module, version, step, family, protocol }) => {
    if (family !== undefined || (protocol !== undefined && protocol !== leading)) return [];
    return targets.get(targetId(registry ?? '', module, version, step)) ?? [];
  });
}

export function originOf({ config }: RuleView, { mirror }: MirrorMemory): string | null {
  const key = roundKeyOf(mirror);
  return config.mirrors.find((other) => other.role === 'origin' && roundKeyOf(other) === key)?.name ?? null;
}

/** The aged withdrawal of a version by the present origin; `null`: it is not withdrawn. */
export function withdrawalOf(
  view: RuleView,
  mirror: MirrorMemory,
  { withdrawn, shelves }: Pick<ContentSubject, 'withdrawn' | 'shelves'>,
  version: string,
): Withdrawal | null {
  const one = withdrawn.get(version);
  const origin = originOf(view, mirror);
  return one !== undefined && isWithdrawnNow(one) && origin !== null && shelves.has(origin) ? one : null;
}
