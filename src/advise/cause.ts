import { type AdviceCause, causingKinds, isSlowness } from '../core/advice.ts';
import { isCertificateFailure, reasonWeight } from '../core/failure.ts';
import {
  type CausingKind,
  type Confidence,
  type Finding,
  highestConfidenceOf,
  isDeliberate,
  isDisputed,
  isOfFileAlone,
  type KindTraits,
  kindTraits,
  type ScopeItem,
} from '../core/finding.ts';
import type { Mirror } from '../core/mirror.ts';
import { openOutagesOf, type Standing } from '../core/standing.ts';
import type { Alarm } from './comparison/pair.ts';
import type { Group } from './group.ts';
import type { Tally } from './tally.ts';
import { allFailedOf } from './trouble.ts';
import type { View } from './view.ts';

/**
 * Why clients should leave a mirror. `findings` is empty if only a statistical test or an alert of another system
 * supports the cause.
 */
export interface Cause {
  readonly kind: Exclude<AdviceCause, 'failback'>;
  readonly findings: readonly Finding[];
}

/** The kinds of findings that are a reason to switch to another mirror, the gravest first. */
const order = causingKinds.toSorted((a, b) => (traitsOf(a)?.advice?.rank ?? 0) - (traitsOf(b)?.advice?.rank ?? 0));

function traitsOf(cause: AdviceCause): KindTraits | undefined {
  const kind = causingKinds.find((one) => one === cause);
  return kind === undefined ? undefined : kindTraits[kind];
}

/** True for a cause that is published as a `refused` advice if no mirror can be advised. */
export function isForced(cause: AdviceCause): boolean {
  return traitsOf(cause)?.advice?.isForced === true;
}

/** True if there is a cause to leave a mirror. An open outage is none while the mirror serves again. */
export function isPresent(cause: Cause | null, standing: Standing | null): cause is Cause {
  return cause !== null && !(cause.kind === 'outage' && standing?.isBack === true);
}

/** The cause to propose another mirror in place of one that an operator has set aside (`isSetAside`). */
export const setAside: Cause = { kind: 'outage', findings: [] };

/**
 * True for the mirror of an open proposal that is paused or in a maintenance window. Clients that have not followed the
 * proposal must not begin to use it.
 */
export function isSetAside({ open, chain, roster }: Group, standing: Standing | null): boolean {
  const { registry, paused, inMaintenance } = standing ?? {};
  if (open?.advice.state !== 'proposed' || open.advice.to !== registry) return false;
  const left = roster.byKey.get(chain?.members[0]?.key ?? '')?.name;
  return left !== registry && (paused != null || inMaintenance === true);
}

export function isAgainst(finding: Finding): boolean {
  if (finding.state === 'closed' || isOfFileAlone(finding)) return false;
  return kindTraits[finding.kind].isAgainst?.(finding) ?? finding.actionable;
}

export interface Causes {
  /**
   * The findings of the gravest kind against the mirror. Findings about disputed bytes, or by an editable file alone, do
   * not count (`isSure`). Without findings, it is the cause `slo` if alerts of other systems fire, else `null`.
   */
  readonly gravest: Cause | null;
  /**
   * The findings that the mirror lags behind its upstream, even if `gravest` is another cause; `null`: no such finding.
   */
  readonly lag: Cause | null;
}

export function findCauses(view: View, { name }: Mirror): Causes {
  const against = view.standingOf(name)?.findings.filter(isAgainst) ?? [];
  const sure = against.filter(isSure);
  const isAccused = view.evidenceOf(name).length > 0;
  const gravest = firstCauseOf(order, sure) ?? (isAccused ? { kind: 'slo', findings: [] } : null);
  return { gravest, lag: firstCauseOf(['lag'], against) };
}

/**
 * False for what is no reason to leave a mirror: wrong bytes, if it is not known which mirror is right, and items that the
 * mirror withholds on purpose.
 */
function isSure(finding: Finding): boolean {
  return !isDisputed(finding) && !isOfFileAlone(finding) && !isDeliberate(finding);
}

function firstCauseOf(kinds: readonly CausingKind[], all: readonly Finding[]): Cause | null {
  const kind = kinds.find((one) => all.some((finding) => finding.kind === one));
  return kind === undefined ? null : { kind, findings: all.filter((finding) => finding.kind === kind) };
}

/**
 * The open outages of `left` in which requests of a client fetch fail, and not at `to` too. They raise the confidence of
 * advice to switch from `left` to `to` if only a test supports its cause; for other causes the list is empty. Outages of
 * one address family or HTTP version, and those found while our network was suspect, do not count. Empty while the
 * mirror serves again although its outage is open.
 */
