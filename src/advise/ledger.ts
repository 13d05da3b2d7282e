import type { Advice, AdviceChange, AdviceState } from '../core/advice.ts';
import type { Config } from '../core/config.ts';
import type { RecheckOrder } from '../core/due.ts';
import { upstreamKeyOf } from '../core/mirror.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import type { Message } from '../core/result.ts';
import type { Departure } from './comparison/home.ts';
import { chainTextOf, type Group, headOf, isAuditDue, type LiveAdvice, newRota, parsedOf } from './group.ts';
import { settledReasonOf } from './words.ts';

/** The result of one call of the advisor: probes to order, events in their order, and rows to store. */
export interface AdviseTurn {
  readonly rechecks: readonly RecheckOrder[];
  readonly changes: readonly AdviceChange[];
  readonly rows: readonly Row[];
}

export type Ledger = ReturnType<typeof openLedger>;

export function openLedger(now: Now, random: Pick<Random, 'id'>) {
  const changes: AdviceChange[] = [];
  const rechecks: RecheckOrder[] = [];
  const kept = new Map<string, Advice>();
  const touched = new Map<string, Group>();
  const keep = (advice: Advice): void => void kept.set(advice.id, advice);
  const touch = (group: Group): void => {
    group.probing.isTurnTaken = false;
    touched.set(upstreamKeyOf({ ecosystem: group.kind.id, upstream: group.upstream }), group);
  };
  return {
    now,
    newId: () => random.id(now.wallMs),
    /** @param group  the group whose advice it is, whose state is stored too; `null`: it is no longer configured */
    note(group: Group | null, change: AdviceChange['change'], advice: Advice): void {
      changes.push({ change, advice });
      keep(advice);
      if (group !== null) touch(group);
    },
    /** Stores an advice. */
    keep,
    /** Stores the state of a group, as it is at the end of the turn. */
    touch,
    recheck: (orders: readonly RecheckOrder[]) => void rechecks.push(...orders),
    turn(): AdviseTurn {
      const ofAdvice = kept.values().map((value): Row => {
        return { table: 'advice', key: value.id, atMs: value.issuedAtMs, value };
      });
      const ofChains = touched.entries().map(([key, group]): Row => {
        return { table: 'chain', key, atMs: now.wallMs, value: chainRow(group, now) };
      });
      return { rechecks, changes, rows: [...ofAdvice, ...ofChains] };
    },
  };
}

/** The stored state of one upstream. Rows of earlier versions lack fields. */
export type ChainRow = ReturnType<typeof chainRow>;

/** Credentials in chains are masked, times are those of the wall clock. */
function chainRow(group: Group, now: Now) {
  const wallOf = (monotonicMs: number): number => now.wallMs - (now.monotonicMs - monotonicMs);
  const held = [group.open, group.accepted].filter((one) => one !== null);
  return {
    declared: chainTextOf(group.declared),
    chain: chainTextOf(group.chain),
    open: group.open?.advice.id ?? null,
    accepted: group.accepted?.advice.id ?? null,
    reminded: held.filter((one) => one.reminded).map((one) => one.advice.id),
    audit: group.audit?.id ?? null,
    lastAcceptAtMs: group.moves.accept?.wallMs ?? null,
    // When and why clients left home (the first declared mirror).
    departures: group.moves.departures.map((one) => ({ ...one, atMs: wallOf(one.atMs) })),
    lastMoveAtMs: group.moves.lastMs === null ? null : wallOf(group.moves.lastMs),
    muted: group.muted.filter((one) => one.untilMs > now.wallMs),
    lookedBack: group.audited,
    // By mirror: the artifact whose first bytes were probed last.
    peeked: Object.fromEntries(
      [...group.probing.rotas].flatMap(([name, { last }]) => (last === null ? [] : [[name, last]])),
    ),
  };
}

/**
 * Starts the lifetime of an advice. It ends `advise.ttl` from now.
 * @param fromMs  when the evidence of the time test behind the advice starts; `null`: no such test
 */
export function startLife(advice: Advice, config: Config, now: Now, fromMs: number | null = null): LiveAdvice {
  return {
    advice,
    issuedMs: now.monotonicMs,
    expiresMs: now.monotonicMs + config.advise.ttlMs,
    reminded: false,
    fromMs,
    wordedMs: now.monotonicMs,
    storedMs: now.monotonicMs,
  };
}

/** Restores the lifetime of a stored advice, by the wall clock. It ends at most `advise.ttl` from now. */
function restoreLife(advice: Advice, reminded: boolean, config: Config, now: Now): LiveAdvice {
  const leftMs = Math.min(config.advise.ttlMs, Math.max(0, advice.expiresAtMs - now.wallMs));
  const ageMs = Math.max(0, now.wallMs - advice.issuedAtMs);
  return {
    ...startLife(advice, config, now),
    issuedMs: now.monotonicMs - ageMs,
    expiresMs: now.monotonicMs + leftMs,
    reminded,
  };
}

/** Gives an advice its next state. Only proposed advice can be over, so accepted advice is active. */
export function changeState(advice: Advice, state: AdviceState, now: Now): Advice {
  const settled = { ...advice, state, settledAtMs: now.wallMs };
  if (state === 'proposed') return settled;
  const reason = settledReasonOf(advice, state);
  return state === 'accepted'
    ? { ...settled, ...reason, phase: 'active', newClients: 'advised' }
    : { ...settled, ...reason, phase: 'ended', newClients: 'usual' };
}

