import type { Advice, Candidate, LookedBack } from '../core/advice.ts';
import type { Config } from '../core/config.ts';
import type { AlertEvidence } from '../core/evidence.ts';
import type { EcosystemId } from '../core/mirror.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import type { SettledSample } from '../core/sample.ts';
import type { Standing, VantageStanding } from '../core/standing.ts';
import type { WhatIf, WhatIfAsked, WhatIfProblem } from '../core/what-if.ts';
import type { Chain, Client } from '../ecosystems/client.ts';
import { leadingClient } from '../ecosystems/ecosystem.ts';
import { registry as builtIn, type Registry } from '../ecosystems/registry.ts';
import { endAudit, isAudited } from './audit.ts';
import { candidatesOf } from './compose.ts';
import { type Group, headNow, type Muted, rosterOf } from './group.ts';
import { forgetRemoved, hear, looksOf } from './hear.ts';
import {
  type AdviseTurn,
  type ChainRow,
  close,
  groupKey,
  holdAgain,
  openLedger,
  release,
  settle,
  shown,
} from './ledger.ts';
import { newContest } from './paired/contest.ts';
import { newPeeks } from './paired/peeks.ts';
import { ranked } from './rank.ts';
import { follow, settleGroup } from './settle.ts';
import { emptyTally, record, type Tally } from './tally.ts';
import { nearOf, type View, viewOf, weighAll } from './view.ts';
import { readWhatIf, whatIf } from './what-if.ts';

/** Ids of settled advice remembered, to tell "settled" from "never was". */
const settledKept = 1_000;
/** Dismissals remembered of one upstream. */
const mutedKept = 50;

/** What should be set now (design.md section 4.3). */
export type RemedyNow =
  | {
      readonly kind: 'set';
      /** Masked. */
      readonly chain: string;
      readonly advice: Advice;
      readonly remedy: Readonly<Record<string, string>>;
    }
  /** `right`: the declared chain is; `refused` and `suspect`: nothing better is known, and nothing was accepted before. */
  | { readonly kind: 'nothing'; readonly state: 'right' | 'refused' | 'suspect' };

/** The stage that turns standings and samples into advice, one at a time for each (ecosystem, upstream). */
export interface Advisor {
  /**
   * Takes each settled sample, confirming ones included.
   * @returns true where a decision may follow from it at once: the mirror in use did badly, or was asked in a round
   */
  observe(sample: SettledSample, now: Now): boolean;
  /**
   * Brings all advice up to date.
   */
  consider(
    input: {
      readonly standings: readonly Standing[];
      readonly vantage: VantageStanding;
      /** Alerts of others that fire now, by mirror; absent: none. */
      readonly evidence?: ReadonlyMap<string, readonly AlertEvidence[]>;
    },
    now: Now,
  ): AdviseTurn;
  /** The chain of a proposed advice is in force from now on. */
  accept(id: string, now: Now): Result<AdviseTurn, 'unknown' | 'not_proposed'>;
  /** Silences a proposed advice, and its like (from, to, cause), for a time; what stood before is in force again. */
  dismiss(id: string, forMs: number, reason: string, now: Now): Result<AdviseTurn, 'unknown' | 'not_proposed'>;
  /** What is proposed, accepted and refused now, newest first. */
  list(): readonly Advice[];
  /** All mirrors of an upstream, best first; as of the last `consider`. Empty where no client is modelled. */
  rank(ecosystem: EcosystemId, upstream: string): readonly Candidate[];
  remedy(ecosystem: EcosystemId, upstream: string): RemedyNow;
  /** What another chain would do, from what was measured of late; changes nothing. */
  whatIf(asked: WhatIfAsked, now: Now): Result<WhatIf, WhatIfProblem>;
  /** What became of accepted advice, by upstream, oldest first. */
  lookedBack(): readonly LookedBack[];
  reconfigure(config: Config, declared: Declared, now: Now): AdviseTurn;
}

