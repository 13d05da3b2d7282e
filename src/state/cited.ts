import type { Finding } from '../core/finding.ts';
import { getOrMake } from '../core/get-or-make.ts';
import { limits } from '../core/limits.ts';
import type { Row, Store, StoreBatch } from '../core/ports.ts';
import type { KeptProbe } from '../core/sample.ts';

/** The time stamp of rows that never expire by age and are deleted last. */
const heldAtMs = Number.MAX_SAFE_INTEGER;
const rowsPerPage = 200;

/** The changes of findings, and of the probes that they cite, in one turn (pass of the main loop). */
export interface CitedTurn {
  readonly open: readonly Finding[];
  /** The rows of findings. Each lists the probes that the finding cites from now on. */
  readonly rows: readonly Row[];
  readonly settled: readonly KeptProbe[];
  /** Returns the ids of the findings that caused advice which is in force. */
  inForce(): Iterable<string>;
}

interface Held {
  ids: readonly string[];
  readonly waiting: Map<string, KeptProbe>;
  readonly written: Set<string>;
  /**
   * True if the finding has ended. Then its rows are exempt from expiry only while it is a cause of advice in force.
   */
  isOver: boolean;
}

interface CitedInput {
  readonly store: Pick<Store, 'get' | 'page'>;
  readonly open: readonly Finding[];
  readonly inForce: Iterable<string>;
  /** Returns a probe that is still in memory or stored; `null`: it is neither in memory nor stored. */
  find(probeId: string): KeptProbe | null;
}

/**
 * Stores the probes that findings cite in table `cited`. They are kept while the finding is open or is a cause of
 * advice in force, and for `state.keep` after that. Above `limits.citedProbes`, further probes are not written.
 */
export class Cited {
  readonly #find: CitedInput['find'];
  readonly #held = new Map<string, Held>();
  /** How many findings cite each stored row. */
  readonly #holders = new Map<string, number>();
  #orphans: Set<string>;
  #puts = new Map<string, Row>();
  #deletes = new Set<string>();

  constructor({ store, open, inForce, find }: CitedInput) {
    this.#find = find;
    this.#orphans = heldIn(store);
    for (const { id, evidence } of open) this.#takeUp(id, evidence.probeIds, false);
    for (const id of inForce) {
      const finding = this.#held.has(id) ? undefined : (store.get('finding', id)?.value as Finding | undefined);
      if (finding !== undefined) this.#takeUp(id, finding.evidence.probeIds, true);
    }
    for (const id of this.#holders.keys()) this.#orphans.delete(id);
  }

  follow(turn: CitedTurn, wallMs: number): { readonly rows: readonly Row[]; readonly deletes: StoreBatch['deletes'] } {
    const findings = turn.rows.flatMap((row) => (row.table === 'finding' ? [row.value as Finding] : []));
    if (turn.open.length + findings.length + this.#held.size + this.#orphans.size === 0)
      return { rows: [], deletes: [] };
    const settled = new Map(turn.settled.map((one) => [one.sample.due.probeId, one]));
    for (const finding of turn.open) this.#gather(finding, settled);
    for (const finding of findings) {
      const of = this.#gather(finding, settled);
      this.#write(of);
      of.isOver = finding.state !== 'open';
    }
    this.#releaseOver(turn, wallMs);
    // These rows were exempt from expiry when the daemon stopped, but no current finding holds them. So they expire by
    // age from now on.
    for (const id of this.#orphans) if (!this.#holders.has(id)) this.#age(id, wallMs);
    this.#orphans = new Set();
    const change = {
      rows: [...this.#puts.values()],
      deletes: [...this.#deletes].map((key) => ({ table: 'cited' as const, key })),
    };
    this.#puts = new Map();
    this.#deletes = new Set();
    return change;
  }

  /** Returns a cited probe that waits to be written together with its finding; `null`: none. */
  waiting(probeId: string): KeptProbe | null {
    for (const { waiting } of this.#held.values()) {
      const probe = waiting.get(probeId);
      if (probe !== undefined) return probe;
    }
    return null;
  }

  holds(findingId: string): boolean {
    return this.#held.has(findingId);
  }

  #heldOf(findingId: string): Held {
    return getOrMake(this.#held, findingId, () => ({ ids: [], waiting: new Map(), written: new Set(), isOver: false }));
  }

  #takeUp(findingId: string, ids: readonly string[], isOver: boolean): void {
    const of = this.#heldOf(findingId);
    of.ids = ids;
    of.isOver = isOver;
    for (const id of ids) if (this.#orphans.has(id)) this.#hold(of, id);
  }

  #gather({ id, evidence: { probeIds } }: Finding, settled: ReadonlyMap<string, KeptProbe>): Held {
    const of = this.#heldOf(id);
    if (of.ids === probeIds) return of;
    const fresh = probeIds.filter((probeId) => !of.ids.includes(probeId));
    of.ids = probeIds;
    for (const probeId of of.waiting.keys()) if (!probeIds.includes(probeId)) of.waiting.delete(probeId);
    for (const probeId of fresh) {
      const probe = settled.get(probeId) ?? this.#find(probeId);
      if (probe !== null) of.waiting.set(probeId, probe);
    }
    return of;
  }

  #write(of: Held): void {
    for (const id of [...of.written]) {
      if (of.ids.includes(id) || !this.#letGo(of, id)) continue;
      this.#puts.delete(id);
      this.#deletes.add(id);
    }
    for (const [id, probe] of of.waiting) {
      const isThere = this.#holders.has(id);
      if (!isThere && this.#holders.size >= limits.citedProbes) continue;
      if (!isThere) this.#put(id, heldAtMs, bounded(probe));
      this.#hold(of, id);
    }
    of.waiting.clear();
  }

  #put(probeId: string, atMs: number, value: unknown): void {
    this.#deletes.delete(probeId);
    this.#puts.set(probeId, { table: 'cited', key: probeId, atMs, value });
  }

  #hold(of: Held, probeId: string): void {
    of.written.add(probeId);
    this.#holders.set(probeId, (this.#holders.get(probeId) ?? 0) + 1);
  }

  /** Ends the citation of a row by one finding. @returns true if no other finding cites the row */
  #letGo(of: Held, probeId: string): boolean {
    of.written.delete(probeId);
    const left = (this.#holders.get(probeId) ?? 1) - 1;
    if (left > 0) this.#holders.set(probeId, left);
    else this.#holders.delete(probeId);
    return left <= 0;
  }

  #releaseOver(turn: CitedTurn, wallMs: number): void {
    let inForce: ReadonlySet<string> | null = null;
    for (const [id, of] of this.#held) {
      if (!of.isOver) continue;
      inForce ??= new Set(turn.inForce());
      if (!inForce.has(id)) this.#release(id, of, wallMs);
    }
  }

  /** Lets the rows of a finding expire by age from now on. */
  #release(findingId: string, of: Held, wallMs: number): void {
    this.#held.delete(findingId);
    for (const id of [...of.written]) if (this.#letGo(of, id)) this.#age(id, wallMs);
  }

  #age(probeId: string, wallMs: number): void {
    const probe = (this.#puts.get(probeId)?.value as KeptProbe | undefined) ?? this.#find(probeId);
    if (probe !== null) this.#put(probeId, wallMs, bounded(probe));
  }
}

/**
 * Returns the ids of the rows that do not expire. They are read first, because their time stamp makes them the newest
 * of the table.
 */
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

/** Returns the probe, without its transcript if it is too long to store. */
function bounded(probe: KeptProbe): KeptProbe {
  return JSON.stringify(probe).length <= limits.citedChars ? probe : { sample: probe.sample, transcript: null };
}
