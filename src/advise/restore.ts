import type { Advice } from '../core/advice.ts';
import type { Config } from '../core/config.ts';
import type { Now, Row } from '../core/ports.ts';
import { type Group, headNow } from './group.ts';
import { parsedOf } from './groups.ts';
import { type ChainRow, holdAgain, shown } from './ledger.ts';
import { newRota } from './paired/peeks.ts';

/**
 * Puts stored advice back in place; where the declared chain is another one by now, only the dwell is kept.
 * @returns what was in force when it was stored and is not any more
 */
export function restore(
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
    for (const [name, last] of Object.entries(saved.peeked ?? {}))
      if (typeof last === 'string') group.rotas.set(name, newRota(last));
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
