import type { AdviceCause } from '../core/advice.ts';
import { isCertificateFailure, reasonWeight } from '../core/failure.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { type Mirror, refTextOf } from '../core/mirror.ts';
import type { Filled, Sentence, Told } from '../core/result.ts';
import { phrase, toldOf } from '../words/tell.ts';
import { type BypassDecision, strandedClientsAt } from './bypass.ts';
import { type Apart, apartOf, isAboutTime, listUpstreamFaults, type Trouble, troubleOf } from './cause.ts';
import type { Decision } from './decide.ts';
import { findAlert, lastCanaryOf, measuredOf } from './expected.ts';
import { gain } from './rank.ts';
import type { Answered, Row } from './tally.ts';
import { fetchTimeMs } from './tests/costs.ts';
import type { View } from './view.ts';

/** A mirror has become slower above this factor of its usual time; it is still slow above this factor of another's. */
const becameSlower = 1.5;
const isSlower = 1.2;
/** How many of the newest light and heavy samples are compared; `undated`: of both, if the start is not known. */
const comparedMost = { light: 10, heavy: 4, undated: 4 } as const;
const usualMin = 3;

/** The subject of a sentence: the current decision, or an open advice. */
export interface Subject {
  readonly cause: AdviceCause;
  readonly findings: readonly Finding[];
  /** The mirror to leave, and the advised one; `null`: none is advised. */
  readonly at: Mirror;
  readonly to: Mirror | null;
  /** Since when the latency test favours the move, monotonic milliseconds; `null`: it does not. */
  readonly fromMs: number | null;
  /** Why none is advised. */
  readonly refused: Extract<Decision, { kind: 'refuse' }> | null;
  /** A setting of the client (a bypass), proposed instead of another mirror. */
  readonly bypass: BypassDecision | null;
  /** Its previous sentence; `null`: none. */
  readonly before: Sentence | null;
}

/**
 * The sentence of an advice: the measurements of the mirror to leave, and those of the other one or why none is advised.
 * @returns `null` without measurements
 */
export function reasonOf(view: View, subject: Subject): Told | null {
  if (subject.bypass !== null) return bypassSaid(view, subject.bypass);
  const said = troubleSaid(view, subject);
  if (said === null) return null;
  const { trouble, apart } = said;
  if (subject.refused !== null)
    return toldOf(phrase('ground.refuse', { trouble, refusal: refusalSaid(view, subject.refused) }));
  return subject.to === null
    ? null
    : toldOf(phrase('ground.move', { trouble, promise: promiseOf(view, subject, subject.to, apart) }));
}

interface Said {
  readonly trouble: Filled;
  /** The comparison behind it; `null`: it is not about latency. */
  readonly apart: Apart | null;
}

function troubleSaid(view: View, subject: Subject): Said | null {
  const { cause, at, findings } = subject;
  const head = at.name;
  const [finding] = findings;
  const plain = (trouble: Filled): Said => ({ trouble, apart: null });
  if (cause === 'mismatch')
    return plain(phrase(finding?.cause === 'origin' ? 'ground.notOrigins' : 'ground.mismatch', { head }));
  if (cause === 'lag')
    return plain(
      finding === undefined ? phrase('ground.lag', { head }) : (finding.sentence ?? finding.text.replace(/\.$/, '')),
    );
  if (cause === 'failback') {
    const awayMs = view.now.monotonicMs - (view.group.moves.lastMs ?? view.now.monotonicMs);
    return plain(phrase('ground.failback', { to: subject.to?.name ?? head, away: span(awayMs) }));
  }
  if (subject.refused !== null && cause === 'outage' && finding === undefined)
    return plain(phrase('ground.cannot', { head }));
  const untilMs = view.standingOf(head)?.throttledUntilMs ?? 0;
  if (cause === 'refusal' && untilMs > view.now.wallMs)
    return plain(phrase('ground.throttles', { head, span: span(untilMs - view.now.wallMs) }));
  const trouble = troubleOf(view.tallyOf(head));
  if (trouble === null) return null;
  if (cause === 'slo' && trouble.kind !== 'all') return plain(objectiveOf(view, head));
  const failing = failingSaid(view, head, trouble, cause);
  if (failing !== null) return plain(failing);
  const slow = slowSaid(view, subject);
  if (slow !== null) return slow;
  if (trouble.kind !== 'none') return plain(shareSaid(view, head, trouble));
  if (isAboutTime(cause)) return null;
  return plain(phrase('ground.recovered', { head, count: trouble.count, span: sinceSaid(view, trouble.fromMs) }));
}

