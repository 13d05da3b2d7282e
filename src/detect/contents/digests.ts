import { type Finding, type ScopeItem, type Side, sideOf } from '../../core/finding.ts';
import type { Sample } from '../../core/sample.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { SignatureState } from '../../core/signature.ts';
import type { Target } from '../../core/target.ts';
import type { Seen } from '../../core/transcript.ts';
import type { Key } from '../../words/say.ts';
import { phrase, toldOf } from '../../words/tell.ts';
import {
  artifactPhrase,
  type DeclaredWrong,
  joined,
  type Widened,
  type WrongOnce,
  widen,
} from '../findings/mismatch-says.ts';
import type { Says } from '../rules/says.ts';

/** What an answer named. */
interface Named {
  /** What exactly it is: version, part and algorithm. Only the same is compared. */
  readonly of: string;
  readonly algorithm: string;
  readonly digest: string;
}

/** What one mirror gave last for one thing that never changes. */
export interface Said extends Named {
  /** Since when, wall milliseconds. */
  readonly sinceMs: number;
  /** A later answer over a fresh connection was the same. */
  readonly isTwice: boolean;
  readonly seen: Seen | null;
  /** What came of the signature over it; absent: nobody said that there should be one. */
  readonly signature?: SignatureState;
  readonly probeId: string;
  /** What it gave for the same before, and the last time it is known to have; `null`: always this. */
  readonly before: { readonly digest: string; readonly untilMs: number } | null;
  /** Was last heard, wall milliseconds. */
  readonly heardMs: number;
}

/** The digest that an ok answer named; `null`: none. */
function digestIn({ facts, due }: Sample): Named | null {
  const named = facts.compared ?? facts.verified;
  if (named === undefined) return null;
  const { algorithm, digest } = named;
  const version = facts.resolvedVersion ?? due.target.version ?? '';
  return { of: `${version} ${facts.compared?.of ?? ''} ${algorithm}`, algorithm, digest };
}

/** What a mirror says after one more ok answer; `null`: the answer named no digest. */
export function saidAfter(before: Said | null, sample: Sample, heardMs: number): Said | null {
  const now = digestIn(sample);
  if (now === null) return null;
  const { connection, probeId } = sample.due;
  const state = sample.facts.signature?.state;
  const signed = state === undefined ? {} : { signature: state };
  const isSame = before !== null && before.of === now.of;
  if (isSame && before.digest === now.digest)
    return { ...before, ...signed, isTwice: before.isTwice || connection === 'cold', heardMs, probeId };
  const known = isSame ? { digest: before.digest, untilMs: before.heardMs } : null;
  const seen = sample.facts.seen ?? null;
  return { ...now, ...signed, sinceMs: heardMs, isTwice: false, seen, probeId, before: known, heardMs };
}

/** One mirror among those that are compared. */
export interface Voice {
  readonly registry: string;
  readonly isOrigin: boolean;
  readonly said: Said;
}

/** A mirror whose bytes are not what others give, or not what it gave itself. */
export interface Odd {
  readonly voice: Voice;
  readonly cause: 'peers' | 'origin' | 'retag';
  /** Whose bytes are taken as usual: the origin's or those of the most; `null`: no group stands out. */
  readonly usual: readonly Voice[] | null;
}

/** What follows from what several mirrors said of one thing: who is declared odd, and who is to be asked once more first. */
export interface Compared {
  readonly odd: readonly Odd[];
  readonly again: readonly Voice[];
}

/**
 * Compares what mirrors of one upstream gave for the same thing, for which no authority names a digest. The origin decides
 * (`isAgainstOrigin` says when), else the most, the origin where they are even; else each side is odd to the other. No
 * mirror is odd by one answer, nor against one answer: a second one over a fresh connection must be the same on both sides,
 * of several that agree each is the other's second.
 * @param voices  all with the same `of`, each mirror once
 */
