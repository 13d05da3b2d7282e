import type { AdviceCause, Gate } from '../core/advice.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Standing } from '../core/standing.ts';
import { quantileOf } from '../core/statistics.ts';
import type { Blocker, MirrorVerdict, Stay, UpstreamVerdict } from '../core/verdict.ts';
import { countGoodLeft } from './comparison/home.ts';
import { candidateOf } from './compose.ts';
import { moveChosen } from './decide.ts';
import { findDismissal, homeOf } from './group.ts';
import { lastCanaryOf, measuredOf } from './observed.ts';
import { listObstacles } from './obstacles.ts';
import { type HeadValues, type Prepared, prepareView } from './prepare.ts';
import { isDearer } from './prices.ts';
import { passedOverFromMs } from './trouble.ts';
import type { View } from './view.ts';
import { listLacks, mayBeProposed, rankWeighed, type Weighed, weighAll } from './weigh.ts';

/** Makes the record of all that is decided about an upstream now. */
export function upstreamVerdictOf(given: View): UpstreamVerdict {
  const view = prepareView(given);
  const { group, now, head } = view;
  const { kind, upstream, open, accepted } = group;
  return {
    ecosystem: kind.id,
    upstream,
    atMs: now.wallMs,
    head: head?.at.name ?? null,
    home: homeOf(group)?.name ?? null,
    mirrors: rankWeighed(view, head?.weighed() ?? weighAll(view, null)).map((one) => mirrorVerdictOf(view, one)),
    advice: [open, accepted].flatMap((held) => {
      if (held === null) return [];
      const { id, state, phase, cause, from, to, newClients } = held.advice;
      return [{ id, state, phase, cause, from, to, newClients }];
    }),
    stay:
      head === null || open !== null
        ? null
        : (dismissedOf(view, head) ?? passedOverOf(view, head.at) ?? waitingOf(view, head)),
    back: backOf(view),
  };
}

function mirrorVerdictOf(view: Prepared, weighed: Weighed): MirrorVerdict {
  const { head } = view;
  const isHead = head === null || weighed.mirror === head.at;
  const blocker = isHead
    ? null
    : weighed.mirror === homeOf(view.group)
      ? homeBlockerOf(view, head, weighed)
      : blockerOf(view, head, weighed);
  const { name } = weighed.mirror;
  const { responses, failed } = measuredOf(lastCanaryOf(view, name));
  const probes = { all: responses, failed, seconds: (limits.measuredPaces * view.canaryEveryMs) / 1000 };
  const standing = view.standingOf(name);
  const state = standing?.state ?? 'unknown';
  const withheld = withheldIn(standing);
  return {
    ...candidateOf(weighed),
    state,
    probes,
    failedShare: weighed.failedShare,
    blocker,
    ...(withheld === undefined ? {} : { withheld }),
  };
}

/** An item that a lock file needs, of a finding about deliberate refusals; `undefined`: there is none. */
function withheldIn(standing: Standing | null): string | undefined {
  const locked = standing?.findings.find(
    ({ state, sentence }) => state === 'open' && sentence?.key === 'found.policyLocked',
  );
  const what = locked?.sentence?.values?.['what'];
  return typeof what === 'string' ? what : undefined;
}

/** Why no switch to a mirror that is neither the head nor home is advised; `null`: nothing speaks against it. */
function blockerOf(view: Prepared, head: HeadValues, { mirror, gate, running }: Weighed): Blocker | null {
  const { name } = mirror;
  if (view.vantage.suspect === true) return { kind: 'own_network' };
  if (!mayBeProposed(gate)) return gateBlockerOf(view, mirror, gate);
  const choice = head.choose();
  if (choice?.to === name) {
    const chosen = moveChosen(view, head, choice);
    return chosen.kind === 'move' ? null : chosen;
  }
  const muted = dismissalOf(view, head, head.causes().gravest?.kind, name);
  if (muted !== null) return { kind: 'dismissed', cause: muted.cause, untilMs: muted.untilMs };
  if (!view.isGoodNow(name)) return { kind: 'failing' };
  const one = head.assessed().find(({ to }) => to === name);
  if (one?.blocker === null && choice !== null) return { kind: 'cheaper', than: choice.to };
  if (one?.blocker == null || one.blocker === 'evidence')
    return { kind: 'evidence', sum: running?.sum ?? null, bound: running?.bound ?? null };
  return one.blocker === 'spell' ? { kind: 'spell', holdMs: head.rule.slowForMs } : { kind: one.blocker };
}

