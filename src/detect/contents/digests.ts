import { limits } from '../../core/limits.ts';
import type { Sample } from '../../core/sample.ts';
import type { FileWord, Seen, SignatureState } from '../../core/transcript.ts';
import { countPlaces, type VantageUnit } from '../confirm/vantage.ts';
import type { Beginnings } from './beginnings.ts';
import type { DeclaredWrong, WrongOnce } from './mismatch-says.ts';

interface Named {
  /** Identifies the item of the digest: its version, part and algorithm. Only digests with equal `of` are compared. */
  readonly of: string;
  readonly algorithm: string;
  readonly digest: string;
}

/** A digest that the mirror sent before for the same item, over a fresh connection. */
interface Earlier {
  readonly digest: string;
  /** Time of the last response with this digest before the first change to another one, wall milliseconds. */
  readonly atMs: number;
  readonly probeId: string;
}

/** The last digest of one mirror for one immutable item. */
export interface Statement extends Named {
  /** When this digest was first seen at the mirror, wall milliseconds. */
  readonly sinceMs: number;
  /** True if a later response over a fresh connection had the same digest. */
  readonly isTwice: boolean;
  /** True if a response over a fresh connection had this digest. Absent in rows of earlier releases. */
  readonly isCold?: boolean;
  readonly seen: Seen | null;
  /** The state of the signature; absent: no response with this digest showed one. */
  readonly signature?: SignatureState | undefined;
  readonly probeId: string;
  /**
   * The previous digest of the same item, and the time of the last response with it; `null`: the digest never changed.
   * `isRight`: the editable file agreed with it.
   */
  readonly before: { readonly digest: string; readonly untilMs: number; readonly isRight?: boolean } | null;
  /** What an editable file (such as a lock file) says about this digest; absent: no such file decides. */
  readonly file?: FileWord['says'] | undefined;
  /** True if `file` is what a key of a file says. */
  readonly isOfKey?: true | undefined;
  /** True if `file` is what a file beside the bytes says, on the same mirror. */
  readonly isOfCopy?: true | undefined;
  /** True if a checksum beside the bytes, on the same mirror, fits them. */
  readonly fitsSum?: true | undefined;
  /** The first digests of the item that later responses replaced, at most `limits.earlierKept`; absent: none. */
  readonly earlier?: readonly Earlier[] | undefined;
  /** Time of the last response with this digest, wall milliseconds. */
  readonly heardMs: number;
}

function digestIn({ facts, due }: Sample): Named | null {
  const named = facts.compared ?? facts.verified;
  if (named === undefined) return null;
  const { algorithm, digest } = named;
  const version = facts.resolvedVersion ?? due.target.version ?? '';
  return { of: `${version} ${facts.compared?.of ?? ''} ${algorithm}`, algorithm, digest };
}

/**
 * Returns the mirror's statement (the last digest of an item) after one more ok response; `null`: the response has no
 * digest.
 */
export function statementFor(before: Statement | null, sample: Sample, heardMs: number): Statement | null {
  const now = digestIn(sample);
  if (now === null) return null;
  const { connection, probeId, target } = sample.due;
  const isCold = connection === 'cold';
  const { compared, file, signature, seen = null } = sample.facts;
  // A reload may have changed the file, so only its newest word counts.
  const said = {
    file: file?.says,
    isOfKey: file?.isKey,
    isOfCopy: file?.isOfCopy,
    fitsSum: compared?.fitsSum,
    probeId,
    heardMs,
  };
  const isSame = before !== null && before.of === now.of;
  if (isSame && before.digest === now.digest)
    return {
      ...before,
      ...said,
      signature: signature?.state ?? before.signature,
      isTwice: before.isTwice || isCold,
      isCold: (before.isCold ?? before.isTwice) || isCold,
    };
  const wasRight = before?.file === 'right' ? { isRight: true } : {};
  // Files of a plain HTTP mirror have no version, and may change while the mirror replaces them.
  const earlier = isSame && target.version !== null ? earlierOf(before, heardMs) : [];
  return {
    ...now,
    ...said,
    signature: signature?.state,
    sinceMs: heardMs,
    isTwice: false,
    isCold,
    seen,
    before: isSame ? { digest: before.digest, untilMs: before.heardMs, ...wasRight } : null,
    earlier: earlier.length === 0 ? undefined : earlier,
  };
}

/**
 * The earlier digests of a mirror after one more change, of the last `limits.wrongAgainMs`. The first ones are kept, so
 * many changes cannot displace them.
 */
function earlierOf(replaced: Statement, nowMs: number): readonly Earlier[] {
  const { digest, heardMs: atMs, probeId, isTwice, isCold = isTwice } = replaced;
  const earlier = (replaced.earlier ?? []).filter((one) => nowMs - one.atMs <= limits.wrongAgainMs);
  if (!isCold || earlier.some((one) => one.digest === digest)) return earlier;
  return [...earlier, { digest, atMs, probeId }].slice(0, limits.earlierKept);
}

