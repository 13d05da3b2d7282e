import type { AdviceCause } from '../core/advice.ts';
import { isCertificateFailure, reasonWeight } from '../core/failure.ts';
import { type Finding, type FindingKind, isDisputed, saysBehind } from '../core/finding.ts';
import type { Standing } from '../core/standing.ts';
import type { Alarm } from './paired/pair.ts';
import type { Tally } from './tally.ts';
import { troubleOf } from './trouble.ts';

/** Why the mirror in use should be left, and the findings that say so; `slo` has none: alerts of others say it. */
export interface Cause {
  readonly kind: Exclude<AdviceCause, 'failback'>;
  readonly findings: readonly Finding[];
}

/** In the order in which they are named when several are open; what is left out is no reason to move. */
const order = [
  'mismatch',
  'outage',
  'certificate',
  'refusal',
  'unreliable',
  'spike',
  'level_shift',
  'throughput',
  'lag',
] as const satisfies FindingKind[];

/** Causes in which staying is no choice: where nobody can be moved to, the advice says so (refused). */
export function isForced(kind: AdviceCause): boolean {
  return kind === 'mismatch' || kind === 'outage' || kind === 'certificate' || kind === 'refusal';
}

/**
 * True for a finding that speaks against its mirror now. A certificate counts only once it fails, not while it merely
 * nears its end; a mismatch until it is acknowledged, and so lag, of which what goes backwards does not count; of the rest what detect calls reason enough to leave.
 */
export function speaksAgainst(finding: Finding): boolean {
  if (finding.state === 'closed') return false;
  if (finding.kind === 'mismatch') return finding.state === 'open';
  if (finding.kind === 'lag') return finding.state === 'open' && saysBehind(finding);
  if (finding.kind === 'certificate') return finding.cause.startsWith('tls_');
  return finding.actionable;
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

const timeCauses: ReadonlySet<AdviceCause> = new Set(['slower', 'spike', 'level_shift', 'throughput']);

/** True for a cause by which a mirror takes longer, and answers. */
export function isAboutTime(kind: AdviceCause): boolean {
  return timeCauses.has(kind);
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

/** Which causes each test may be explained by, the gravest first, and what it is called where no finding explains it. */
const explained: Readonly<Record<Alarm, { readonly by: readonly Cause['kind'][]; readonly else: Cause['kind'] }>> = {
  failures: { by: ['mismatch', 'outage', 'certificate', 'refusal', 'unreliable'], else: 'unreliable' },
  heavy_failures: { by: ['mismatch', 'outage', 'certificate', 'refusal', 'unreliable'], else: 'unreliable' },
  time: { by: ['spike', 'level_shift', 'throughput'], else: 'slower' },
  heavy_time: { by: ['throughput', 'spike', 'level_shift'], else: 'throughput' },
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
