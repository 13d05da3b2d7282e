import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Row, Store, StoreBatch } from '../core/ports.ts';
import type { KeptProbe } from '../core/sample.ts';

/** A row stamp that never expires by age, and is deleted last. */
const heldAtMs = Number.MAX_SAFE_INTEGER;
const rowsPerPage = 200;

/** The changes of one turn in findings and in the probes that they cite. */
export interface CitedTurn {
  readonly open: readonly Finding[];
  /** The row of a finding names the probes that the finding cites from now on. */
  readonly rows: readonly Row[];
  readonly settled: readonly KeptProbe[];
  /** Findings behind advice in force. */
  inForce(): Iterable<string>;
}

interface Held {
  ids: readonly string[];
  readonly waiting: Map<string, KeptProbe>;
  readonly written: Set<string>;
  /** The finding has ended: only advice in force keeps the probes. */
  isOver: boolean;
}

/**
 * The probes that findings cite, in table `cited`: kept while the finding is open or advice in force rests on it, and
 * for `state.keep` after that. Above `limits.citedProbes`, further probes are not written.
 * @param input.find  a probe that is still known somewhere
 */
export function createCited(input: {
  readonly store: Pick<Store, 'get' | 'page'>;
  readonly open: readonly Finding[];
  readonly inForce: Iterable<string>;
  find(probeId: string): KeptProbe | null;
}) {
  const { find } = input;
  const held = new Map<string, Held>();
  /** How many findings cite each stored row. */
  const holders = new Map<string, number>();
  let orphans = heldIn(input.store);
  let puts = new Map<string, Row>();
  let deletes = new Set<string>();

  const heldOf = (findingId: string): Held => {
    const known = held.get(findingId);
    if (known !== undefined) return known;
    const made: Held = { ids: [], waiting: new Map(), written: new Set(), isOver: false };
    held.set(findingId, made);
    return made;
  };
  const put = (probeId: string, atMs: number, value: unknown): void => {
    deletes.delete(probeId);
    puts.set(probeId, { table: 'cited', key: probeId, atMs, value });
  };
  const hold = (of: Held, probeId: string): void => {
    of.written.add(probeId);
    holders.set(probeId, (holders.get(probeId) ?? 0) + 1);
  };
  const letGo = (of: Held, probeId: string): boolean => {
    of.written.delete(probeId);
    const left = (holders.get(probeId) ?? 1) - 1;
    if (left > 0) holders.set(probeId, left);
    else holders.delete(probeId);
    return left <= 0;
  };
  const takeUp = (findingId: string, ids: readonly string[], isOver: boolean): void => {
    const of = heldOf(findingId);
    of.ids = ids;
    of.isOver = isOver;
    for (const id of ids) if (orphans.has(id)) hold(of, id);
  };
  for (const { id, evidence } of input.open) takeUp(id, evidence.probeIds, false);
  for (const id of input.inForce) {
    const finding = held.has(id) ? undefined : (input.store.get('finding', id)?.value as Finding | undefined);
    if (finding !== undefined) takeUp(id, finding.evidence.probeIds, true);
  }
  for (const id of holders.keys()) orphans.delete(id);

  function gather({ id, evidence: { probeIds } }: Finding, settled: ReadonlyMap<string, KeptProbe>): Held {
    const of = heldOf(id);
    if (of.ids === probeIds) return of;
    const fresh = probeIds.filter((probeId) => !of.ids.includes(probeId));
    of.ids = probeIds;
    for (const probeId of of.waiting.keys()) if (!probeIds.includes(probeId)) of.waiting.delete(probeId);
    for (const probeId of fresh) {
      const probe = settled.get(probeId) ?? find(probeId);
      if (probe !== null) of.waiting.set(probeId, probe);
    }
    return of;
  }

  function write(of: Held): void {
    for (const id of [...of.written]) {
      if (of.ids.includes(id) || !letGo(of, id)) continue;
      puts.delete(id);
      deletes.add(id);
    }
    for (const [id, probe] of of.waiting) {
      const isThere = holders.has(id);
      if (!isThere && holders.size >= limits.citedProbes) continue;
      if (!isThere) put(id, heldAtMs, bounded(probe));
      hold(of, id);
    }
    of.waiting.clear();
  }

  /** From now on the rows expire by age. */
  function release(findingId: string, of: Held, wallMs: number): void {
    held.delete(findingId);
    for (const id of [...of.written]) if (letGo(of, id)) age(id, wallMs);
  }

  function age(probeId: string, wallMs: number): void {
    const probe = (puts.get(probeId)?.value as KeptProbe | undefined) ?? find(probeId);
    if (probe !== null) put(probeId, wallMs, bounded(probe));
  }

  function releaseOver(turn: CitedTurn, wallMs: number): void {
    let inForce: ReadonlySet<string> | null = null;
    for (const [id, of] of held) {
      if (!of.isOver) continue;
      inForce ??= new Set(turn.inForce());
      if (!inForce.has(id)) release(id, of, wallMs);
    }
  }

  return {
    follow(
      turn: CitedTurn,
      wallMs: number,
    ): { readonly rows: readonly Row[]; readonly deletes: StoreBatch['deletes'] } {
      const findings = turn.rows.flatMap((row) => (row.table === 'finding' ? [row.value as Finding] : []));
      if (turn.open.length + findings.length + held.size + orphans.size === 0) return { rows: [], deletes: [] };
      const settled = new Map(turn.settled.map((one) => [one.sample.due.probeId, one]));
      for (const finding of turn.open) gather(finding, settled);
      for (const finding of findings) {
        const of = gather(finding, settled);
        write(of);
        of.isOver = finding.state !== 'open';
      }
      releaseOver(turn, wallMs);
      // Findings that ended while the daemon was down.
      for (const id of orphans) if (!holders.has(id)) age(id, wallMs);
      orphans = new Set();
      const change = {
        rows: [...puts.values()],
        deletes: [...deletes].map((key) => ({ table: 'cited' as const, key })),
      };
      puts = new Map();
      deletes = new Set();
      return change;
    },
    /** A cited probe that is written later, with its finding. */
    waiting(probeId: string): KeptProbe | null {
      for (const { waiting } of held.values()) {
        const probe = waiting.get(probeId);
        if (probe !== undefined) return probe;
      }
      return null;
    },
    holds: (findingId: string): boolean => held.has(findingId),
  };
}

/** The ids of the held rows: by their time stamp the newest of the table. */
function heldIn(store: Pick<Store, 'page'>): Set<string> {
  const ids = new Set<string>();
  let before: { atMs: number; key: string } | null = null;
  for (;;) {
    const rows: readonly Row[] = store.page('cited', rowsPerPage, before);
    for (const { atMs, key } of rows) if (atMs === heldAtMs) ids.add(key);
    const last = rows.at(-1);
    if (last === undefined || last.atMs !== heldAtMs) return ids;
    before = { atMs: last.atMs, key: last.key };
  }
}

/** A long probe is stored without its transcript. */
function bounded(probe: KeptProbe): KeptProbe {
  return JSON.stringify(probe).length <= limits.citedChars ? probe : { sample: probe.sample, transcript: null };
}