export interface Voice {
  readonly registry: string;
  readonly place: VantageUnit;
  readonly isOrigin: boolean;
  readonly statement: Statement;
}

/** The number of independent mirrors: those of one host or address prefix count once. */
export function countIndependent(voices: readonly Voice[]): number {
  return countPlaces(voices.map(({ place }) => place));
}

/** A mirror whose bytes differ from those of other mirrors, or from its own earlier bytes. */
export interface OddDigest {
  readonly voice: Voice;
  readonly cause: 'peers' | 'origin' | 'retag';
  /**
   * The mirrors that serve the usual bytes: those of the origin or of the largest group; `null`: there is no such
   * group.
   */
  readonly usual: readonly Voice[] | null;
  /** An earlier response with yet other wrong bytes; absent: the same bytes came twice. */
  readonly other?: Earlier;
}

export interface ComparedDigests {
  readonly odd: readonly OddDigest[];
  readonly again: readonly Voice[];
  /** The mirrors that serve the usual bytes, if these are at least two independent ones and more than half. */
  readonly confirmed: readonly Voice[];
}

/**
 * Compares what an upstream's mirrors serve for one item whose digest no authority (such as a checksum database)
 * states. One response is never enough to call a mirror odd: the same bytes must come twice. If the usual bytes are
 * confirmed, two responses with different wrong bytes are enough too.
 * @param voices  all with the same `of`, each mirror once
 * @param apartMs  the minimum time between two responses with different wrong bytes
 * @see docs/decisions/0178-what-opens-a-mismatch.md
 * @returns `odd`: the mirrors whose bytes differ; `again`: the mirrors to probe again, because one response is not
 * enough; `confirmed`: the mirrors that serve what most serve
 */
export function comparePeers(voices: readonly Voice[], apartMs = 0): ComparedDigests {
  const groups = [...Map.groupBy(voices, ({ statement }) => statement.digest).values()];
  if (groups.length < 2) return changed(voices);
  const origins = groups.find((group) => group.some(({ isOrigin }) => isOrigin)) ?? null;
  const usual = usualOf(groups, origins);
  const odd: OddDigest[] = [];
  const again = new Set<Voice>();
  for (const group of groups.filter((one) => one !== usual)) {
    for (const voice of group) {
      const against = isAgainstOrigin(voice, group, origins, voices) ? origins : null;
      const others = against ?? usual ?? voices.filter((one) => !group.includes(one));
      const isSure = others.length > 1 || others.some(({ statement }) => statement.isTwice);
      const { isTwice } = voice.statement;
      const other = isTwice ? null : otherWrongOf(voice.statement, others, apartMs);
      if (isTwice && isSure) odd.push(oddOf(voice, others, { against, usual }));
      else if (other !== null) odd.push({ ...oddOf(voice, others, { against, usual }), other });
      else if (!isTwice) again.add(voice);
      if (!isSure) for (const other of others) again.add(other);
    }
  }
  const agreeing = usual === null ? 0 : countIndependent(usual);
  const confirmed = usual !== null && agreeing > 1 && 2 * agreeing > countIndependent(voices) ? usual : [];
  return { odd, again: [...again], confirmed };
}

/**
 * An earlier response of the mirror with wrong bytes that differ from its wrong bytes now; `null`: none, or the usual
 * bytes are not confirmed. They are if the origin and another mirror sent them, two mirrors sent them twice, or one did
 * and a lock file agrees.
 * Bytes that one of these served before are not wrong, only old.
 */
function otherWrongOf(
  { digest, heardMs, isTwice, isCold = isTwice, earlier = [] }: Statement,
  usual: readonly Voice[],
  apartMs: number,
): Earlier | null {
  const isOne = new Set(usual.map(({ statement }) => statement.digest)).size === 1;
  const isByOrigin = countIndependent(usual) > 1 && usual.some(({ isOrigin }) => isOrigin);
  const twice = usual.filter(({ statement }) => statement.isTwice);
  const isConfirmed = isOne && (isByOrigin || countIndependent(twice) > 1 || isAsLocked(twice));
  if (!isCold || !isConfirmed) return null;
  const known = new Set(
    usual.flatMap(({ statement: one }) => [
      one.digest,
      ...(one.before === null ? [] : [one.before.digest]),
      ...(one.earlier ?? []).map((old) => old.digest),
    ]),
  );
  if (known.has(digest)) return null;
  const isWrong = (one: Earlier): boolean => !known.has(one.digest) && one.digest !== digest;
  const isNear = ({ atMs }: Earlier): boolean => heardMs - atMs >= apartMs && heardMs - atMs <= limits.wrongAgainMs;
  return earlier.find((one) => isWrong(one) && isNear(one)) ?? null;
}

/**
 * True if the origin's bytes show that a mirror is wrong. If several mirrors agree against the origin alone, they are
 * not wrong: more likely the origin's cache changed one response.
 */