/** The failures; `null`: none, or no more than a slow mirror usually has. */
function failingSaid(view: View, head: string, trouble: Trouble, cause: AdviceCause): Sentence | null {
  switch (trouble.kind) {
    case 'all':
      return allSaid(view, head, trouble.row);
    case 'downloads': {
      const { reason: cause, count, fromMs } = trouble.row;
      return phrase('ground.downloads', { head, cause, count, span: sinceSaid(view, fromMs) });
    }
    case 'targets':
      return targetsSaid(view, head, trouble);
    case 'share':
      return isAboutTime(cause) ? null : shareSaid(view, head, trouble);
    case 'none':
      return null;
    default:
      return trouble satisfies never;
  }
}

function allSaid(view: View, head: string, row: Row): Sentence {
  const { reason: cause, count, fromMs, timeouts, waitedMs } = row;
  const said = { head, cause, count, span: sinceSaid(view, fromMs) };
  if (timeouts === count) return phrase('ground.hangs', { ...said, waited: time(waitedMs / 1000) });
  if (reasonWeight[cause] === 'refusal') return phrase('ground.refuses', said);
  return phrase(isCertificateFailure(cause) ? 'ground.certificate' : 'ground.down', said);
}

function targetsSaid(view: View, head: string, { failing, targets }: Extract<Trouble, { kind: 'targets' }>): Sentence {
  const [first] = failing;
  const said = {
    head,
    cause: first?.reason ?? '',
    what:
      first === undefined ? '' : phrase('ground.target', { module: refTextOf(first.target), step: first.target.step }),
    count: failing.reduce((sum, one) => sum + one.count, 0),
    span: sinceSaid(view, Math.min(...failing.map((one) => one.fromMs))),
  };
  return failing.length === 1
    ? phrase('ground.failsOne', said)
    : phrase('ground.failsSome', { ...said, failing: failing.length, targets });
}

function shareSaid(view: View, head: string, trouble: Exclude<Trouble, { kind: 'none' }>): Sentence {
  if (trouble.kind !== 'share') throw new Error('only a share is left to be said');
  const { failed, all, reason: cause, fromMs } = trouble;
  const percent = Math.round((100 * failed) / all);
  return phrase('ground.unreliable', { head, cause, failed, all, percent, span: sinceSaid(view, fromMs) });
}

/** How much longer requests take at the mirror to leave; `null`: they do not, by the moments in which both responded. */
function slowSaid(view: View, subject: Subject): Said | null {
  const { cause, at, to, before } = subject;
  const isHeavy = cause === 'throughput';
  const apart = to === null ? null : comparedTo(view, subject, to, isHeavy ? 'heavy' : 'light');
  if (apart === null || to === null) return null;
  const head = at.name;
  const times = { head, here: time(apart.hereMs / 1000), to: to.name, there: time(apart.thereMs / 1000) };
  if (apart.hereMs < isSlower * apart.thereMs)
    return isAboutTime(cause) ? { trouble: phrase('ground.asFast', times), apart: null } : null;
  if (isHeavy) return { trouble: phrase('ground.throughput', times), apart };
  const usual = usualMs(view.tallyOf(head).answers.light, subject.fromMs ?? apart.fromMs);
  const wasFaster = keyOf(before?.values['trouble']) === 'ground.faster';
  const hasChanged = usual === null ? !wasFaster : apart.hereMs > becameSlower * usual;
  return { trouble: phrase(hasChanged ? 'ground.slow' : 'ground.faster', times), apart };
}

function comparedTo(view: View, subject: Subject, to: Mirror, weight: 'light' | 'heavy'): Apart | null {
  const [here, there] = [view.tallyOf(subject.at.name), view.tallyOf(to.name)];
  const { fromMs } = subject;
  return apartOf(here.answers[weight], there.answers[weight], {
    sinceMs: fromMs ?? Number.NEGATIVE_INFINITY,
    nearMs: weight === 'light' ? view.nearMs : Number.POSITIVE_INFINITY,
    most: fromMs === null ? comparedMost.undated : comparedMost[weight],
  });
}

/** The earlier duration of a mirror's good light responses, milliseconds; `null`: too few are remembered. */
function usualMs(light: readonly Answered[], beforeMs: number): number | null {
  const times = light.filter((one) => one.tag === 'ok' && !one.cold && one.atMs < beforeMs).map((one) => one.tookMs);
  return times.length < usualMin ? null : times.reduce((sum, ms) => sum + ms, 0) / times.length;
}

function keyOf(filled: Filled | undefined): string | null {
  return typeof filled === 'object' && 'key' in filled ? filled.key : null;
}

