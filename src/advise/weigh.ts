import type { AdviceCause, Gate } from '../core/advice.ts';
import { isOfBehind } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Standing } from '../core/standing.ts';
import type { Chain, ChainMember, RelayState } from '../ecosystems/client.ts';
import { isAgainst } from './cause.ts';
import { buildAdvisedChain, isPassedOver, sortByCost } from './chain.ts';
import { type ChoiceRule, hasFewDownloads, isProvisional } from './comparison/choose.ts';
import { costOf, failureShareOf, hasFailedLast, recordOf, usualCostMs } from './comparison/costs.ts';
import { slowForMs } from './comparison/home.ts';
import { type Running, runningOf } from './comparison/pair.ts';
import { sortWithEquals } from './comparison/rank.ts';
import { type Group, headOf, homeOf, memberOf, mirrorAt, noChain } from './group.ts';
import { artifactsOf } from './probing.ts';
import type { Tally } from './tally.ts';
import type { View } from './view.ts';

export function weighRuleOf(view: View, at: Mirror): ChoiceRule {
  const { config, now, group } = view;
  const hasAlert = view.evidenceOf(at.name).length > 0;
  return {
    nowMs: now.monotonicMs,
    failuresMin: config.detect.outage.open,
    spanMs: config.detect.outage.overMs,
    ratio: view.worthRatio,
    minGain: config.advise.minGain,
    isRecent: isRecent(view),
    // An alert of another system is independent evidence, so half of each bound is enough.
    ease: hasAlert ? 0.5 : 1,
    failureCostMs: config.advise.failureCostMs,
    uncaught: isPassedOver(group.declared) ? 0.25 : 1,
    inOrder: group.roster.inOrder,
    isAwaited: (name) => !hasAlert && isAwaited(view, at, name),
    slowForMs:
      at === homeOf(group) && !hasAlert ? slowForMs(group.moves.departures, config.advise.holdMs, now.monotonicMs) : 0,
  };
}

/**
 * A switch because of slow light requests waits at most this long, until enough downloads are measured. Milliseconds.
 */
const downloadWaitMs = 60_000;

function isAwaited({ group, now }: View, at: Mirror, name: string): boolean {
  const { contest } = group;
  if (!hasFewDownloads(contest, at.name) && !hasFewDownloads(contest, name)) return false;
  if (artifactsOf(group, at.name).length === 0) return false;
  return now.monotonicMs - (contest.awaited.get(name) ?? now.monotonicMs) < downloadWaitMs;
}

/** True within `advise.hold` after a switch: tests of times then need more evidence. */
export function isRecent(view: View): boolean {
  const { lastMs } = view.group.moves;
  return lastMs !== null && view.now.monotonicMs - lastMs < view.config.advise.holdMs;
}

/**
 * A mirror with its gate (whether advice may name it) and its cost. `scoreMs`: the cost of one fetch there,
 * milliseconds; `null`: not measured.
 */
export interface Weighed {
  readonly mirror: Mirror;
  readonly gate: Gate;
  readonly scoreMs: number | null;
  readonly failedShare: number;
  /**
   * The state of the test against the mirror to leave; `null`: this is itself the mirror to leave, or there is no
   * comparison yet.
   */
  readonly running: Running | null;
}

function isMeasured({ canary }: Tally, { now, canaryEveryMs }: View): boolean {
  const fromMs = now.monotonicMs - limits.measuredPaces * canaryEveryMs;
  const good = canary.filter(({ tag, atMs }) => tag === 'ok' && atMs > fromMs);
  return canary.at(-1)?.tag === 'ok' && good.length >= limits.measuredOk;
}

const orderingGates: ReadonlySet<Gate> = new Set(['ok', 'unreliable', 'spike', 'throughput']);

export function mayBeProposed(gate: Gate): boolean {
  return orderingGates.has(gate);
}

/**
 * The reason (gate) why a client's fetch from a mirror fails or gets wrong bytes, and the client tries no later member
 * of its chain (docs/decisions/0002); `null`: there is no such reason.
 * @param but  a reason that does not count
 */
function breakingGateOf(standing: Standing | null, wallMs: number, but?: Gate): Gate | null {
  const against = (standing?.findings ?? []).filter(isAgainst);
  const speaks = (kind: string): boolean => kind !== but && against.some((finding) => finding.kind === kind);
  if (speaks('mismatch')) return 'mismatch';
  if (speaks('outage') || (standing?.state === 'down' && but !== 'outage')) return 'outage';
  if (speaks('certificate') || (standing?.certificate?.expiresAtMs ?? Number.POSITIVE_INFINITY) <= wallMs)
    return 'certificate';
  if (speaks('refusal') || (standing?.throttledUntilMs ?? Number.NEGATIVE_INFINITY) > wallMs) return 'refusal';
  return null;
}

