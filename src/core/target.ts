import type { Connection, EcosystemId } from './mirror.ts';
import type { Sentence } from './sentence.ts';

/** One kind of request of an ecosystem's protocol; the label `step`. The ecosystems declare the closed set. */
export type Step = string;

/** `light`: a small response, judged by spikes and outages. `heavy`: an artifact, judged by throughput and outages. */
export type Weight = 'light' | 'heavy';

/**
 * True for steps that fetch an artifact: judged by throughput and outage, never by spikes; the first to stop over budget.
 */
export function isHeavy({ weight }: Pick<Target, 'weight'>): boolean {
  return weight === 'heavy';
}

/** A module as configured: its version is not resolved (`latest` stays `latest`). */
export interface ModuleRef {
  readonly ecosystem: EcosystemId;
  /** The upstream it belongs to: the ecosystem's public one, or a named one. */
  readonly upstream: string;
  readonly module: string;
  /** `null` where the ecosystem has no versions, or none was written. */
  readonly version: string | null;
  /** What the file expects of its responses (a hash, a size), as its ecosystem parses it: plain data; absent: nothing. */
  readonly expect?: unknown;
}

/** One series: (mirror, module, version, step). `module` and `version` are `null` where the step has none. */
export interface Target {
  /** Stable and unique: `registry|module|version|step`, empty for an absent part. */
  readonly id: string;
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly registry: string;
  readonly module: string | null;
  readonly version: string | null;
  readonly step: Step;
  /** As its ecosystem declares the step. */
  readonly weight: Weight;
  /** What its responses are verified by, for display, as its ecosystem declares; `null`: nothing. */
  readonly verifies: Sentence | null;
  /** True for the one target of its mirror that liveness is judged by. */
  readonly canary: boolean;
}

/** The stable id of a target. */
export function targetId(registry: string, module: string | null, version: string | null, step: Step): string {
  return `${registry}|${module ?? ''}|${version ?? ''}|${step}`;
}

/** The id of one series of a target: cold and warm are never mixed. */
export function seriesId(target: Pick<Target, 'id'>, connection: Connection): string {
  return `${target.id}|${connection}`;
}

/** The key of a question: responses of several mirrors to one question are compared. */
export function questionOf({ step, module, version }: Pick<Target, 'step' | 'module' | 'version'>): string {
  return `${step} ${module ?? ''}@${version ?? ''}`;
}

/** A module with its version for display: `module@version`, or only the module; empty: no module. */
export function refText({ module, version }: Pick<Target, 'module' | 'version'>): string {
  return [module, version].filter((part) => part !== null).join('@');
}

/** A target as it is shown to the outside, key by key: what only the stages go by stays within. */
export function shownTarget(target: Target): Omit<Target, 'weight' | 'verifies'> {
  const { id, ecosystem, upstream, registry, module, version, step, canary } = target;
  return { id, ecosystem, upstream, registry, module, version, step, canary };
}