/** @param end  why the advice ends; `null`: its reason stays */
type Closed = Exclude<AdviceState, 'proposed' | 'accepted' | 'refused'>;

export function close(group: Group, state: Closed, ledger: Ledger, end: Message | null = null): void {
  if (group.open === null) return;
  const advice = changeState(group.open.advice, state, ledger.now);
  ledger.note(group, state, end === null ? advice : { ...advice, reason: end.text, sentence: end.sentence });
  group.open = null;
}

export function renewAdvice(group: Group, held: LiveAdvice, config: Config, ledger: Ledger): LiveAdvice {
  const { advice } = held;
  const { now } = ledger;
  const id = ledger.newId();
  ledger.note(group, 'superseded', changeState(advice, 'superseded', now));
  const next: Advice = { ...advice, id, issuedAtMs: now.wallMs, expiresAtMs: now.wallMs + config.advise.ttlMs };
  ledger.note(group, next.state === 'accepted' ? 'accepted' : 'proposed', next);
  return startLife(next, config, now, held.fromMs);
}

/** How 1.0 stored departures. Version 1.2 no longer reads this. */
interface FormerDepartures {
  readonly departuresAtMs?: readonly number[];
  readonly slowDeparturesAtMs?: readonly number[];
}

function formerDeparturesOf({ departuresAtMs = [], slowDeparturesAtMs = [] }: FormerDepartures): readonly Departure[] {
  const departuresOf = (times: readonly number[], isOfTime: boolean): readonly Departure[] =>
    times.map((atMs) => ({ atMs, isOfTime, savedShare: null }));
  const all = [...departuresOf(departuresAtMs, false), ...departuresOf(slowDeparturesAtMs, true)];
  return all.toSorted((a, b) => a.atMs - b.atMs);
}

/**
 * Restores the stored state of each group. If the declared chain has changed, state that depends on it is dropped.
 * @param settled  receives the ids of all stored advice
 * @returns        stored advice that had not ended (a stored chain names it), and that no group holds now
 */
export function restoreLedger(
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
    if (isAdvice(row.value)) stored.set(row.key, withPhase(row.value));
  }
  for (const row of rows) {
    const group = row.table === 'chain' ? groups.get(row.key) : undefined;
    if (group === undefined) continue;
    const saved = row.value as Partial<ChainRow> & FormerDepartures;
    const monotonicOf = (wallMs: number): number => now.monotonicMs - Math.max(0, now.wallMs - wallMs);
    const acceptMs = saved.lastAcceptAtMs;
    if (typeof acceptMs === 'number') group.moves.accept = { atMs: monotonicOf(acceptMs), wallMs: acceptMs };
    if (typeof saved.lastMoveAtMs === 'number') group.moves.lastMs = monotonicOf(saved.lastMoveAtMs);
    group.audited = saved.lookedBack ?? [];
    for (const [name, last] of Object.entries(saved.peeked ?? {}))
      if (typeof last === 'string') group.probing.rotas.set(name, newRota(last));
    if (saved.declared !== chainTextOf(group.declared)) continue;
    const departures = saved.departures ?? formerDeparturesOf(saved);
    group.moves.departures = departures.map((one) => ({ ...one, atMs: monotonicOf(one.atMs) }));
    group.muted = saved.muted ?? [];
    const again = (id: string | null | undefined) => {
      const advice = id == null ? undefined : stored.get(id);
      return advice === undefined
        ? null
        : restoreLife(advice, saved.reminded?.includes(advice.id) ?? false, config, now);
    };
    group.open = again(saved.open);
    group.accepted = again(saved.accepted);
    // An audit that became due while no daemon ran has no samples of its period. It is dropped, because later samples
    // must not decide.
    const isMissed = isAuditDue(group.moves.accept, now.monotonicMs, config);
    group.audit = saved.audit == null || isMissed ? null : (stored.get(saved.audit) ?? null);
    if (group.accepted !== null)
      group.chain = parsedOf(group.client, group.accepted.advice.chain.after) ?? group.declared;
    group.contest.head = headOf(group)?.name ?? null;
  }
  return listOrphans(groups, rows, stored);
}

/** An accepted advice that leads back to the declared chain has ended, although its state stays `accepted`. */
function listOrphans(groups: ReadonlyMap<string, Group>, rows: readonly Row[], stored: ReadonlyMap<string, Advice>) {
  const held = new Set([...groups.values()].flatMap(({ open, accepted }) => [open?.advice.id, accepted?.advice.id]));
  const chains = rows.flatMap(({ table, value }) => (table === 'chain' ? [value as Partial<ChainRow>] : []));
  const live = chains.flatMap(({ open, accepted }) => [stored.get(open ?? ''), stored.get(accepted ?? '')]);
  return live
    .filter((advice) => advice !== undefined)
    .filter(({ id, state }) => !held.has(id) && ['proposed', 'accepted', 'refused'].includes(state));
}

/** Advice that version 1.0 stored has no phase. Its next update finds out whether its cause is over. */
function withPhase(advice: Advice): Advice {
  const { phase = 'active', overAtMs = null, newClients = 'advised' } = advice;
  return { ...advice, phase, overAtMs, newClients };
}

/** Checks only the types of some fields, because only this program writes the row. */
function isAdvice(value: unknown): value is Advice {
  const given = value as Partial<Advice> | null;
  return (
    typeof given?.id === 'string' && typeof given.chain?.after === 'string' && typeof given.issuedAtMs === 'number'
  );
}
