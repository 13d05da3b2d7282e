import type { Connection, EcosystemId } from './mirror.ts';

/** One kind of request of an ecosystem's protocol; closed, because it is the label `step`. */
export const steps = [
  'list',
  'info',
  'mod',
  'zip',
  'latest',
  'sumdb',
  'metadata',
  'tarball',
  'index',
  'file',
  'manifest',
  'blob',
  'get',
] as const;
export type Step = (typeof steps)[number];

/** The steps of each ecosystem, light ones first. */
export const stepsOf: Readonly<Record<EcosystemId, readonly Step[]>> = {
  go: ['mod', 'info', 'list', 'latest', 'sumdb', 'zip'],
  npm: ['metadata', 'tarball'],
  pypi: ['index', 'file'],
  oci: ['manifest', 'blob'],
  http: ['get'],
};

const heavySteps: ReadonlySet<Step> = new Set<Step>(['zip', 'tarball', 'file', 'blob']);

/** True for the steps that move an artifact: judged by throughput and outage, never by spikes; first to stop over budget. */
export function isHeavy(step: Step): boolean {
  return heavySteps.has(step);
}

/** A module as configured: its version stays as written (`latest` stays `latest`). */
export interface ModuleRef {
  readonly ecosystem: EcosystemId;
  /** The upstream it belongs to; for `go` the mirrors of upstream `go`. */
  readonly upstream: string;
  readonly module: string;
  readonly version: string;
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
  /** True for the one target of its mirror that judges liveness. */
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
