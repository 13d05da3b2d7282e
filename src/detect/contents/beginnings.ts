import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import type { Beginning } from '../../core/transcript.ts';

const dayMs = 24 * 3_600_000;
/** After a failed download, an odd beginning counts again after this time, milliseconds. */
const retryMs = 60_000;

/** How the artifacts of a mirror begin. Changed in place. */
export interface Beginnings {
  /** By target. */
  readonly artifacts: Map<string, ArtifactBeginnings>;
  /** When searches ended without a download that has the odd beginning, monotonic milliseconds. */
  inVainMs: readonly number[];
}

interface ArtifactBeginnings {
  readonly version: string;
  /** The beginnings of good downloads: several if backends pack the artifact differently. */
  readonly known: Beginning[];
  /** What the first peek read before any good download; `null`: a good download came first, or came since. */
  first: Beginning | null;
  /** The search for an odd beginning, which no good download has had; `null`: none. */
  search: { readonly begins: Beginning; orders: number; lastMs: number } | null;
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
  if (search !== null && isSame(search.begins, begins)) {
    artifact.search = null;
    own.inVainMs = [];
    return false;
  }
  // The peek before the first download may have read the wrong bytes.
  if (search === null && first !== null && !isSame(first, begins))
    return startSearch(own, artifact, first, endedMonotonicMs);
  if (search === null || due.purpose !== 'recheck') return false;
  if (search.orders >= wrongRechecksOf(search.orders * bytes) || !mayBeSearched(own, artifact, endedMonotonicMs)) {
    artifact.search = null;
    own.inVainMs = [...own.inVainMs, endedMonotonicMs].slice(-limits.beginningsInVain);
    return false;
  }
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
  if (known.length === 0) artifact.first ??= begins;
  if (isAmong(artifact.first === null ? known : [artifact.first], begins)) return false;
  if (search !== null && endedMonotonicMs - search.lastMs < limits.oddBeginningMs) return false;
  return startSearch(own, artifact, begins, endedMonotonicMs);
}

/** Records a download that failed. Wrong bytes end the search for an odd beginning; after others it may soon go on. */
export function recordFailedDownload({ artifacts }: Beginnings, sample: Sample, isWrong: boolean): void {
  const artifact = artifacts.get(sample.due.target.id);
  if (artifact === undefined || artifact.search === null) return;
  if (isWrong) artifact.search = null;
  else artifact.search.lastMs = sample.endedMonotonicMs - limits.oddBeginningMs + retryMs;
}

/** The maximum number of rechecks of one artifact in search of wrong bytes, after `bytes` were downloaded for that. */
export function wrongRechecksOf(bytes: number): number {
  return bytes <= limits.wrongRechecksBytes ? limits.wrongRechecksMax : limits.wrongRechecks;
}

function startSearch(own: Beginnings, artifact: ArtifactBeginnings, begins: Beginning, nowMs: number): boolean {
  if (!mayBeSearched(own, artifact, nowMs)) return false;
  artifact.search = { begins, orders: 1, lastMs: nowMs };
  return true;
}

/** False if the mirror packs the artifact anew for each request, or if earlier searches found nothing. */
function mayBeSearched({ inVainMs }: Beginnings, { known }: ArtifactBeginnings, nowMs: number): boolean {
  const recent = inVainMs.filter((atMs) => nowMs - atMs < dayMs);
  return known.length <= limits.beginningsKnown && recent.length < limits.beginningsInVain;
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
