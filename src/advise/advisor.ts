import type { Advice, Audited, RemedyNow } from '../core/advice.ts';
import type { ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import type { Declined, Due, PendingLimit } from '../core/due.ts';
import type { AlertEvidence } from '../core/evidence.ts';
import { type Without, withoutNone } from '../core/judge-rules.ts';
import { type EcosystemId, type Target, type Upstream, upstreamKeyOf } from '../core/mirror.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';
import type { UpstreamVerdict } from '../core/verdict.ts';
import { registry as builtIn, type Registry } from '../ecosystems/registry.ts';
import { messageFor } from '../words/tell.ts';
import { release } from './audit.ts';
import { recordDeclined } from './downloads.ts';
import { chainTextOf, type Declared, type Group, groupsOf, headOf, type Muted, unchangedIn } from './group.ts';
import { type AdviseTurn, changeState, close, type Ledger, openLedger, restoreLedger } from './ledger.ts';
import { applyOpen, renewAdvices, undoAccepted, updateAdvice } from './lifecycle.ts';
import { followSurroundings, keepGroup, keepMeasured, rechecksFor, recordClientFailure } from './observe.ts';
import { prepareView } from './prepare.ts';
import { confirmWaitMsFor, dropOutdated, idleMsOf, pendingInMs, receivePending, receiveSample } from './receive.ts';
import type { Tally } from './tally.ts';
import { upstreamVerdictOf } from './verdict.ts';
import { type View, viewOf } from './view.ts';

/**
 * The maximum number of advice ids kept. A request to accept or dismiss an advice that has ended gets the error
 * `not_proposed` if its id is still kept, else the error `unknown`.
 */
const settledKept = 1_000;
const mutedKept = 50;

/** Turns the states and samples of mirrors into advice. */
export class Advisor {
  readonly #random: Random;
  readonly #groupsBy: (config: Config, declared: Declared) => Map<string, Group>;
  #config: Config;
  #lastNow: Now;
  #vantage: VantageStanding = { suspect: null, sinceMs: null, controls: [], contaminatedShare: null };
  #standings: ReadonlyMap<string, Standing> = new Map();
  #evidence: ReadonlyMap<string, readonly AlertEvidence[]> = new Map();
  readonly #tallies = new Map<string, Tally>();
  /** Ids of stored and recent advice, ended or not. */
  readonly #settled = new Set<string>();
  readonly #groups: Map<string, Group>;
  /** Stored advice of upstreams that are no longer configured. */
  #orphans: readonly Advice[];
  /** `null`: no record is made yet for this turn. */
  #verdicts: readonly UpstreamVerdict[] | null = null;

  constructor({ config, declared, restored, random, now, registry = builtIn, without = withoutNone }: AdvisorInput) {
    this.#random = random;
    this.#groupsBy = (of, by) => groupsOf(of, registry, by, without);
    this.#config = config;
    this.#lastNow = now;
    this.#groups = this.#groupsBy(config, declared);
    this.#orphans = restoreLedger(this.#groups, restored, this.#settled, config, now);
  }

  /** @returns true if the sample may change a decision: the caller then calls `consider` at once */
  observe(sample: SettledSample, now: Now): boolean {
    const group = this.#groupOf(sample.due.target);
    if (group === undefined) return false;
    this.#lastNow = now;
    return receiveSample(this.#view(group, now), this.#tallies, sample);
  }

  /**
   * Milliseconds until a pending probe, sent `outMs` milliseconds ago, must be checked again for this limit; 0 or less:
   * it has reached the limit; `null`: no check.
   */
  pendingInMs(limit: PendingLimit, due: Due, outMs: number, now: Now): number | null {
    const group = this.#groupOf(due.target);
    return group === undefined ? null : pendingInMs[limit](this.#view(group, now), due, outMs);
  }

  /** How long the confirming probes have to wait at least after a pending probe put its mirror in doubt, milliseconds. */
  confirmWaitMsFor(due: Due, outMs: number, now: Now): number {
    const group = this.#groupOf(due.target);
    return group === undefined ? 0 : confirmWaitMsFor(this.#view(group, now), due, outMs);
  }

  /** True for a target of the mirror that clients use first. */
  isHead(target: Target): boolean {
    const group = this.#groupOf(target);
    return group !== undefined && headOf(group)?.name === target.registry;
  }

  /** The longest wait for the next byte of a download that starts now, ms; `null`: only the probe's timeout applies. */
  idleMs(due: Due): number | null {
    const group = this.#groupOf(due.target);
    return group === undefined ? null : idleMsOf(group, due);
  }

  /** Records a pending probe as late. The caller has checked that it has reached the limit `late`. */
  late(due: Due, outMs: number, now: Now): void {
    const group = this.#groupOf(due.target);
    if (group === undefined) return;
    this.#lastNow = now;
    receivePending(this.#view(group, now), this.#tallies, due, outMs);
  }

  /**
   * Records that a real client (such as `go`) failed to fetch a module. If the mirror is the head (the first mirror of
   * the chain), this causes rechecks.
   */
  clientFailed(run: Pick<ClientRun, 'ecosystem' | 'upstream' | 'registry' | 'module' | 'version'>): void {
    const group = this.#groupOf(run);
    if (group !== undefined) recordClientFailure(group, run.registry, run.module, run.version);
  }

  /** Records that a probe that the advisor had ordered was not sent. */
  declined(declined: Declined): void {
    const group = this.#groupOf(declined.order.target);
    if (group !== undefined) recordDeclined(group, declined);
  }

  consider(given: Considered, now: Now): AdviseTurn {
    this.#lastNow = now;
    const isTurned = (this.#vantage.suspect === true) !== (given.vantage.suspect === true);
    this.#vantage = given.vantage;
    this.#evidence = given.evidence ?? new Map();
    this.#standings = new Map(given.standings.map((standing) => [standing.registry, standing]));
    const ledger = openLedger(now, this.#random);
    for (const advice of this.#orphans) ledger.note(null, 'superseded', changeState(advice, 'superseded', now));
    this.#orphans = [];
    for (const group of this.#groups.values()) {
      const seen = this.#view(group, now);
      dropOutdated(seen, isTurned);
      ledger.recheck(rechecksFor(seen));
      renewAdvices(seen, ledger);
      updateAdvice(prepareView(seen), ledger);
      followSurroundings(seen);
      if (group.probing.isTurnTaken) ledger.touch(group);
    }
    return this.#remember(ledger.turn());
  }

  /** Accepts a proposed advice: from now on its chain counts as the one in use. */
  accept(id: string, now: Now): Result<AdviseTurn, 'unknown' | 'not_proposed'> {
    return this.#settle(id, now, (group, _, ledger) => applyOpen(this.#view(group, now), ledger));
  }

  /** Closes a proposed advice. For `forMs` milliseconds, the same switch for the same cause is not proposed again. */
  dismiss(id: string, forMs: number, reason: string, now: Now): Result<AdviseTurn, 'unknown' | 'not_proposed'> {
    return this.#settle(id, now, (group, { from, to, cause }, ledger) => {
      const muted: Muted = { from, to, cause, untilMs: now.wallMs + forMs, reason };
      group.muted = [...group.muted.filter((one) => one.untilMs > now.wallMs), muted].slice(-mutedKept);
      close(group, 'dismissed', ledger);
    });
  }

  /**
   * Ends accepted advice whose change was undone.
   * @param back  the advice that clients follow again; `null`: they use the declared chain
   * @returns     no changes if other advice is accepted now
   */
  undo({ ecosystem, upstream, chain }: Advice, back: Advice | null, now: Now): AdviseTurn {
    this.#lastNow = now;
    const ledger = openLedger(now, this.#random);
    const group = this.#groupOf({ ecosystem, upstream });
    if (group?.accepted?.advice.chain.after === chain.after) {
      undoAccepted(this.#view(group, now), back, ledger);
      followSurroundings(this.#view(group, now));
    }
    return this.#remember(ledger.turn());
  }

  /** The current advice of all groups, newest first: proposed, accepted, or refused (no mirror can be advised). */
  list(): readonly Advice[] {
    const held = [...this.#groups.values()].flatMap((group) => [group.open, group.accepted]);
    const now = held.flatMap((one) => (one === null ? [] : [one.advice]));
    return now.toSorted((a, b) => b.issuedAtMs - a.issuedAtMs || (a.id < b.id ? 1 : -1));
  }

  /** The record of each upstream for this turn. It is made when it is first read, and then kept until the next turn. */
  verdicts(): readonly UpstreamVerdict[] {
    this.#verdicts ??= [...this.#groups.values()].map((group) => upstreamVerdictOf(this.#view(group, this.#lastNow)));
    return this.#verdicts;
  }

  /**
   * What clients of an upstream should have configured now: the chain of the proposed or accepted advice. `nothing`: no
   * change of their configuration is advised.
   */
  remedy(ecosystem: EcosystemId, upstream: string): RemedyNow {
    const group = this.#groupOf({ ecosystem, upstream });
    if (group === undefined) return { kind: 'nothing', state: 'right' };
    const open = group.open?.advice;
    // A proposal stays in force while our network is suspect, because its withdrawal would make clients switch again.
    const advice = open?.state === 'proposed' ? open : group.accepted?.advice;
    if (advice !== undefined) return { kind: 'set', chain: advice.chain.after, advice, remedy: advice.remedy };
    if (this.#vantage.suspect === true) return { kind: 'nothing', state: 'suspect' };
    return { kind: 'nothing', state: open?.state === 'refused' ? 'refused' : 'right' };
  }

  /** The verdicts of audits (whether accepted advice was right), of all upstreams. */
  audited(): readonly Audited[] {
    return [...this.#groups.values()].flatMap((group) => group.audited);
  }

  reconfigure(config: Config, declared: Declared, now: Now): AdviseTurn {
    this.#lastNow = now;
    const names = unchangedIn(config, this.#config);
    this.#config = config;
    const ledger = openLedger(now, this.#random);
    const wanted = this.#groupsBy(config, declared);
    for (const [key, group] of this.#groups) {
      const fresh = wanted.get(key);
      const isSame = fresh?.client === group.client && chainTextOf(fresh.declared) === chainTextOf(group.declared);
      if (fresh !== undefined && isSame) {
        keepGroup(group, fresh, names, config);
        followSurroundings(this.#view(group, now));
        wanted.delete(key);
        continue;
      }
      close(group, 'withdrawn', ledger, messageFor('ground.changed'));
      if (fresh === undefined) group.audit = null;
      release(this.#view(group, now), 'superseded', ledger);
      if (fresh !== undefined) keepMeasured(group, fresh, names);
      this.#groups.delete(key);
    }
    for (const [key, group] of wanted) {
      this.#groups.set(key, group);
      ledger.touch(group);
    }
    for (const name of this.#tallies.keys()) if (!names.has(name)) this.#tallies.delete(name);
    return this.#remember(ledger.turn());
  }

  #view(group: Group, now: Now): View {
    const given = { config: this.#config, group, now, vantage: this.#vantage };
    return viewOf(given, this.#standings, this.#tallies, this.#evidence);
  }

  #groupOf(of: Upstream): Group | undefined {
    return this.#groups.get(upstreamKeyOf(of));
  }

  #remember(turn: AdviseTurn): AdviseTurn {
    this.#verdicts = null;
    const settled = this.#settled;
    for (const { advice } of turn.changes) settled.add(advice.id);
    for (const id of settled) if (settled.size > settledKept) settled.delete(id);
    return turn;
  }

  #settle(
    id: string,
    now: Now,
    act: (group: Group, advice: Advice, ledger: Ledger) => void,
  ): Result<AdviseTurn, 'unknown' | 'not_proposed'> {
    this.#lastNow = now;
    const all = [...this.#groups.values()];
    const group = all.find((one) => one.open?.advice.id === id);
    const advice = group?.open?.advice;
    const isKnown = group !== undefined || this.#settled.has(id) || all.some((one) => one.accepted?.advice.id === id);
    if (group === undefined || advice?.state !== 'proposed') return error(isKnown ? 'not_proposed' : 'unknown');
    const ledger = openLedger(now, this.#random);
    act(group, advice, ledger);
    followSurroundings(this.#view(group, now));
    return ok(this.#remember(ledger.turn()));
  }
}

interface AdvisorInput {
  readonly config: Config;
  readonly declared: Declared;
  /** The stored rows of tables `advice` and `chain`. */
  readonly restored: readonly Row[];
  readonly random: Random;
  readonly now: Now;
  /** If absent, the built-in ecosystems are used. */
  readonly registry?: Registry;
  readonly without?: Without;
}

interface Considered {
  readonly standings: readonly Standing[];
  readonly vantage: VantageStanding;
  /** Firing alerts of other systems, by mirror name. If absent, there are none. */
  readonly evidence?: ReadonlyMap<string, readonly AlertEvidence[]>;
}