function isAgainstOrigin(
  { statement }: Voice,
  group: readonly Voice[],
  origins: readonly Voice[] | null,
  voices: readonly Voice[],
): boolean {
  if (origins === null || origins === group) return false;
  const wasSame = origins.some((one) => one.statement.digest === statement.before?.digest);
  return countIndependent(origins) > 1 || (countIndependent(group) === 1 && (wasSame || countIndependent(voices) > 2));
}

/**
 * Returns the group (the mirrors with one digest) that serves the usual bytes: the origin's group if it has other
 * members or the lock file agrees with it, else the largest group. If several groups are equally large, the origin's
 * group if it is one of them, else `null`. Also `null` if another group is as large with the lock file as one more
 * mirror.
 */
function usualOf(groups: readonly (readonly Voice[])[], origins: readonly Voice[] | null): readonly Voice[] | null {
  if (origins !== null && (countIndependent(origins) > 1 || isAsLocked(origins))) return origins;
  const sizes = new Map(groups.map((group) => [group, countIndependent(group)]));
  const size = Math.max(...sizes.values());
  const largest = groups.filter((group) => sizes.get(group) === size);
  const [only = null] = largest;
  if (largest.length > 1) return largest.find((group) => group === origins) ?? null;
  const isByHash = (group: readonly Voice[]): boolean =>
    isAsLocked(group.filter(({ statement }) => statement.isOfKey !== true));
  const isDisputed = groups.some((group) => group !== only && isByHash(group) && (sizes.get(group) ?? 0) + 1 >= size);
  return isDisputed ? null : only;
}

function isAsLocked(voices: readonly Voice[]): boolean {
  return voices.some(({ statement }) => statement.file === 'right');
}

/**
 * Returns why a mirror's bytes differ. The cause is `retag` if another mirror once served these bytes and then replaced
 * them. It is also `retag` if this mirror replaced its own bytes, another mirror still serves the old ones, and neither
 * the origin nor a largest group shows which bytes are usual.
 */
function oddOf(
  voice: Voice,
  others: readonly Voice[],
  { against, usual }: { readonly against: readonly Voice[] | null; readonly usual: readonly Voice[] | null },
): OddDigest {
  const { statement } = voice;
  const isStale = others.some((other) => other.statement.before?.digest === statement.digest);
  const isNew = others.some((other) => other.statement.digest === statement.before?.digest);
  const found = { voice, usual: against ?? usual };
  if (isStale) return { ...found, cause: 'retag' };
  if (against !== null) return { ...found, cause: 'origin' };
  return { ...found, cause: isNew && usual === null ? 'retag' : 'peers' };
}

/**
 * Compares mirrors that all serve the same bytes now, and finds those whose bytes changed before. If the origin's bytes
 * changed too, only the origin is returned.
 */
function changed(voices: readonly Voice[]): ComparedDigests {
  const all = voices.filter(({ statement }) => statement.before !== null);
  // If a mirror has always served these bytes, they are the right ones, so no mirror is odd.
  if (all.length < voices.length) return { odd: [], again: [], confirmed: [] };
  const origins = all.filter(({ isOrigin }) => isOrigin);
  const whom = origins.length > 0 ? origins : all;
  return {
    odd: whom.filter(({ statement }) => statement.isTwice).map((voice) => ({ voice, cause: 'retag', usual: voices })),
    again: whom.filter(({ statement }) => !statement.isTwice),
    confirmed: [],
  };
}

export function readStatement(stored: unknown): Statement | null {
  if (typeof stored !== 'object' || stored === null) return null;
  const { earlier, ...rest } = stored as Partial<Statement>;
  const { of, algorithm, digest, sinceMs, heardMs, isTwice, probeId, seen, before } = rest;
  const words = [of, algorithm, digest, probeId].every((word) => typeof word === 'string');
  const stamps = [sinceMs, heardMs].every((stamp) => typeof stamp === 'number' && Number.isFinite(stamp));
  const isWhole = words && stamps && typeof isTwice === 'boolean' && seen !== undefined && before !== undefined;
  if (!isWhole) return null;
  return { ...(rest as Statement), ...(Array.isArray(earlier) && earlier.every(isEarlier) && { earlier }) };
}

function isEarlier(stored: unknown): stored is Earlier {
  if (typeof stored !== 'object' || stored === null) return false;
  const { digest, atMs, probeId } = stored as Partial<Earlier>;
  return typeof digest === 'string' && Number.isFinite(atMs) && typeof probeId === 'string';
}

/** What is known about the bytes of a mirror's targets, by target. Changed in place. */
export class Bytes {
  readonly wrongOnce = new Map<string, WrongOnce>();
  readonly declaredWrong = new Map<string, DeclaredWrong>();
  /** The last digest. */
  readonly statement = new Map<string, Statement>();
  readonly beginnings: Beginnings = { artifacts: new Map(), inVainMs: [] };
  readonly declaredOdd = new Map<string, readonly string[]>();
  readonly repeated = new Map<string, string>();
}
