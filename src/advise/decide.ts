import type { AdviceCause, Refusal } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import { type Cause, causeOf, isForced } from './cause.ts';
import type { Chain } from './clients/client.ts';
import { type Expectation, expectation } from './expected.ts';
import { chainTo, mirrorOf, type View, weighAll } from './group.ts';
import { lately, objectiveCause, relieves, saysEnough } from './objective.ts';
import { isFaster, ranked, type Weighed } from './rank.ts';
import { type Entry, isUpstreamFault, recent, trouble } from './tally.ts';

/** What should be done about one group now. `wait`: a cause is open, but moving is not (yet) worth it or allowed. */
export type Decision =
  | { readonly kind: 'none' }
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'propose';
      readonly cause: AdviceCause;
      readonly findings: readonly Finding[];
      readonly to: Weighed;
      readonly after: Chain;
      readonly weighed: readonly Weighed[];
    }
  | {
      readonly kind: 'refuse';
      readonly cause: AdviceCause;
      readonly findings: readonly Finding[];
      readonly refusal: Refusal;
      readonly weighed: readonly Weighed[];
    };

/** Decides from the head of the chain in force: leave it, go back from it, or neither. */
export function decide(view: View): Decision {
  const head = mirrorOf(view, view.group.chain?.members[0]);
  if (head === null) return { kind: 'none' };
  const cause = causeAgainst(view, head.name);
  if (view.vantage.suspect === true) {
    const weighed = ranked(weighAll(view), view.config.advise.minGain);
    const refused = { kind: 'refuse', refusal: 'vantage_suspect', weighed } as const;
    return { ...refused, cause: cause?.kind ?? 'outage', findings: cause?.findings ?? [] };
  }
  return cause === null ? failback(view, head) : leave(view, head, cause);
}

/** The cause for leaving a mirror: what detect found, else what alerts of others say; `null`: none. */
export function causeAgainst(view: View, registry: string): Cause | null {
  return causeOf(view.standingOf(registry)) ?? objectiveCause(view, registry);
}

function leave(view: View, head: Mirror, cause: Cause): Decision {
  // An alert alone is not enough: what we measured ourselves must bear it out.
  if (cause.kind === 'slo' && !saysEnough(lately(view, head.name).now)) return { kind: 'wait' };
  const { minGain } = view.config.advise;
  const weighed = ranked(weighAll(view), minGain);
  const refuse = (refusal: Refusal): Decision => ({
    kind: 'refuse',
    cause: cause.kind,
    findings: cause.findings,
    refusal,
    weighed,
  });
  if (cause.kind !== 'mismatch' && upstreamFaults(view).length >= 2) return refuse('shared_fate');
  const usable = weighed.filter((one) => one.mirror !== head && one.gate === 'ok');
  if (usable.length === 0) {
    const others = weighed.filter((one) => one.mirror !== head);
    if (others.some((one) => one.gate === 'in_doubt')) return { kind: 'wait' };
    return refuse(others.some((one) => one.gate === 'unmeasured') ? 'nothing_measured' : 'no_candidate');
  }
  const propose = (to: Weighed): Decision => ({
    kind: 'propose',
    cause: cause.kind,
    findings: cause.findings,
    to,
    after: chainTo(view, to.mirror),
    weighed,
  });
  if (isForced(cause.kind)) return usable[0] === undefined ? { kind: 'wait' } : propose(usable[0]);
  if (!isDwellOver(view)) return { kind: 'wait' };
  const current = weighed.find((one) => one.mirror === head);
  const worth = usable.find((one) => (cause.kind === 'slo' ? isRelief(view, head, one) : isWorth(view, current, one)));
  return worth === undefined ? { kind: 'wait' } : propose(worth);
}

/** Worth a voluntary move: at least `minGain` less expected time, and no availability lost. */
function isWorth(view: View, current: Weighed | undefined, to: Weighed): boolean {
  const fromMs = current?.scoreMs ?? null;
  if (fromMs === null || to.scoreMs === null || !isFaster(fromMs, to.scoreMs, view.config.advise.minGain)) return false;
  return keepsAvailability(view, to);
}

