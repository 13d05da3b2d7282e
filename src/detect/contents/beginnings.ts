import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import type { Beginning } from '../../core/transcript.ts';

/** How the artifacts of a mirror begin. Changed in place. */
export interface Beginnings {
  /** By target. */
  readonly artifacts: Map<string, ArtifactBeginnings>;
  /** The number of odd beginnings that no download had. */
  unexplained: number;
}

interface ArtifactBeginnings {
  readonly version: string;
  /** The beginnings of good downloads: several if backends pack the artifact differently. */
  readonly known: Beginning[];
  /** What the first peek read before any good download; `null`: a good download came first, or came since. */
  first: Read | null;
  /** The search for an odd beginning, which no good download has had; `null`: none. */
  search: (Read & { orders: number; lastMs: number }) | null;
}

/** A beginning and the peek that read it. */
interface Read {
  readonly begins: Beginning;
  readonly probeId: string;
}

export function newBeginnings(): Beginnings {
  return { artifacts: new Map(), unexplained: 0 };
}

/**
 * Records the beginning of a good download.
 * @returns true if the artifact should be downloaded again, because an odd beginning is not explained yet
 */
export function recordBeginning(own: Beginnings, { due, facts, bytes, endedMonotonicMs }: Sample): boolean {
  const { begins, resolvedVersion } = facts;
  if (begins === undefined) return false;
  const artifact = artifactIn(own, due.target.id, resolvedVersion);
  const { known, first, search } = artifact;
  if (!isAmong(known, begins) && known.length <= limits.beginningsKnown) known.push(begins);
  artifact.first = null;
  // The peek before the first download may have read the wrong bytes.
  if (first !== null && !isSame(first.begins, begins)) return startSearch(own, artifact, first, endedMonotonicMs);
  if (search === null || due.purpose !== 'recheck') return false;
  const isExplained = isSame(search.begins, begins);
  const isOver = search.orders >= wrongRechecksOf(search.orders * bytes) || !mayBeSearched(own, artifact);
  if (isExplained || isOver) artifact.search = null;
  if (isOver && !isExplained) own.unexplained += 1;
  if (isExplained || isOver) return false;
  search.orders += 1;
  search.lastMs = endedMonotonicMs;
  return true;
}

/**
 * Records what a peek (a probe of an artifact's first bytes) has read.
 * @returns true if the artifact should be downloaded, because no good download began like this
 */
export function recordPeekedBeginning(own: Beginnings, { due, facts, endedMonotonicMs }: Sample): boolean {
  const { begins, resolvedVersion } = facts;
  if (begins === undefined) return false;
  const artifact = artifactIn(own, due.target.id, resolvedVersion);
  const { known, search } = artifact;
  const read = { begins, probeId: due.probeId };
  if (known.length === 0) artifact.first ??= read;
  if (isAmong(artifact.first === null ? known : [artifact.first.begins], begins)) return false;
  if (search !== null && endedMonotonicMs - search.lastMs < limits.oddBeginningMs) return false;
  return startSearch(own, artifact, read, endedMonotonicMs);
}

/**
 * Records a download with wrong bytes, which ends the search for an odd beginning.
 * @returns the id of the peek that read the odd beginning, if the wrong bytes begin like it; else `null`
 */
export function explainOddBeginning({ artifacts }: Beginnings, { due, facts }: Sample): string | null {
  const artifact = artifacts.get(due.target.id);
  const search = artifact?.search ?? null;
  if (artifact === undefined || search === null) return null;
  artifact.search = null;
  return facts.begins !== undefined && isSame(search.begins, facts.begins) ? search.probeId : null;
}

export function dropBeginnings({ artifacts }: Beginnings, ids: Iterable<string>): void {
  for (const id of ids) artifacts.delete(id);
}

/** The maximum number of rechecks of one artifact in search of wrong bytes, after `bytes` were downloaded for that. */
export function wrongRechecksOf(bytes: number): number {
  return bytes <= limits.wrongRechecksBytes ? limits.wrongRechecksMax : limits.wrongRechecks;
}

function startSearch(own: Beginnings, artifact: ArtifactBeginnings, read: Read, nowMs: number): boolean {
  if (!mayBeSearched(own, artifact)) return false;
  artifact.search = { ...read, orders: 1, lastMs: nowMs };
  return true;
}

/** False if the mirror packs the artifact anew for each request, or if earlier searches found nothing. */
function mayBeSearched({ unexplained }: Beginnings, { known }: ArtifactBeginnings): boolean {
  return known.length <= limits.beginningsKnown && unexplained < limits.beginningsUnexplained;
}

function artifactIn({ artifacts }: Beginnings, id: string, resolvedVersion: string | undefined): ArtifactBeginnings {
  const version = resolvedVersion ?? '';
  const before = artifacts.get(id);
  if (before?.version === version) return before;
  const made: ArtifactBeginnings = { version, known: [], first: null, search: null };
  artifacts.set(id, made);
  return made;
}

function isAmong(all: readonly Beginning[], one: Beginning): boolean {
  return all.some((other) => isSame(other, one));
}

function isSame(one: Beginning, other: Beginning): boolean {
  if (one.digest !== other.digest) return false;
  return one.bytes === null || other.bytes === null || one.bytes === other.bytes;
}