/** The chain that clients use by configuration, credentials included. */
export type Declared = (ecosystem: EcosystemId, upstream: string) => string;

/** Makes the stage, with what was stored of tables `advice` and `chain`. Rows that cannot be read are left aside. */
export function createAdvisor(input: {
  readonly config: Config;
  readonly declared: Declared;
  readonly restored: readonly Row[];
  readonly random: Random;
  readonly now: Now;
  /** The ecosystems there are; left out: those of this release. */
  readonly registry?: Registry;
}): Advisor {
  // Not `input` in what lives on: it holds the first configuration and all restored rows.
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

  const view = (group: Group, now: Now): View => viewOf({ config, group, now, vantage, standings, tallies, evidence });
  const remember = (turn: AdviseTurn): AdviseTurn => {
    for (const { advice } of turn.changes) settled.add(advice.id);
    for (const id of settled) if (settled.size > settledKept) settled.delete(id);
    return turn;
  };

  return {
    observe(sample, now) {
      const { registry: name, ecosystem, upstream } = sample.due.target;
      const group = groups.get(groupKey(ecosystem, upstream));
      if (group === undefined) return false;
      lastNow = now;
      const tally = tallies.get(name) ?? emptyTally();
      tallies.set(name, tally);
      if (sample.due.purpose !== 'peek') record(tally, sample, nearOf(config), group.client.relay?.step ?? null);
      const isCompared = hear(view(group, now), sample);
      return isCompared && (sample.outcome.tag === 'failed' || sample.due.purpose === 'confirm');
    },
    consider(given, now) {
      lastNow = now;
      vantage = given.vantage;
      evidence = given.evidence ?? new Map();
      standings = new Map(given.standings.map((standing) => [standing.registry, standing]));
      const ledger = openLedger(now);
      for (const advice of orphans) ledger.note('superseded', settle(advice, 'superseded', now));
      orphans = [];
      for (const group of groups.values()) {
        const seen = view(group, now);
        ledger.look(looksOf(seen));
        settleGroup(seen, random, ledger);
      }
      return remember(ledger.turn());
    },
    accept(id, now) {
      lastNow = now;
      const group = [...groups.values()].find((one) => one.open?.advice.id === id);
      const isKnown = settled.has(id) || [...groups.values()].some((one) => one.accepted?.advice.id === id);
      if (group?.open == null) return error(isKnown ? 'not_proposed' : 'unknown');
      if (group.open.advice.state !== 'proposed') return error('not_proposed');
      const turn = remember(acceptOpen(view(group, now)));
      follow(view(group, now));
      return ok(turn);
    },
    dismiss(id, forMs, reason, now) {
      lastNow = now;
      const group = [...groups.values()].find((one) => one.open?.advice.id === id);
      const isKnown = settled.has(id) || [...groups.values()].some((one) => one.accepted?.advice.id === id);
      const advice = group?.open?.advice;
      if (group === undefined || advice === undefined) return error(isKnown ? 'not_proposed' : 'unknown');
      if (advice.state !== 'proposed') return error('not_proposed');
      const ledger = openLedger(now);
      const { from, to, cause } = advice;
      const muted: Muted = { from, to, cause, untilMs: now.wallMs + forMs, reason };
      group.muted = [...group.muted.filter((one) => one.untilMs > now.wallMs), muted].slice(-mutedKept);
      close(group, 'dismissed', ledger, now);
      follow(view(group, now));
      return ok(remember(ledger.turn()));
    },
    list() {
      const held = [...groups.values()].flatMap((group) => [group.open, group.accepted]);
      const now = held.flatMap((one) => (one === null ? [] : [one.advice]));
      return now.toSorted((a, b) => b.issuedAtMs - a.issuedAtMs || (a.id < b.id ? 1 : -1));
    },
    rank(ecosystem, upstream) {
      const group = groups.get(groupKey(ecosystem, upstream));
      if (group === undefined) return [];
      const seen = view(group, lastNow);
      return candidatesOf(seen, headNow(group), ranked(weighAll(seen), config.advise.minGain));
    },
    remedy(ecosystem, upstream) {
      const group = groups.get(groupKey(ecosystem, upstream));
      return group === undefined ? { kind: 'nothing', state: 'right' } : remedyOf(group, vantage.suspect === true);
    },
    whatIf(asked, now) {
      const meant = readWhatIf([...groups.values()], config, asked);
      return meant.tag === 'error' ? meant : ok(whatIf(view(meant.value.group, now), meant.value));
    },
    lookedBack: () => [...groups.values()].flatMap((group) => group.lookedBack),
    reconfigure(next, declared, now) {
      lastNow = now;
      config = next;
      const ledger = openLedger(now);
      const wanted = groupsOf(next, registry, declared);
      for (const [key, group] of groups) {
        const fresh = wanted.get(key);
        if (fresh !== undefined && shown(fresh.declared) === shown(group.declared)) {
          group.declared = fresh.declared;
          group.roster = fresh.roster;
          if (group.accepted === null) group.chain = fresh.declared;
          const asked = new Set(next.modules.map(({ module, version }) => `${module}@${version ?? ''}`));
          const isAsked = (question: string): boolean => asked.has(question.slice(question.indexOf(' ') + 1));
          forgetRemoved(group, new Set(fresh.roster.mirrors.map(({ name }) => name)), isAsked);
          group.outlook = '';
          follow(view(group, now));
          wanted.delete(key);
          continue;
        }
        close(group, 'withdrawn', ledger, now);
        // Of an upstream that is gone nobody asks any more.
        if (fresh !== undefined) {
          endAudit(view(group, now), ledger);
          fresh.lookedBack = group.lookedBack;
        }
        release(group, 'superseded', ledger, now);
        groups.delete(key);
      }
      for (const [key, group] of wanted) {
        groups.set(key, group);
        ledger.touch(group);
      }
      for (const name of tallies.keys()) if (!next.mirrors.some((mirror) => mirror.name === name)) tallies.delete(name);
      return remember(ledger.turn());
    },
  };
}

