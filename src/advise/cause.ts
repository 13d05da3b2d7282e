import type { AdviceCause } from '../core/advice.ts';
import { isCertificateFailure, reasonWeight } from '../core/failure.ts';
import {
  type Finding,
  type FindingKind,
  findingKinds,
  isDisputed,
  type KindTraits,
  kindTraits,
} from '../core/finding.ts';
import type { Standing } from '../core/standing.ts';
import type { Alarm } from './paired/pair.ts';
import type { Tally } from './tally.ts';
import { troubleOf } from './trouble.ts';

/** Why the mirror in use should be left, and the findings that say so; `slo` has none: alerts of others say it. */
export interface Cause {
  readonly kind: Exclude<AdviceCause, 'failback'>;
  readonly findings: readonly Finding[];
}

type Named = Exclude<FindingKind, 'vantage' | 'self'>;

/** In the order in which they are named when several are open; what is left out is no reason to move. */
const order = findingKinds
  .filter((kind): kind is Named => kindTraits[kind].advice !== undefined)
  .sort((a, b) => (kindTraits[a].advice?.rank ?? 0) - (kindTraits[b].advice?.rank ?? 0));

function traitsOf(cause: AdviceCause): KindTraits['advice'] {
  const kind = order.find((one) => one === cause);
  return kind === undefined ? undefined : kindTraits[kind].advice;
}

/** Causes in which staying is no choice: where nobody can be moved to, the advice says so (refused). */
export function isForced(cause: AdviceCause): boolean {
  return traitsOf(cause)?.isForced === true;
}

/** True for a finding that speaks against its mirror now: as its kind says, else where detect calls it reason enough to leave. */
export function speaksAgainst(finding: Finding): boolean {
  if (finding.state === 'closed') return false;
  return kindTraits[finding.kind].isAgainst?.(finding) ?? finding.actionable;
}

/** The cause for leaving a mirror, the gravest first; `null`: none. */
export function causeOf(standing: Standing | null): Cause | null {
  const speaking = standing?.findings.filter((one) => speaksAgainst(one) && !isDisputed(one)) ?? [];
  for (const kind of order) {
    const findings = speaking.filter((finding) => finding.kind === kind);
    if (findings.length > 0) return { kind, findings };
  }
  return null;
}

/** A mirror that is behind for longer than the limit, whatever else is wrong with it; `null`: it is not. */
export function lateCauseOf(standing: Standing | null): Cause | null {
  const findings = (standing?.findings ?? []).filter((one) => one.kind === 'lag' && speaksAgainst(one));
  return findings.length === 0 ? null : { kind: 'lag', findings };
}

/** True for a cause by which a mirror takes longer, and answers. */
export function isAboutTime(kind: AdviceCause): boolean {
  return kind === 'slower' || traitsOf(kind)?.costs === 'time';
}

/**
 * A cause by its gravest name: a mirror that fails every request is neither slow, however long each failure takes, nor
 * unreliable. Its reason says what it is; a finding may say so seconds later, when the cause is in labels already.
 */
export function namedCause(tally: Tally, kind: Cause['kind']): Cause['kind'] {
  if (!isAboutTime(kind) && kind !== 'unreliable') return kind;
  const trouble = troubleOf(tally);
  if (trouble?.kind !== 'all') return kind;
  const { reason } = trouble.row;
  if (isCertificateFailure(reason)) return 'certificate';
  return reasonWeight[reason] === 'refusal' ? 'refusal' : 'outage';
}

const costly = (costs: 'failures' | 'time'): readonly Named[] =>
  order.filter((kind) => traitsOf(kind)?.costs === costs);
const isLight = (kind: Named): number => Number(traitsOf(kind)?.isHeavy !== true);

/** Which causes each test may be explained by, the gravest first, and what it is called where no finding explains it. */
const explained: Readonly<Record<Alarm, { readonly by: readonly Named[]; readonly else: Cause['kind'] }>> = {
  failures: { by: costly('failures'), else: 'unreliable' },
  heavy_failures: { by: costly('failures'), else: 'unreliable' },
  time: { by: costly('time'), else: 'slower' },
  heavy_time: { by: costly('time').toSorted((a, b) => isLight(a) - isLight(b)), else: 'throughput' },
};

/**
 * Why a test speaks against a mirror: the gravest open finding that explains it; else what alerts of others say; else
 * what the test itself found.
 */
export function causeOfAlarm(alarm: Alarm, standing: Standing | null, isAccused: boolean): Cause {
  const open = (standing?.findings ?? []).filter((finding) => finding.state === 'open' && !isDisputed(finding));
  for (const kind of explained[alarm].by) {
    const findings = open.filter((finding) => finding.kind === kind);
    if (findings.length > 0) return { kind, findings };
  }
  return { kind: isAccused ? 'slo' : explained[alarm].else, findings: [] };
}
