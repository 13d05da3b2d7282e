import type { Finding, ScopeItem } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Filled, Told } from '../../core/sentence.ts';
import type { Target } from '../../core/target.ts';
import { phrase } from '../../words/tell.ts';

/** The content of a finding; subject, id, times and confidence are added where it is applied. */
export interface Draft extends Told {
  readonly tag: 'trouble';
  readonly scope: readonly ScopeItem[];
  readonly cause: Finding['cause'];
  /** How certain "them or us" was decided; absent: as certain as now. */
  readonly vantage?: Finding['vantage'] | undefined;
  /** Fields that are left out are 0, `null` or empty. */
  readonly evidence: Partial<Finding['evidence']>;
  readonly actionable: boolean;
}

/**
 * The result of a rule: trouble (a draft of the finding), `well` (its finding closes with this text), or no change
 * (`null`).
 */
export type Says = Draft | Well | null;

interface Well extends Told {
  readonly tag: 'well';
  /** The cause whose finding ends, if it has a story of its own; see `storyOf`. */
  readonly of?: Finding['cause'];
}

/** The scope of a finding, each target once, at most `limits.scopeItems`. */
export function scopeOf(targets: Iterable<Target>): readonly ScopeItem[] {
  const items = new Map<string, ScopeItem>();
  for (const { id, module, version, step } of targets) {
    if (items.size >= limits.scopeItems) break;
    items.set(id, { module, version, step });
  }
  return [...items.values()];
}

/** Canaries first: a finding names the first ones. */
export function sortByCanary<T extends { readonly target: Target }>(series: Iterable<T>): readonly T[] {
  return [...series].sort((a, b) => Number(b.target.canary) - Number(a.target.canary));
}

/** Milliseconds as seconds for evidence, to the tenth of a millisecond. */
export function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10_000;
}

/** A duration for people; `null` is "an unknown time". */
export function formatTime(ms: number | null): Filled {
  if (ms === null) return phrase('found.unknownTime');
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