function acceptOpen(view: View): AdviseTurn {
  const { group, config, now } = view;
  const ledger = openLedger(now);
  const held = group.open;
  const parsed = held === null ? null : group.client.parse(held.advice.chain.after);
  if (held === null || parsed?.tag !== 'ok') throw new Error('an accepted advice has a chain that was parsed before');
  const advice: Advice = { ...settle(held.advice, 'accepted', now), expiresAtMs: now.wallMs + config.advise.ttlMs };
  endAudit(view, ledger);
  release(group, 'superseded', ledger, now);
  const isBack = advice.chain.after === shown(group.declared);
  group.open = null;
  group.chain = isBack ? group.declared : parsed.value;
  group.accepted = isBack ? null : { ...holdAgain(advice, false, config, now), issuedMs: now.monotonicMs };
  group.audit = isAudited(advice) ? advice : null;
  group.lastAcceptMs = now.monotonicMs;
  group.lastAcceptWallMs = now.wallMs;
  group.moves.lastMs = now.monotonicMs;
  ledger.note('accepted', advice);
  ledger.touch(group);
  return ledger.turn();
}

function remedyOf(group: Group, suspect: boolean): RemedyNow {
  const open = group.open?.advice ?? null;
  // What was proposed before a suspicion stands through it: going back to what was left would be a move too.
  const advice = open?.state === 'proposed' ? open : (group.accepted?.advice ?? null);
  if (advice !== null) return { kind: 'set', chain: advice.chain.after, advice, remedy: advice.remedy };
  return { kind: 'nothing', state: suspect ? 'suspect' : open?.state === 'refused' ? 'refused' : 'right' };
}

function parsedOf(client: Client, text: string): Chain | null {
  const parsed = client.parse(text);
  return parsed.tag === 'ok' ? parsed.value : null;
}