/** Gates that say more than the state of the mirror, which may be good. */
const ownGates: ReadonlySet<Gate> = new Set(['in_doubt', 'no_relay', 'unmeasured']);

function gateBlockerOf(view: Prepared, mirror: Mirror, gate: Gate): Blocker {
  if (gate === 'capability') return { kind: 'gate', gate, why: null, lacks: listLacks(view, mirror) };
  const { name } = mirror;
  return { kind: 'gate', gate, why: ownGates.has(gate) ? null : (view.standingOf(name)?.why ?? null) };
}

function dismissalOf({ group, now }: Prepared, { at }: HeadValues, cause: AdviceCause | undefined, to?: string) {
  return cause === undefined ? null : findDismissal(group, { from: at.name, to, cause }, now.wallMs);
}

/** Why no switch to home is advised: the first reason that holds; `null`: the switch back is due now. */
function homeBlockerOf(view: Prepared, head: HeadValues, { mirror: home, gate }: Weighed): Blocker | null {
  const { group } = view;
  const muted = dismissalOf(view, head, 'failback', home.name);
  if (muted !== null) return { kind: 'dismissed', cause: muted.cause, untilMs: muted.untilMs };
  if (view.vantage.suspect === true) return { kind: 'own_network' };
  if (!mayBeProposed(gate)) return gateBlockerOf(view, home, gate);
  const [obstacle] = listObstacles(view, home, head.at, head.rule);
  if (obstacle !== undefined) return { kind: 'home', obstacle, good: countGoodLeft(group.contest.health) };
  return isDearer(head.pricesOf(home, 'failback', null)) ? { kind: 'dearer' } : null;
}

/** `homeBlockerOf` while clients follow accepted advice and no other switch is proposed. */
function backOf(view: Prepared): Blocker | null {
  const { group, head } = view;
  const home = homeOf(group);
  if (group.accepted === null || group.open?.advice.state === 'proposed') return null;
  if (head === null || home === null || home === head.at) return null;
  const weighed = head.weighed().find(({ mirror }) => mirror === home);
  return weighed === undefined ? null : homeBlockerOf(view, head, weighed);
}

/**
 * The head is down, all its last light requests failed, and clients try the next mirror (`isPassedOver`); `null`: it is
 * not so.
 */
function passedOverOf(view: Prepared, at: Mirror): Stay | null {
  const fromMs = passedOverFromMs(view, at);
  if (fromMs === null) return null;
  const failed = view.tallyOf(at.name).samples.light.filter(({ atMs }) => atMs >= fromMs);
  const times = failed.map(({ tookMs }) => tookMs);
  const lostMs = quantileOf(times, 0.5);
  return lostMs === null ? null : { kind: 'passed_over', lostSeconds: lostMs / 1000 };
}

/** The head has a fault now, and an operator dismissed the switch away from it for this cause; `null`: it is not so. */
function dismissedOf(view: Prepared, head: HeadValues): Stay | null {
  const choice = head.choose();
  const cause = choice === null ? head.causes().gravest?.kind : head.causeOf(choice.alarm).kind;
  const muted = dismissalOf(view, head, cause, choice?.to);
  if (muted === null || muted.cause === 'failback' || muted.to === head.at.name) return null;
  return { kind: 'dismissed', to: muted.to, cause: muted.cause, untilMs: muted.untilMs };
}

/**
 * The head is slow, but clients leave it only once the slowness has lasted `advise.hold`; `null`: it is not so.
 * @see docs/decisions/0166-homes-with-slow-spells-are-left-later.md
 */
function waitingOf({ group, now }: Prepared, head: HeadValues): Stay | null {
  const isDismissed = group.muted.some(({ from, untilMs }) => from === head.at.name && untilMs > now.wallMs);
  const isWaiting = head.assessed().some(({ blocker }) => blocker === 'spell');
  if (isDismissed || head.choose() !== null || !isWaiting) return null;
  return { kind: 'waiting', holdMs: head.rule.slowForMs };
}