/**
 * The first reason against a mirror; with some reasons, advice may still name it (`mayBeProposed`). Without a reason:
 * `current` for the head, else `ok`.
 */
function gateOf(view: View, mirror: Mirror, isCurrent: boolean, dropped: ReadonlySet<string>, but?: Gate): Gate {
  const standing = view.standingOf(mirror.name);
  const breaking = breakingGateOf(standing, view.now.wallMs, but);
  if (breaking !== null) return breaking;
  const open = (standing?.findings ?? []).filter(({ state }) => state !== 'closed');
  const isOpen = (kind: string): boolean => open.some((finding) => finding.kind === kind);
  if (open.some(isOfBehind)) return 'stale';
  if (standing?.paused != null) return 'paused';
  if (standing?.inMaintenance === true) return 'maintenance';
  if (standing?.inDoubt === true && !isCurrent) return 'in_doubt';
  if (!hasRelay(view, mirror, isCurrent, dropped)) return 'no_relay';
  if (!isCurrent && listLacks(view, mirror).length > 0) return 'capability';
  if (mirror.role === 'origin' && !isWanted(view.group, mirror) && !isCurrent) return 'origin';
  if (!isCurrent && !isMeasured(view.tallyOf(mirror.name), view)) return 'unmeasured';
  if (isOpen('unreliable')) return 'unreliable';
  if (open.some((finding) => finding.kind === 'spike' && isAgainst(finding))) return 'spike';
  if (isOpen('throughput')) return 'throughput';
  return isCurrent ? 'current' : 'ok';
}

/** What a mirror lacks although the configured protections of clients need it. What is not known is not lacking. */
export function listLacks({ config, group, standingOf }: View, { name }: Mirror): readonly string[] {
  const { capabilities } = standingOf(name) ?? {};
  return (config.advise.needs?.[group.kind.id] ?? []).filter((one) => capabilities?.[one] === false);
}

/** The gate of a mirror (whether advice may name it), as if the reason `but` did not count. */
export function otherGateOf(view: View, mirror: Mirror, but: 'mismatch' | 'outage'): Gate {
  return gateOf(view, mirror, false, listDroppedKeys(view), but);
}

/**
 * All mirrors of the upstream with their gates (whether advice may name them), costs and tests, in the order of the
 * configuration file.
 * @param at  the mirror to leave; `null`: without tests
 */
export function weighAll(view: View, at: Mirror | null): readonly Weighed[] {
  const { group } = view;
  const dropped = listDroppedKeys(view);
  const head = headOf(group);
  const rule = at === null ? null : weighRuleOf(view, at);
  const { records, pairs } = group.contest;
  return view.mirrors.map((mirror) => {
    const record = records.get(mirror.name);
    const pair = mirror === at ? undefined : pairs.get(mirror.name);
    return {
      mirror,
      gate: gateOf(view, mirror, mirror === head, dropped),
      scoreMs: usualCostMs(record, view.by),
      failedShare: record === undefined ? 0 : failureShareOf(record, view.by.nowMs),
      running: rule === null || pair === undefined ? null : runningOf(pair, rule.isRecent, rule.ease),
    };
  });
}

/** Measured mirrors with a larger share of failed requests than this are sorted behind the other measured mirrors. */
const unreliableShare = 0.1;

/** Sorts mirrors, the best first; excluded mirrors come last. */
export function rankWeighed(view: View, all: readonly Weighed[]): readonly Weighed[] {
  const { minGain } = view.config.advise;
  const usable = all.filter(({ gate }) => mayBeProposed(gate) || gate === 'current');
  const rest = all.filter((one) => !usable.includes(one));
  const tierOf = ({ scoreMs, failedShare }: Weighed): number =>
    scoreMs === null ? 2 : Number(failedShare > unreliableShare);
  const scoreOf = ({ scoreMs }: Weighed): number => scoreMs ?? Number.POSITIVE_INFINITY;
  const { inOrder } = view.group.roster;
  const ranked = [0, 1, 2].flatMap((tier) => {
    const equals = usable.filter((one) => tierOf(one) === tier);
    return sortWithEquals(equals, scoreOf, minGain, (a, b) => inOrder(a.mirror.name, b.mirror.name));
  });
  return [...ranked, ...rest];
}

