import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Filled, Sentence, Told } from '../core/sentence.ts';
import type { Chain } from '../ecosystems/client.ts';
import { phrase, toldOf } from '../words/tell.ts';
import type { Decision } from './decide.ts';
import { upstreamFaults } from './decide.ts';
import { fetchCostsOf } from './fetch-costs.ts';
import { firstAlert, lately } from './objective.ts';
import { meanMs, since } from './paired/record.ts';
import { gain } from './rank.ts';
import { type Entry, recent } from './tally.ts';
import { mirrorOf, type View } from './view.ts';

const halfHourMs = 30 * 60_000;
/** So many times its usual, and a mirror has become slower. */
const becameSlower = 1.5;

type Asked = Extract<Decision, { kind: 'move' | 'refuse' }>;

/** The sentence of an advice: what is wrong, in numbers, and what the other mirror does better or why nothing is advised. */
export function reasonOf(view: View, decision: Asked, window: readonly Entry[]): Told {
  const trouble = troubleOf(view, decision, decision.at.name, window);
  return toldOf(
    decision.kind === 'refuse'
      ? phrase('ground.refuse', { trouble, refusal: refusalOf(view, decision) })
      : phrase('ground.move', { trouble, promise: promiseOf(view, decision) }),
  );
}

function troubleOf(view: View, decision: Asked, head: string, window: readonly Entry[]): Filled {
  const [finding] = decision.findings;
  const failed = window.filter((entry) => entry.tag === 'failed');
  const counts = phrase('ground.counts', { failed: failed.length, all: window.length });
  const cause = finding?.cause ?? failed.at(-1)?.reason ?? null;
  const because = cause === null ? '' : phrase('ground.because', { cause });
  const { baselineSeconds = null, observedSeconds = null } = finding?.evidence ?? {};
  const usual = baselineSeconds === null ? phrase('ground.less') : time(baselineSeconds);
  const observed = observedSeconds === null ? phrase('ground.longer') : time(observedSeconds);
  switch (decision.cause) {
    case 'outage':
      return finding === undefined && decision.kind === 'refuse'
        ? phrase('ground.cannot', { head })
        : phrase('ground.outage', { head, because, counts });
    case 'unreliable':
      return phrase('ground.unreliable', { head, because, share: shareOf(view, head) });
    case 'refusal':
      return phrase('ground.refusal', { head, because, counts });
    case 'mismatch':
      return phrase(finding?.cause === 'origin' ? 'ground.notOrigins' : 'ground.mismatch', { head });
    case 'certificate':
      return phrase('ground.certificate', { head, because });
    case 'spike':
      return phrase('ground.spike', { head, observed, usual });
    case 'level_shift':
      return phrase('ground.shift', { head, observed, usual });
    case 'throughput':
      return phrase('ground.throughput', { head, apart: apartOf(view, decision, 'heavy') });
    case 'slower':
      return slowerOf(view, decision, head);
    case 'failback': {
      const awayMs = view.now.monotonicMs - (view.group.moves.lastMs ?? view.now.monotonicMs);
      const to = decision.kind === 'move' ? decision.to.mirror.name : head;
      return phrase('ground.failback', { to, away: time(awayMs / 1000) });
    }
    case 'slo':
      return objectiveOf(view, head);
    case 'lag':
      return finding === undefined
        ? phrase('ground.lag', { head })
        : (finding.sentence ?? finding.text.replace(/\.$/, ''));
    default:
      return decision.cause satisfies never;
  }
}

function shareOf(view: View, head: string): Sentence {
  const record = view.group.contest.records.get(head);
  if (record === undefined) return phrase('ground.tooFew');
  const { bad, all } = since(record, view.now.monotonicMs - halfHourMs);
  return phrase('ground.share', { bad, all });
}

/** Whether the mirror has become slower than it was, or another simply is faster. */
function slowerOf(view: View, decision: Asked, head: string): Sentence {
  const record = view.group.contest.records.get(head);
  const pair = decision.kind === 'move' ? view.group.contest.pairs.get(decision.to.mirror.name) : undefined;
  const usualMs = record === undefined ? null : meanMs(record, 'light', view.now.monotonicMs, 0);
  const nowMs =
    pair === undefined || pair.time.light.rounds === 0 ? null : pair.time.light.headMs / pair.time.light.rounds;
  const hasChanged = usualMs !== null && nowMs !== null && nowMs > becameSlower * usualMs;
  return phrase(hasChanged ? 'ground.slower' : 'ground.faster', { head, apart: apartOf(view, decision, 'light') });
}