/** An alert of another system, and the result of our own canary beside it. */
function objectiveOf(view: View, head: string): Sentence {
  const alert = findAlert(view, head);
  const now = measuredOf(lastCanaryOf(view, head));
  const sinceMs = alert === null ? 0 : Math.max(0, view.now.wallMs - alert.startsAtMs);
  return phrase('ground.slo', {
    head,
    alert:
      alert === null
        ? phrase('ground.anAlert')
        : phrase('ground.alert', { name: alert.alertname, span: span(sinceMs) }),
    probes: now.answers,
    p95: now.p95Ms === null ? phrase('ground.none') : time(now.p95Ms / 1000),
    failed: now.failed === 0 ? '' : phrase('ground.failed', { count: now.failed }),
  });
}

function promiseOf(view: View, subject: Subject, to: Mirror, apart: Apart | null): Sentence {
  const answers = lastCanaryOf(view, to.name);
  const good = answers.filter((entry) => entry.tag === 'ok').length;
  const health = phrase('ground.answered', { to: to.name, good, all: answers.length });
  const { records } = view.group.contest;
  const heavy = apart === null ? null : comparedTo(view, subject, to, 'heavy');
  const light = subject.cause === 'throughput' ? null : apart;
  const thereMs = fetchTimeMs(records.get(to.name), view.by, {
    light: light?.thereMs ?? null,
    heavy: heavy?.thereMs ?? null,
  });
  if (apart === null)
    return thereMs === null ? health : phrase('ground.takes', { health, there: time(thereMs / 1000) });
  const compared = phrase('ground.compared', { rounds: apart.rounds, span: sinceSaid(view, apart.fromMs), health });
  const hereMs = fetchTimeMs(records.get(subject.at.name), view.by, {
    light: light?.hereMs ?? null,
    heavy: heavy?.hereMs ?? null,
  });
  if (hereMs === null || thereMs === null || hereMs <= thereMs) return compared;
  const percent = Math.round(100 * gain(hereMs, thereMs));
  const times = { here: time(hereMs / 1000), there: time(thereMs / 1000) };
  return phrase('ground.cuts', { ...times, to: to.name, percent, compared });
}

/** The time from a start until now. */
function sinceSaid(view: View, fromMs: number): Sentence {
  return span(view.now.monotonicMs - fromMs);
}

type Refused = Extract<Decision, { kind: 'refuse' }>;

/** Why the client's setting is proposed, or is to be removed. */
function bypassSaid(view: View, decision: BypassDecision): Told {
  const { at, findings, refusal } = decision;
  const said = { head: at.name, bypass: decision.bypass.setting };
  if (refusal === null) return toldOf(phrase('ground.bypassOver', said));
  const { client } = decision.bypass;
  const why = { cause: findings[0]?.cause ?? '', refusal: refusalOf(view, { ...decision, refusal }) };
  return toldOf(phrase('ground.bypass', { ...said, client, ...why }));
}

/** Why no other mirror is advised, and, where it would help, that the clients have no such setting. */
function refusalSaid(view: View, decision: Refused): Sentence {
  const refusal = refusalOf(view, decision);
  const clients = strandedClientsAt(view, decision.at, decision.findings);
  return clients.length === 0 ? refusal : phrase('ground.noBypass', { refusal, clients: [...clients] });
}

function refusalOf(view: View, decision: Pick<Refused, 'refusal' | 'weighed' | 'at'>): Sentence {
  switch (decision.refusal) {
    case 'vantage_suspect':
      return phrase('ground.us');
    case 'shared_fate': {
      const names = listUpstreamFaults(view);
      return phrase('ground.upstream', { count: names.length, names: names.join(', ') });
    }
    case 'nothing_measured':
      return phrase('ground.unmeasured', { good: limits.measuredOk, paces: limits.measuredPaces });
    case 'no_candidate': {
      const others = decision.weighed.filter((one) => one.mirror !== decision.at);
      if (others.length === 0) return phrase('ground.alone', { upstream: view.group.upstream });
      const named = others.map((one) => `${one.mirror.name}: ${one.gate}`).join(', ');
      return phrase('ground.ruledOut', { others: named });
    }
    default:
      return decision.refusal satisfies never;
  }
}

/** A duration in whole units, at least one second. @param ms  milliseconds */
function span(ms: number): Sentence {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 120) return phrase('unit.s', { count: seconds });
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? phrase('unit.min', { count: minutes }) : phrase('unit.h', { count: Math.round(minutes / 60) });
}

/** Seconds as text, minutes in the reader's language. */
function time(value: number): Filled {
  return value < 200 ? seconds(value) : phrase('unit.min', { count: Math.round(value / 60) });
}

/** Seconds as text: two decimals below 10, one below 100, minutes from 200 on. */
export function seconds(value: number): string {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value >= 200) return `${Math.round(value / 60)} min`;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}
