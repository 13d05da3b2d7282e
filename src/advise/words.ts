import type { Refusal } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Chain } from '../ecosystems/client.ts';
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
export function reasonText(view: View, decision: Asked, window: readonly Entry[]): string {
  const trouble = troubleText(view, decision, decision.at.name, window);
  if (decision.kind === 'refuse') return `${trouble}, but no switch is advised: ${refusalText(view, decision)}.`;
  return `${trouble}; ${promiseText(view, decision)}.`;
}

function troubleText(view: View, decision: Asked, head: string, window: readonly Entry[]): string {
  const evidence = decision.findings[0]?.evidence;
  const failed = window.filter((entry) => entry.tag === 'failed');
  const counts = `${failed.length} of its last ${window.length} canary answers failed`;
  const why = decision.findings[0]?.cause ?? failed.at(-1)?.reason;
  const because = why === undefined || why === null ? '' : ` (${why})`;
  const usual = evidence?.baselineSeconds == null ? 'less' : seconds(evidence.baselineSeconds);
  const observed = evidence?.observedSeconds == null ? 'longer' : seconds(evidence.observedSeconds);
  switch (decision.cause) {
    case 'outage':
      return decision.findings.length === 0 && decision.kind === 'refuse'
        ? `${head} cannot be judged`
        : `${head} is in outage${because}: ${counts}`;
    case 'unreliable':
      return `${head} fails too often${because}: ${shareText(view, head)}`;
    case 'refusal':
      return `${head} refuses us${because}: ${counts}`;
    case 'mismatch':
      return `${head} served bytes that do not match their hash`;
    case 'certificate':
      return `${head} presents a certificate that clients refuse${because}`;
    case 'spike':
      return `${head} takes ${observed} where ${usual} is usual`;
    case 'level_shift':
      return `${head} has settled at ${observed} where ${usual} was usual`;
    case 'throughput':
      return `${head} downloads slowly: ${apartText(view, decision, 'heavy')}`;
    case 'slower':
      return `${slowerText(view, decision, head)}: ${apartText(view, decision, 'light')}`;
    case 'failback': {
      const awayMs = view.now.monotonicMs - (view.group.moves.lastMs ?? view.now.monotonicMs);
      const to = decision.kind === 'move' ? decision.to.mirror.name : head;
      return `${to}, the preferred mirror, has proven itself again, ${seconds(awayMs / 1000)} after it was left`;
    }
    case 'slo':
      return objectiveText(view, head);
    case 'lag':
      return decision.findings[0]?.text.replace(/\.$/, '') ?? `${head} is behind`;
    default:
      return decision.cause satisfies never;
  }
}

function shareText(view: View, head: string): string {
  const record = view.group.contest.records.get(head);
  if (record === undefined) return 'too few answers to say how often';
  const { bad, all } = since(record, view.now.monotonicMs - halfHourMs);
  return `${bad} of its ${all} answers in half an hour`;
}

/** Whether the mirror has become slower than it was, or another simply is faster. */
function slowerText(view: View, decision: Asked, head: string): string {
  const record = view.group.contest.records.get(head);
  const pair = decision.kind === 'move' ? view.group.contest.pairs.get(decision.to.mirror.name) : undefined;
  const usualMs = record === undefined ? null : meanMs(record, 'light', view.now.monotonicMs, 0);
  const nowMs =
    pair === undefined || pair.time.light.rounds === 0 ? null : pair.time.light.headMs / pair.time.light.rounds;
  const hasChanged = usualMs !== null && nowMs !== null && nowMs > becameSlower * usualMs;
  if (hasChanged) return `${head} has become slower than it was in the last half hour`;
  return `nothing is wrong with ${head}, but another mirror is faster`;
}

/** Means of the moments that the test rests on, where it rests on any. */
function apartText(view: View, decision: Asked, weight: 'light' | 'heavy'): string {
  const pair = decision.kind === 'move' ? view.group.contest.pairs.get(decision.to.mirror.name) : undefined;
  const test = pair?.time[weight];
  if (decision.kind !== 'move' || test === undefined || test.rounds === 0) return 'by all moments compared';
  const [from, to] = [test.headMs / test.rounds / 1000, test.candidateMs / test.rounds / 1000];
  return `${seconds(from)} where ${decision.to.mirror.name} takes ${seconds(to)}, in ${test.rounds} moments compared`;
}

/** What an alert says, and what our own canary says to it. */
function objectiveText(view: View, head: string): string {
  const alert = firstAlert(view, head);
  const { now } = lately(view, head);
  const p95 = now.p95Ms === null ? 'none' : seconds(now.p95Ms / 1000);
  const sinceMs = alert === null ? 0 : Math.max(0, view.now.wallMs - alert.startsAtMs);
  const said = alert === null ? 'an alert' : `the alert ${alert.alertname}, firing for ${seconds(sinceMs / 1000)}`;
  const failed = now.failed === 0 ? '' : `, ${now.failed} failed`;
  return `${head} misses its objective by ${said}: its last ${now.answers} canary answers have a p95 of ${p95}${failed}`;
}

function promiseText(view: View, decision: Extract<Decision, { kind: 'move' }>): string {
  const { to } = decision;
  const canary = view.tallyOf(to.mirror.name).canary;
  const answers = recent(canary, view.now.monotonicMs, view.by.canaryEveryMs, limits.measuredPaces);
  const good = answers.filter((entry) => entry.tag === 'ok').length;
  const share = `${to.mirror.name} answered ${good} of ${answers.length}`;
  const { hereMs: from, thereMs } = fetchCostsOf(view, decision);
  if (thereMs === null) return share;
  const took = `${share} and a fetch costs ${seconds(thereMs / 1000)} there`;
  // Of a mirror that does not answer, the time of what it answered before says nothing.
  const isAboutTime = decision.alarm === 'time' || decision.alarm === 'heavy_time';
  if (!isAboutTime || from === null || from <= thereMs) return took;
  return `${took} instead of ${seconds(from / 1000)} (${Math.round(100 * gain(from, thereMs))} % less)`;
}

function refusalText(view: View, decision: Extract<Decision, { kind: 'refuse' }>): string {
  const others = decision.weighed.filter((one) => one.mirror !== decision.at);
  const texts: Record<Refusal, () => string> = {
    vantage_suspect: () => 'what we watch fails in one moment, so this looks like our own network',
    shared_fate: () => {
      const names = upstreamFaults(view);
      return `${names.length} mirrors hand on trouble of the upstream (${names.join(', ')}), so another mirror would not help`;
    },
    nothing_measured: () =>
      `no other mirror was measured well enough (${limits.measuredOk} good canary answers in the last ${limits.measuredPaces} paces, the last one good)`,
    no_candidate: () =>
      others.length === 0
        ? `there is no other mirror of ${view.group.upstream}`
        : `every other mirror is ruled out (${others.map((one) => `${one.mirror.name}: ${one.gate}`).join(', ')})`,
  };
  return texts[decision.refusal]();
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

/** Seconds for people: two decimals below ten, one below a hundred, minutes from two hundred on. */
export function seconds(value: number): string {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value >= 200) return `${Math.round(value / 60)} min`;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}