export function findFetchOutages(view: View, cause: AdviceCause, left: Mirror, to: Mirror): readonly Finding[] {
  const standing = view.standingOf(left.name);
  if (!isTested(cause) || standing === null || standing.isBack === true) return [];
  const { fetch } = view.group.kind;
  const shared = new Set(openOutagesOf(view.standingOf(to.name)).flatMap(({ scope }) => scope.map(itemKeyOf)));
  return openOutagesOf(standing).filter(
    ({ scope, vantage }) =>
      vantage !== 'suspect' &&
      scope.some((item) => isOfEveryClient(item) && fetch.includes(item.step) && !shared.has(itemKeyOf(item))),
  );
}

function isOfEveryClient({ family, protocol }: ScopeItem): boolean {
  return family === undefined && protocol === undefined;
}

function itemKeyOf({ module, version, step }: ScopeItem): string {
  return JSON.stringify([module, version, step]);
}

/** True for a cause that only a statistical test supports: slowness, or a share of failures. */
export function isTested(cause: AdviceCause): boolean {
  return cause === 'slower' || traitsOf(cause)?.confidence === 'tested';
}

/**
 * The confidence of advice: `high` for a failback; `low` if `by.isLast`, `by.isSuspect` or a finding is from a suspect
 * vantage. Otherwise it is the highest confidence of the findings, or `by.before` (at first `medium`) without findings.
 * For a cause that only a test supports, `by.before`, `by.isSure` and `by.outages` count too.
 * @param by.isLast    the advised mirror serves wrong bytes, and no other mirror is left
 * @param by.isSure    the evidence of the test is at least twice its bound
 * @param by.isSuspect our network is suspect
 * @param by.outages   those of `findFetchOutages`; empty: none
 * @param by.before    the confidence so far, which more evidence does not lower; absent: new advice
 */
export function confidenceOf(
  { cause, findings }: { readonly cause: AdviceCause; readonly findings: readonly Finding[] },
  by: {
    readonly isLast: boolean;
    readonly isSure: boolean;
    readonly isSuspect: boolean;
    readonly outages: readonly Finding[];
    readonly before: Confidence | undefined;
  },
): Confidence {
  if (cause === 'failback') return 'high';
  if (by.isLast || by.isSuspect || findings.some((finding) => finding.vantage === 'suspect')) return 'low';
  const found = findings.map(({ confidence }) => confidence);
  if (isTested(cause)) {
    const ofOutages = by.outages.map(({ confidence }) => confidence);
    return highestConfidenceOf([by.isSure ? 'medium' : 'low', by.before ?? 'low', ...found, ...ofOutages]);
  }
  return found.length === 0 ? (by.before ?? 'medium') : highestConfidenceOf(found);
}

/**
 * Returns a graver cause in place of slowness or unreliability, if the last light requests (metadata) all failed; else
 * `kind`.
 */
export function gravestCauseOf(tally: Tally, kind: Cause['kind']): Cause['kind'] {
  if (!isSlowness(kind) && kind !== 'unreliable') return kind;
  const row = allFailedOf(tally);
  if (row === null) return kind;
  const { reason } = row;
  if (isCertificateFailure(reason)) return 'certificate';
  return reasonWeight[reason] === 'refusal' ? 'refusal' : 'outage';
}

const costly = (costs: 'failures' | 'time'): readonly CausingKind[] =>
  order.filter((kind) => traitsOf(kind)?.advice?.costs === costs);
const isLight = (kind: CausingKind): number => Number(traitsOf(kind)?.advice?.isHeavy !== true);

/**
 * For each test that can trigger: the kinds of findings that can explain it. The first kind with an open finding is the
 * cause. `else` is the cause if no finding or alert explains the test.
 */
const explained: Readonly<Record<Alarm, { readonly by: readonly CausingKind[]; readonly else: Cause['kind'] }>> = {
  failures: { by: costly('failures'), else: 'unreliable' },
  heavy_failures: { by: costly('failures'), else: 'unreliable' },
  time: { by: costly('time'), else: 'slower' },
  heavy_time: { by: costly('time').toSorted((a, b) => isLight(a) - isLight(b)), else: 'throughput' },
};

/**
 * Why a test triggered at a mirror: a finding that explains it, else an alert of another system, else the test itself. A
 * certificate that expires soon explains nothing. If its last light requests all failed, the cause is graver
 * (`gravestCauseOf`).
 */
export function causeOfAlarm(view: View, { name }: Mirror, alarm: Alarm): Cause {
  const open = (view.standingOf(name)?.findings ?? []).filter(
    (finding) => finding.state === 'open' && isSure(finding) && kindTraits[finding.kind].isAgainst?.(finding) !== false,
  );
  const isAccused = view.evidenceOf(name).length > 0;
  const explaining = firstCauseOf(explained[alarm].by, open);
  const kind = explaining?.kind ?? (isAccused ? 'slo' : explained[alarm].else);
  return { kind: gravestCauseOf(view.tallyOf(name), kind), findings: explaining?.findings ?? [] };
}