/** The mirrors that may be proposed instead of `at`, in the order of the configuration file. */
export function listCandidates(view: View, at: Mirror): readonly Mirror[] {
  const dropped = listDroppedKeys(view);
  const head = headOf(view.group);
  return view.mirrors.filter(
    (mirror) => mirror !== at && mayBeProposed(gateOf(view, mirror, mirror === head, dropped)),
  );
}

/**
 * The mirrors that downloads must still be compared with, to know whether the advised mirror was the right choice. Empty
 * unless clients left home with the last switch.
 */
export function listOpenChoices(view: View, at: Mirror): readonly string[] {
  const { group, now } = view;
  const { lastMs, departures } = group.moves;
  const home = homeOf(group);
  if (home === at || lastMs === null || departures.at(-1)?.atMs !== lastMs) return [];
  const names = listCandidates(view, at).flatMap(({ name }) => (name === home?.name ? [] : [name]));
  return isProvisional(group.contest, names, now.monotonicMs - lastMs) ? names : [];
}

/**
 * The keys of members to drop from the chain behind a new head: a client that tries such a member fails there.
 * @param by  counts only mirrors with this gate; absent: any reason counts
 */
export function listDroppedKeys({ mirrors, standingOf, now, group }: View, by?: Gate): ReadonlySet<string> {
  const dropped = mirrors.filter(({ name }) => {
    const gate = breakingGateOf(standingOf(name), now.wallMs);
    return by === undefined ? gate !== null : gate === by;
  });
  return new Set(dropped.map((mirror) => memberOf(group, mirror).key));
}

/**
 * The chain that a switch to a mirror sets. For the first declared mirror it is the declared chain, unless a member of
 * it serves wrong bytes.
 */
export function chainTo(view: View, mirror: Mirror, dropped: ReadonlySet<string> = listDroppedKeys(view)): Chain {
  const declared = view.group.declared ?? noChain;
  const to = memberOf(view.group, mirror);
  if (declared.members[0]?.key === to.key && !declared.members.some((member) => isWrong(view, member))) return declared;
  return view.group.client.headed?.(declared, to, dropped) ?? buildAdvisedChain(declared, to, dropped);
}

/**
 * The chain that a switch sets: that of `chainTo`, with the members behind the head sorted by cost. A failback keeps
 * their order.
 */
export function chainOfMove(view: View, at: Mirror, to: Mirror, cause: AdviceCause): Chain {
  const dropped = new Set(listDroppedKeys(view));
  // `at` is dropped too: the outage finding may not be open yet, but clients already stop there (docs/decisions/0002).
  if (hasFailedLast(recordOf(view.group.contest, at.name), view.config.detect.outage.open))
    dropped.add(memberOf(view.group, at).key);
  const chain = chainTo(view, to, dropped);
  if (cause === 'failback') return chain;
  const { failureCostMs, minGain } = view.config.advise;
  const rule = { nowMs: view.now.monotonicMs, failureCostMs, uncaught: 1, errors: 0 };
  const costAt = (member: ChainMember): number | null => {
    const mirror = mirrorAt(view.group, member);
    return mirror === null ? null : costOf(view.group.contest, mirror.name, rule);
  };
  return sortByCost(chain, costAt, minGain);
}

function isWrong(view: View, member: ChainMember): boolean {
  const mirror = mirrorAt(view.group, member);
  const findings = mirror === null ? [] : (view.standingOf(mirror.name)?.findings ?? []);
  return findings.some((finding) => finding.kind === 'mismatch' && finding.state === 'open');
}

function isWanted(group: Group, mirror: Mirror): boolean {
  const { key } = memberOf(group, mirror);
  return mirror.weight !== null || (group.declared?.members.some((member) => member.key === key) ?? false);
}

/**
 * False if clients need a relay (Go: one that passes requests on to the checksum database) and that of this mirror is
 * broken. Also false if the chain in use has a relay and the chain with this mirror as head has none.
 */
function hasRelay(view: View, mirror: Mirror, isCurrent: boolean, dropped: ReadonlySet<string>): boolean {
  const { relay } = view.group.client;
  if (relay === undefined || relay.need(view.config.settings[view.group.kind.id]) !== 'relayed') return true;
  const { state } = view.tallyOf(mirror.name).relay;
  if (state === 'broken') return false;
  if (isCurrent || state === 'offers' || view.group.chain === null) return true;
  const relayOf = (member: ChainMember): RelayState => {
    const known = mirrorAt(view.group, member);
    return known === null ? 'unknown' : view.tallyOf(known.name).relay.state;
  };
  if (relay.settle(view.group.chain, relayOf) !== 'offers') return true;
  const after = relay.settle(chainTo(view, mirror, dropped), relayOf);
  return after === 'offers' || after === 'unknown';
}