/** Worth a move because of an objective: p95 or failures by our own measure, and no availability lost. */
function isRelief(view: View, head: Mirror, to: Weighed): boolean {
  const from = lately(view, head.name).now;
  const there = lately(view, to.mirror.name).now;
  return relieves(from, there, view.config.advise.minGain) && keepsAvailability(view, to);
}

function keepsAvailability(view: View, to: Weighed): boolean {
  const { before, after } = expectations(view, chainTo(view, to.mirror));
  return before.availability === null || after.availability === null || after.availability >= before.availability;
}

function failback(view: View, head: Mirror): Decision {
  const { group } = view;
  const preferred = mirrorOf(view, group.declared?.members[0]);
  if (group.declared === null || group.accepted === null || preferred === null || preferred === head)
    return { kind: 'none' };
  const wellMs = group.wellSinceMs === null ? -1 : view.now.monotonicMs - group.wellSinceMs;
  if (wellMs < view.config.advise.holdMs || !isDwellOver(view)) return { kind: 'wait' };
  const weighed = ranked(weighAll(view), view.config.advise.minGain);
  const to = weighed.find((one) => one.mirror === preferred);
  if (to === undefined || to.gate !== 'ok') return { kind: 'wait' };
  const here = weighed.find((one) => one.mirror === head)?.scoreMs ?? null;
  const left = group.accepted.advice.cause;
  // What the objective was about must be gone, not only the alert.
  const wouldSuffer = relieves(
    lately(view, preferred.name).now,
    lately(view, head.name).now,
    view.config.advise.minGain,
  );
  if (left === 'slo' && wouldSuffer) return { kind: 'wait' };
  const wasSlow = left === 'spike' || left === 'level_shift';
  const isSlow =
    here === null || to.scoreMs === null ? here !== null : isFaster(to.scoreMs, here, view.config.advise.minGain);
  if (wasSlow && isSlow) return { kind: 'wait' };
  return { kind: 'propose', cause: 'failback', findings: [], to, after: group.declared, weighed };
}

/** `hold` is over since the last accept; with none so far it is over. */
export function isDwellOver(view: View): boolean {
  const { lastAcceptMs } = view.group;
  return lastAcceptMs === null || view.now.monotonicMs - lastAcceptMs >= view.config.advise.holdMs;
}

/** Mirrors whose last answer, in the moment that counts, was trouble of the upstream handed on. Names. */
export function upstreamFaults(view: View): readonly string[] {
  const lasts = view.mirrors.map((mirror) => [mirror.name, view.tallyOf(mirror.name).canary.at(-1)] as const);
  const faults = lasts.filter((pair): pair is readonly [string, Entry] => {
    const last = pair[1];
    return last !== undefined && isUpstreamFault(last) && view.now.monotonicMs - last.atMs <= 2 * view.nearMs;
  });
  const newest = Math.max(...faults.map(([, entry]) => entry.atMs));
  return faults.filter(([, entry]) => newest - entry.atMs <= view.nearMs).map(([name]) => name);
}

/** The answers of the head that its trouble consists of, else those of the last 20 paces. Oldest first. */
export function moments(view: View): readonly Entry[] {
  const head = mirrorOf(view, view.group.chain?.members[0]);
  const canary = head === null ? [] : view.tallyOf(head.name).canary;
  const run = trouble(canary);
  return run.length > 0
    ? run
    : recent(canary, view.now.monotonicMs, view.by.paceOf(view.by.canaryStep), limits.measuredPaces);
}

/** What the chain in force and another one do in the same moments. */
export function expectations(view: View, chain: Chain): { readonly before: Expectation; readonly after: Expectation } {
  const common = {
    client: view.group.client,
    moments: moments(view),
    nearMs: view.nearMs,
    tallyOf: (member: Chain['members'][number]) => {
      const mirror = mirrorOf(view, member);
      return mirror === null ? null : view.tallyOf(mirror.name);
    },
  };
  const current = view.group.chain ?? { members: [], separators: [] };
  return { before: expectation({ ...common, chain: current }), after: expectation({ ...common, chain }) };
}