export function comparePeers(voices: readonly Voice[]): Compared {
  const groups = [...Map.groupBy(voices, ({ said }) => said.digest).values()];
  if (groups.length < 2) return changed(voices);
  const origins = groups.find((group) => group.some(({ isOrigin }) => isOrigin)) ?? null;
  const usual = usualOf(groups, origins);
  const odd: Odd[] = [];
  const again = new Set<Voice>();
  for (const group of groups.filter((one) => one !== usual)) {
    for (const voice of group) {
      const against = isAgainstOrigin(voice, group, origins, voices) ? origins : null;
      const others = against ?? usual ?? voices.filter((one) => !group.includes(one));
      const isSure = others.length > 1 || others.some(({ said }) => said.isTwice);
      if (voice.said.isTwice && isSure) odd.push(oddOf(voice, others, { against, usual }));
      if (!voice.said.isTwice) again.add(voice);
      if (!isSure) for (const other of others) again.add(other);
    }
  }
  return { odd, again: [...again] };
}

/**
 * True where the origin's bytes are the authority against a mirror: another mirror serves them too, or this one did before,
 * or it alone serves what it serves and others are compared. So mirrors that agree with each other against an origin that
 * stands alone are not wrong: one changed answer of an origin's cache is more likely.
 */
function isAgainstOrigin(
  { said }: Voice,
  group: readonly Voice[],
  origins: readonly Voice[] | null,
  voices: readonly Voice[],
): boolean {
  if (origins === null || origins === group) return false;
  const wasSame = origins.some((one) => one.said.digest === said.before?.digest);
  return origins.length > 1 || (group.length === 1 && (wasSame || voices.length > 2));
}

/** The origin's group where another mirror is in it, else the largest, of equals the origin's; `null`: none stands out. */
function usualOf(groups: readonly (readonly Voice[])[], origins: readonly Voice[] | null): readonly Voice[] | null {
  if (origins !== null && origins.length > 1) return origins;
  const size = Math.max(...groups.map((group) => group.length));
  const largest = groups.filter((group) => group.length === size);
  if (largest.length === 1) return largest[0] ?? null;
  return largest.find((group) => group === origins) ?? null;
}

/**
 * Others gave the same before: upstream changed, and this one did not. Or the origin serves something else. Or it gave what
 * others give and changed, and it can't be told who is right; where the most did not change, this one serves something else.
 * @param others   whom it is held against
 * @param against  the origin and those that agree with it, where its bytes are the authority
 */
function oddOf(
  voice: Voice,
  others: readonly Voice[],
  { against, usual }: { readonly against: readonly Voice[] | null; readonly usual: readonly Voice[] | null },
): Odd {
  const { said } = voice;
  const isStale = others.some((other) => other.said.before?.digest === said.digest);
  const isNew = others.some((other) => other.said.digest === said.before?.digest);
  const found = { voice, usual: against ?? usual };
  if (isStale) return { ...found, cause: 'retag' };
  if (against !== null) return { ...found, cause: 'origin' };
  return { ...found, cause: isNew && usual === null ? 'retag' : 'peers' };
}

/** All say the same now: what is left is who said something else before. Told of the origin alone where it did. */
function changed(voices: readonly Voice[]): Compared {
  const all = voices.filter(({ said }) => said.before !== null);
  // Who gave this all along was right about it: the others have come round.
  if (all.length < voices.length) return { odd: [], again: [] };
  const told = all.filter(({ isOrigin }) => isOrigin);
  const whom = told.length > 0 ? told : all;
  return {
    odd: whom.filter(({ said }) => said.isTwice).map((voice) => ({ voice, cause: 'retag', usual: voices })),
    again: whom.filter(({ said }) => !said.isTwice),
  };
}

/** What an odd mirror amounts to: against the origin it is reason to leave, else it only gates. It says how many say what. */
export function peersSays(odd: Odd, target: Target, voices: readonly Voice[], known: Finding | null): Says {
  const { module, version, step } = target;
  const item = { module, version, step };
  const news: Widened = {
    item,
    cause: odd.cause,
    actionable: odd.cause === 'origin',
    ...toldOf(sentenceOf(odd, target, voices)),
    sides: sidesOf(voices, item),
    probeIds: [...voices.filter((voice) => voice !== odd.voice), odd.voice].map(({ said }) => said.probeId),
  };
  return widen(known, news);
}

/** Who serves what, the most first. */
export function sidesOf(voices: readonly Voice[], item: ScopeItem): readonly Side[] {
  const groups = [...Map.groupBy(voices, ({ said }) => said.digest).values()];
  return groups
    .toSorted((a, b) => b.length - a.length)
    .map((group) =>
      sideOf(item, {
        registries: group.map(({ registry }) => registry),
        algorithm: group[0]?.said.algorithm ?? '',
        digest: group[0]?.said.digest ?? '',
        sinceMs: Math.min(...group.map(({ said }) => said.sinceMs)),
        seen: group.find(({ said }) => said.seen !== null)?.said.seen ?? null,
      }),
    );
}