function groupsOf(config: Config, registry: Registry, declared: Declared): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const kind of registry.all) {
    const ecosystem = kind.id;
    const client = leadingClient(kind, config);
    const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem);
    for (const upstream of new Set(mirrors.map((mirror) => mirror.upstream))) {
      const chain = parsedOf(client, declared(ecosystem, upstream));
      groups.set(groupKey(ecosystem, upstream), {
        ecosystem,
        upstream,
        kind,
        client,
        roster: rosterOf(config, ecosystem, upstream, client),
        declared: chain,
        chain,
        open: null,
        accepted: null,
        read: null,
        audit: null,
        lastAcceptMs: null,
        lastAcceptWallMs: null,
        moves: { departures: [], lastMs: null },
        muted: [],
        lookedBack: [],
        contest: newContest(null),
        peeks: newPeeks(null),
        around: null,
        outlook: '',
        heard: [],
        targets: new Map(),
        downloads: new Map(),
      });
    }
  }
  return groups;
}

/**
 * Puts stored advice back in place; where the declared chain is another one by now, only the dwell is kept.
 * @returns what was in force when it was stored and is not any more
 */
function restore(
  groups: ReadonlyMap<string, Group>,
  rows: readonly Row[],
  settled: Set<string>,
  config: Config,
  now: Now,
): readonly Advice[] {
  const stored = new Map<string, Advice>();
  for (const row of rows) {
    if (row.table !== 'advice') continue;
    settled.add(row.key);
    if (isAdvice(row.value)) stored.set(row.key, row.value);
  }
  for (const row of rows) {
    const group = row.table === 'chain' ? groups.get(row.key) : undefined;
    if (group === undefined) continue;
    const saved = row.value as Partial<ChainRow>;
    if (typeof saved.lastAcceptAtMs === 'number') {
      group.lastAcceptWallMs = saved.lastAcceptAtMs;
      group.lastAcceptMs = now.monotonicMs - Math.max(0, now.wallMs - saved.lastAcceptAtMs);
    }
    const monotonicOf = (wallMs: number): number => now.monotonicMs - Math.max(0, now.wallMs - wallMs);
    if (typeof saved.lastMoveAtMs === 'number') group.moves.lastMs = monotonicOf(saved.lastMoveAtMs);
    group.lookedBack = saved.lookedBack ?? [];
    if (saved.declared !== shown(group.declared)) continue;
    group.moves.departures = (saved.departuresAtMs ?? []).map(monotonicOf);
    group.muted = saved.muted ?? [];
    const again = (id: string | null | undefined) => {
      const advice = id == null ? undefined : stored.get(id);
      return advice === undefined ? null : holdAgain(advice, saved.reminded?.includes(advice.id) ?? false, config, now);
    };
    group.open = again(saved.open);
    group.accepted = again(saved.accepted);
    group.audit = saved.audit == null ? null : (stored.get(saved.audit) ?? null);
    if (group.accepted !== null)
      group.chain = parsedOf(group.client, group.accepted.advice.chain.after) ?? group.declared;
    group.contest.head = headNow(group)?.name ?? null;
  }
  const held = new Set(
    [...groups.values()].flatMap((group) => [group.open?.advice.id, group.accepted?.advice.id, group.audit?.id]),
  );
  return [...stored.values()].filter(
    (advice) =>
      !held.has(advice.id) && isLive(advice.state) && !(advice.state === 'accepted' && advice.cause === 'failback'),
  );
}

/** Enough of a look at a stored row to go on with it: all of them were written by us. */
function isAdvice(value: unknown): value is Advice {
  const given = value as Partial<Advice> | null;
  return (
    typeof given?.id === 'string' && typeof given.chain?.after === 'string' && typeof given.issuedAtMs === 'number'
  );
}

function isLive(state: Advice['state']): boolean {
  return state === 'proposed' || state === 'accepted' || state === 'refused';
}