/** Means of the moments that the test rests on, where it rests on any. */
function apartOf(view: View, decision: Asked, weight: 'light' | 'heavy'): Sentence {
  const pair = decision.kind === 'move' ? view.group.contest.pairs.get(decision.to.mirror.name) : undefined;
  const test = pair?.time[weight];
  if (decision.kind !== 'move' || test === undefined || test.rounds === 0) return phrase('ground.apartAll');
  return phrase('ground.apart', {
    here: time(test.headMs / test.rounds / 1000),
    to: decision.to.mirror.name,
    there: time(test.candidateMs / test.rounds / 1000),
    rounds: test.rounds,
  });
}

/** What an alert says, and what our own canary says to it. */
function objectiveOf(view: View, head: string): Sentence {
  const alert = firstAlert(view, head);
  const { now } = lately(view, head);
  const sinceMs = alert === null ? 0 : Math.max(0, view.now.wallMs - alert.startsAtMs);
  return phrase('ground.slo', {
    head,
    alert:
      alert === null
        ? phrase('ground.anAlert')
        : phrase('ground.alert', { name: alert.alertname, span: time(sinceMs / 1000) }),
    answers: now.answers,
    p95: now.p95Ms === null ? phrase('ground.none') : time(now.p95Ms / 1000),
    failed: now.failed === 0 ? '' : phrase('ground.failed', { count: now.failed }),
  });
}

function promiseOf(view: View, decision: Extract<Decision, { kind: 'move' }>): Sentence {
  const to = decision.to.mirror.name;
  const answers = recent(view.tallyOf(to).canary, view.now.monotonicMs, view.by.canaryEveryMs, limits.measuredPaces);
  const share = { to, good: answers.filter((entry) => entry.tag === 'ok').length, all: answers.length };
  const { hereMs, thereMs } = fetchCostsOf(view, decision);
  if (thereMs === null) return phrase('ground.answered', share);
  const there = time(thereMs / 1000);
  // Of a mirror that does not answer, the time of what it answered before says nothing.
  const isAboutTime = decision.alarm === 'time' || decision.alarm === 'heavy_time';
  if (!isAboutTime || hereMs === null || hereMs <= thereMs) return phrase('ground.costs', { ...share, there });
  const percent = Math.round(100 * gain(hereMs, thereMs));
  return phrase('ground.costsLess', { ...share, there, here: time(hereMs / 1000), percent });
}

function refusalOf(view: View, decision: Extract<Decision, { kind: 'refuse' }>): Sentence {
  switch (decision.refusal) {
    case 'vantage_suspect':
      return phrase('ground.us');
    case 'shared_fate': {
      const names = upstreamFaults(view);
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

/** What the line cannot change or we do not know: the client's own notes are added by the caller. */
export function limitsOfAdvice(view: View, to: Mirror, after: Chain): string[] {
  const notes: string[] = [];
  const origin = view.mirrors.find((mirror) => mirror.role === 'origin');
  const reached = origin !== undefined && view.tallyOf(origin.name).canary.at(-1)?.tag === 'ok';
  if (origin !== undefined && !reached)
    notes.push(
      `How fresh the mirrors are was compared among them alone, if at all: the origin ${origin.name} is not reachable from here.`,
    );
  else if (origin === undefined)
    notes.push('How fresh the mirrors are was compared among them alone, if at all: no origin is watched.');
  for (const member of after.members) {
    const mirror = mirrorOf(view, member);
    if (mirror?.access.auth) notes.push(`${mirror.name} asks for credentials: clients need their own.`);
  }
  if (to.access.tls.ca.length > 0 || to.access.tls.client !== null)
    notes.push(`${to.name} is watched with a CA or client certificate of its own: clients need the same.`);
  if (to.access.proxy !== null) notes.push(`${to.name} is watched through a proxy: clients may need it too.`);
  const { relay } = view.group.client;
  const need = relay?.need(view.config.settings[view.group.ecosystem]) ?? 'off';
  if (relay !== undefined && need !== 'off' && view.tallyOf(to.name).relay.state === 'unknown')
    notes.push(`Whether ${to.name} relays ${relay.title} was not measured yet.`);
  return notes;
}

/** Seconds for people, minutes in the words of who reads them. */
function time(value: number): Filled {
  return value < 200 ? seconds(value) : phrase('unit.min', { count: Math.round(value / 60) });
}

/** Seconds for people: two decimals below ten, one below a hundred, minutes from two hundred on. */
export function seconds(value: number): string {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value >= 200) return `${Math.round(value / 60)} min`;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}