function sentenceOf(odd: Odd, target: Target, voices: readonly Voice[]): Sentence {
  const { voice, cause, usual } = odd;
  const { registry: name, said: own } = voice;
  const what = artifactPhrase(target);
  const same = voices.filter((one) => one.said.digest === own.digest).length;
  const count = phrase('found.saySo', { same, all: voices.length });
  if (same === voices.length) return phrase('found.changed', { name, what, count });
  const others = (usual ?? voices.filter((one) => one.said.digest !== own.digest)).toSorted(
    (a, b) => Number(b.isOrigin) - Number(a.isOrigin),
  );
  const whom = joined(
    others.map((one) => (one.isOrigin ? phrase('found.origin', { name: one.registry }) : one.registry)),
  );
  const isStale = others.some((one) => one.said.before?.digest === own.digest);
  const key = cause !== 'retag' ? keyOf(odd) : isStale ? 'found.retag' : 'found.retagOther';
  const differs = phrase(key, { name, what, whom, count });
  return isOpen(key) ? withSignature(differs, odd, others) : differs;
}

/** True for what does not say whose bytes are right. */
function isOpen(key: Key): boolean {
  return key === 'found.retagOther' || key === 'found.odd' || key === 'found.differ';
}

/** Why the authority does not tell whose bytes are right: its signature could not be checked, or there is no authority. */
function withSignature(differs: Sentence, { voice }: Odd, others: readonly Voice[]): Sentence {
  const { registry: name, said: own } = voice;
  if (own.signature === 'valid') return phrase('found.provenToo', { differs, name });
  const states = [own, ...others.map(({ said }) => said)].flatMap(({ signature = 'no_key' }) => signature);
  const state = states.find((one) => one !== 'no_key' && one !== 'valid');
  if (state === undefined) return phrase('found.noAuthority', { differs });
  return phrase('found.unproven', { differs, why: phrase(`signature.${state}`) });
}

/** Who differs from whom, by the cause that is no re-tag. */
function keyOf({ voice, cause, usual }: Odd): `found.${'notOrigins' | 'originAlone' | 'oneOne' | 'odd' | 'differ'}` {
  if (cause === 'origin') return 'found.notOrigins';
  if (voice.isOrigin && usual !== null) return 'found.originAlone';
  if (usual?.some(({ isOrigin }) => isOrigin) === true) return 'found.oneOne';
  return usual === null ? 'found.differ' : 'found.odd';
}

/** What a mirror said, as it was stored; `null` where it cannot be read. */
export function readSaid(stored: unknown): Said | null {
  if (typeof stored !== 'object' || stored === null) return null;
  const { of, algorithm, digest, sinceMs, heardMs, isTwice, probeId, seen, before } = stored as Partial<Said>;
  const words = [of, algorithm, digest, probeId].every((word) => typeof word === 'string');
  const stamps = [sinceMs, heardMs].every((stamp) => typeof stamp === 'number' && Number.isFinite(stamp));
  const isWhole = words && stamps && typeof isTwice === 'boolean' && seen !== undefined && before !== undefined;
  return isWhole ? (stored as Said) : null;
}

/** What is known of the bytes of one mirror, each by target. */
export interface Bytes {
  readonly wrongOnce: ReadonlyMap<string, WrongOnce>;
  /** Wrong digests that were declared; an acknowledged one is not declared again. */
  readonly declaredWrong: ReadonlyMap<string, DeclaredWrong>;
  /** What it gave last where answers name a digest: one for each target, so it is changed in place. */
  readonly said: Map<string, Said>;
  /** What was declared odd among its peers, once, acknowledged or not; and what was requested once more. */
  readonly declaredOdd: ReadonlyMap<string, readonly string[]>;
  readonly askedAgain: ReadonlyMap<string, string>;
}

/** A mirror whose bytes are not known. */
export function noBytes(): Bytes {
  return {
    wrongOnce: new Map(),
    declaredWrong: new Map(),
    said: new Map(),
    declaredOdd: new Map(),
    askedAgain: new Map(),
  };
}
