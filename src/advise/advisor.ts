import type { Advice, Candidate, LookedBack, PassedOver, RemedyNow } from '../core/advice.ts';
import type { ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { Declined, Due } from '../core/due.ts';
import type { AlertEvidence } from '../core/evidence.ts';
import { type EcosystemId, isHeavy, isSameMirror, type Mirror, type Upstream, upstreamKeyOf } from '../core/mirror.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';
import { registry as builtIn, type Registry } from '../ecosystems/registry.ts';
import { closeAudit } from './audit.ts';
import { candidateOf } from './compose.ts';
import { rankWeighed } from './decide.ts';
import { recordDeclined } from './downloads.ts';
import { type Declared, type Group, groupsOf, headOf, type Muted } from './group.ts';
import {
  clearEvidence,
  dropFamilyFailures,
  isOfOtherFamily,
  lateInMs,
  recordAside,
  recordHeardLate,
  releaseLate,
  sampleOfLate,
} from './late.ts';
import {
  type AdviseTurn,
  chainTextOf,
  changeState,
  close,
  type Ledger,
  openLedger,
  release,
  restore,
} from './ledger.ts';
import { applyOpen, updateAdvice } from './lifecycle.ts';
import {
  looksOf,
  pruneRemoved,
  recordClientFailure,
  recordLateAnswer,
  recordLatePeek,
  recordSample,
} from './observe.ts';
import { passedOverIn } from './passed-over.ts';
import { follow } from './surroundings.ts';
import { newTally, record, recordAnswer, type Tally } from './tally.ts';
import { nearOf, type View, viewOf } from './view.ts';
import { weighAll } from './weigh.ts';
import { hasOutlivedCause } from './words.ts';

/** Ids of advice that are remembered, to distinguish an ended advice from an unknown one. */
const settledKept = 1_000;
const mutedKept = 50;

/** Turns the states and samples of mirrors into advice. */
export interface Advisor {
  /** @returns true if `consider` should follow at once, because of this sample */
  observe(sample: SettledSample, now: Now): boolean;
  /**
   * Milliseconds until the next check of a pending probe, sent `outMs` ago; 0 or less: it is late. `null`: no check.
   */
  lateInMs(due: Due, outMs: number, now: Now): number | null;
  /** Takes a pending probe for which `lateInMs` is 0 or less. */
  late(due: Due, outMs: number, now: Now): void;
  /** Takes a failed fetch of a real client. At the head, it leads to rechecks. */
  clientFailed(run: Pick<ClientRun, 'ecosystem' | 'upstream' | 'registry' | 'module' | 'version'>): void;
  /** Takes an order that was not carried out. */
  declined(declined: Declined): void;
  consider(
    input: {
      readonly standings: readonly Standing[];
      readonly vantage: VantageStanding;
      /** Firing alerts of other systems, by mirror; absent: none. */
      readonly evidence?: ReadonlyMap<string, readonly AlertEvidence[]>;
    },
    now: Now,
  ): AdviseTurn;
  /** Accepts a proposed advice: from now on its chain counts as the one in use. */
  accept(id: string, now: Now): Result<AdviseTurn, 'unknown' | 'not_proposed'>;
  /** Closes a proposed advice. The same move for the same cause is not proposed again for `forMs`. */
  dismiss(id: string, forMs: number, reason: string, now: Now): Result<AdviseTurn, 'unknown' | 'not_proposed'>;
  /** The advice that is proposed, accepted or refused now, newest first. */
  list(): readonly Advice[];
  /** Heads that are down without advice, because clients pass over them. */
  passedOver(): readonly PassedOver[];
  /** The mirrors of an upstream, best first; empty for an unknown upstream. */
  rank(ecosystem: EcosystemId, upstream: string): readonly Candidate[];
  remedy(ecosystem: EcosystemId, upstream: string): RemedyNow;
  /** The audit verdicts on accepted advice. */
  lookedBack(): readonly LookedBack[];
  reconfigure(config: Config, declared: Declared, now: Now): AdviseTurn;
}

/** Creates the advisor from the stored rows of tables `advice` and `chain`. */
export function createAdvisor(input: {
  readonly config: Config;
  readonly declared: Declared;
  readonly restored: readonly Row[];
  readonly random: Random;
  readonly now: Now;
  /** Absent: the ecosystems of this release. */
  readonly registry?: Registry;
}): Advisor {
  // Closures below must not keep `input`: it holds the first configuration and all restored rows.
  const { registry = builtIn, random } = input;
  let config = input.config;
  let lastNow = input.now;
  let vantage: VantageStanding = { suspect: null, sinceMs: null, controls: [], contaminatedShare: null };
  let standings: ReadonlyMap<string, Standing> = new Map();
  let evidence: ReadonlyMap<string, readonly AlertEvidence[]> = new Map();
  const tallies = new Map<string, Tally>();
  const settled = new Set<string>();
  const groups = groupsOf(config, registry, input.declared);
  let orphans = restore(groups, input.restored, settled, config, input.now);

  const view = (group: Group, now: Now): View => viewOf({ config, group, now, vantage }, standings, tallies, evidence);
  const groupOf = (of: Upstream): Group | undefined => groups.get(upstreamKeyOf(of));
  const remember = (turn: AdviseTurn): AdviseTurn => {
    for (const { advice } of turn.changes) settled.add(advice.id);
    for (const id of settled) if (settled.size > settledKept) settled.delete(id);
    return turn;
  };

  const observeOne = (group: Group, sample: SettledSample, now: Now): boolean => {
    const { purpose, target } = sample.due;
    const tally = tallies.get(target.registry) ?? newTally();
    tallies.set(target.registry, tally);
    if (purpose !== 'peek') record(tally, sample, nearOf(config), group.client.relay?.step ?? null);
    if (purpose !== 'peek' && purpose !== 'once' && group.kind.fetch.includes(target.step)) recordAnswer(tally, sample);
    const isCompared = recordSample(view(group, now), sample);
    return isCompared && (sample.outcome.tag === 'failed' || purpose === 'confirm');
  };
  const observeLate = (group: Group, sample: SettledSample, now: Now): void => {
    observeOne(group, sample, now);
    recordHeardLate(group.late, sample.due);
  };

  const settle = (
    id: string,
    now: Now,
    act: (group: Group, advice: Advice, ledger: Ledger) => void,
  ): ReturnType<Advisor['accept']> => {
    lastNow = now;
    const all = [...groups.values()];
    const group = all.find((one) => one.open?.advice.id === id);
    const advice = group?.open?.advice;
    const isKnown = group !== undefined || settled.has(id) || all.some((one) => one.accepted?.advice.id === id);
    if (group === undefined || advice?.state !== 'proposed') return error(isKnown ? 'not_proposed' : 'unknown');
    const ledger = openLedger(now, random);
    act(group, advice, ledger);
    follow(view(group, now));
    return ok(remember(ledger.turn()));
  };

  return {
    observe(sample, now) {
      const group = groupOf(sample.due.target);
      if (group === undefined) return false;
      lastNow = now;
      if (sample.isOfPace === true || sample.isObsolete === true) {
        group.late.held.delete(sample.due.probeId);
        group.late.counted.delete(sample.due.probeId);
        return false;
      }
      if (sample.outcome.tag === 'failed' && isOfOtherFamily(group.late, sample.due, sample.startedMonotonicMs))
        return false;
      recordAside(group.late, sample);
      const before = releaseLate(group.late, sample);
      for (const one of before) observeLate(group, one, now);
      const isAgain = group.late.counted.delete(sample.due.probeId);
      if (isAgain) recordLateAnswer(group, sample);
      const isNews = !isAgain && observeOne(group, sample, now);
      return isNews || before.length > 0;
    },
    lateInMs(due, outMs, now) {
      const group = groupOf(due.target);
      return group === undefined ? null : lateInMs(view(group, now), due, outMs);
    },
    late(due, outMs, now) {
      const group = groupOf(due.target);
      if (group === undefined || isOfOtherFamily(group.late, due, now.monotonicMs - outMs)) return;
      lastNow = now;
      if (due.purpose === 'peek') {
        recordLatePeek(group, due);
        recordHeardLate(group.late, due);
      } else if (isHeavy(due.target)) observeLate(group, sampleOfLate(view(group, now), due, outMs), now);
      else group.late.held.set(due.probeId, sampleOfLate(view(group, now), due, outMs));
    },
    clientFailed(run) {
      const group = groupOf(run);
      if (group !== undefined) recordClientFailure(group, run.registry, run.module, run.version);
    },
    declined(declined) {
      const group = groupOf(declined.order.target);
      if (group !== undefined) recordDeclined(group, declined);
    },
    consider(given, now) {
      lastNow = now;
      const isTurned = (vantage.suspect === true) !== (given.vantage.suspect === true);
      vantage = given.vantage;
      // Evidence from before and during a suspect phase may come from our own network.
      if (isTurned) for (const group of groups.values()) clearEvidence(group);
      evidence = given.evidence ?? new Map();
      standings = new Map(given.standings.map((standing) => [standing.registry, standing]));
      const ledger = openLedger(now, random);
      for (const advice of orphans) ledger.note('superseded', changeState(advice, 'superseded', now));
      orphans = [];
      for (const group of groups.values()) {
        const seen = view(group, now);
        dropFamilyFailures(seen);
        ledger.look(looksOf(seen));
        updateAdvice(seen, ledger);
        follow(seen);
        if (group.probing.isTurnTaken) ledger.touch(group);
      }
      return remember(ledger.turn());
    },
    accept: (id, now) => settle(id, now, (group, _, ledger) => applyOpen(view(group, now), ledger)),
    dismiss: (id, forMs, reason, now) =>
      settle(id, now, (group, { from, to, cause }, ledger) => {
        const muted: Muted = { from, to, cause, untilMs: now.wallMs + forMs, reason };
        group.muted = [...group.muted.filter((one) => one.untilMs > now.wallMs), muted].slice(-mutedKept);
        close(group, 'dismissed', ledger);
      }),
    list() {
      const held = [...groups.values()].flatMap((group) => [group.open, group.accepted]);
      const now = held.flatMap((one) => (one === null ? [] : [one.advice]));
      return now.toSorted((a, b) => b.issuedAtMs - a.issuedAtMs || (a.id < b.id ? 1 : -1));
    },
    passedOver: () => [...groups.values()].flatMap((group) => passedOverIn(view(group, lastNow)) ?? []),
    rank(ecosystem, upstream) {
      const group = groupOf({ ecosystem, upstream });
      if (group === undefined) return [];
      const seen = view(group, lastNow);
      return rankWeighed(seen, weighAll(seen, headOf(group))).map(candidateOf);
    },
    remedy(ecosystem, upstream) {
      const group = groupOf({ ecosystem, upstream });
      return group === undefined ? { kind: 'nothing', state: 'right' } : remedyOf(group, vantage.suspect === true);
    },
    lookedBack: () => [...groups.values()].flatMap((group) => group.lookedBack),
    reconfigure(next, declared, now) {
      lastNow = now;
      const before = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
      const isUnchanged = (mirror: Mirror): boolean => {
        const known = before.get(mirror.name);
        return known !== undefined && isSameMirror(known, mirror);
      };
      const names = new Set(next.mirrors.filter(isUnchanged).map(({ name }) => name));
      config = next;
      const ledger = openLedger(now, random);
      const wanted = groupsOf(next, registry, declared);
      for (const [key, group] of groups) {
        const fresh = wanted.get(key);
        const isKept = fresh?.client === group.client && chainTextOf(fresh.declared) === chainTextOf(group.declared);
        if (fresh !== undefined && isKept) {
          group.declared = fresh.declared;
          group.roster = fresh.roster;
          if (group.accepted === null) group.chain = fresh.declared;
          pruneRemoved(group, names, next.modules);
          group.contest.outlook = '';
          follow(view(group, now));
          wanted.delete(key);
          continue;
        }
        close(group, 'withdrawn', ledger);
        if (fresh !== undefined) {
          closeAudit(view(group, now), ledger);
          fresh.lookedBack = group.lookedBack;
        }
        release(group, 'superseded', ledger);
        groups.delete(key);
      }
      for (const [key, group] of wanted) {
        groups.set(key, group);
        ledger.touch(group);
      }
      for (const name of tallies.keys()) if (!names.has(name)) tallies.delete(name);
      return remember(ledger.turn());
    },
  };
}

function remedyOf(group: Group, suspect: boolean): RemedyNow {
  const open = group.open?.advice ?? null;
  // A proposal stays while the vantage is suspect: taking it back would also move clients.
  const advice = open?.state === 'proposed' ? open : (group.accepted?.advice ?? null);
  if (advice !== null) {
    const isOver = advice.state === 'proposed' && hasOutlivedCause(advice);
    return { kind: 'set', chain: advice.chain.after, advice, remedy: advice.remedy, isOver };
  }
  return { kind: 'nothing', state: suspect ? 'suspect' : open?.state === 'refused' ? 'refused' : 'right' };
}
