import { type Finding, type ScopeItem, type Side, sideOf } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Sentence } from '../../core/result.ts';
import { isSameItem } from '../../core/sides.ts';
import { messageOf, phrase } from '../../words/tell.ts';
import type { Key } from '../../words/words.ts';
import type { FindingStatement } from '../memory/says.ts';
import { countIndependent, type OddDigest, type Voice } from './digests.ts';
import { artifactPhraseOf, joined, type Widened, widen } from './mismatch-says.ts';

// What a finding says about mirrors that serve different bytes of an item, and which mirrors serve which bytes.

/** The finding about a mirror whose bytes differ. Clients should leave the mirror only if the cause is `origin`. */
export function explainPeers(
  odd: OddDigest,
  target: Target,
  voices: readonly Voice[],
  known: Finding | null,
): FindingStatement {
  const { module, version, step } = target;
  const item = { module, version, step };
  const differs = sentenceOf(odd, target, voices);
  const widened: Widened = {
    item,
    cause: odd.cause,
    actionable: odd.cause === 'origin',
    ...messageOf(odd.other === undefined ? differs : phrase('found.yetOther', { differs, name: odd.voice.registry })),
    sides: sidesOf(voices, item),
    probeIds: [
      ...(odd.other === undefined ? [] : [odd.other.probeId]),
      ...[...voices.filter((voice) => voice !== odd.voice), odd.voice].map(({ statement }) => statement.probeId),
    ],
  };
  return widen(known, widened);
}

/**
 * The open finding of a mirror with the mirrors that serve each side of an item now. Its text changes only if it has no
 * other item, and others still serve other bytes. `null`: the sides are as before.
 */
export function renewSides(
  known: Finding,
  item: ScopeItem,
  target: Target,
  voice: Voice,
  voices: readonly Voice[],
): FindingStatement {
  const { scope, cause, actionable, evidence, text, sentence = null } = known;
  const { sides: all = [] } = evidence;
  const sides = sidesOf(voices, item);
  const namesOf = (those: readonly Side[]): string =>
    JSON.stringify(those.map(({ registries }) => registries.toSorted().join()).toSorted());
  if (namesOf(all.filter((side) => isSameItem(side.item, item))) === namesOf(sides)) return null;
  const isStated = scope.length === 1 && sides.length > 1;
  const says = isStated
    ? messageOf(sentenceOf({ voice, cause: 'peers', usual: null }, target, voices))
    : { text, sentence };
  const others = all.filter((side) => !isSameItem(side.item, item));
  const kept = [...sides, ...others].slice(0, limits.sidesKept);
  return { tag: 'trouble', scope, cause, actionable, evidence: { ...evidence, sides: kept }, ...says };
}

export function sidesOf(voices: readonly Voice[], item: ScopeItem): readonly Side[] {
  const groups = [...Map.groupBy(voices, ({ statement }) => statement.digest).values()];
  return groups
    .toSorted((a, b) => b.length - a.length)
    .map((group) =>
      sideOf(item, {
        registries: group.map(({ registry }) => registry),
        ...(countIndependent(group) < group.length && { units: countIndependent(group) }),
        algorithm: group[0]?.statement.algorithm ?? '',
        digest: group[0]?.statement.digest ?? '',
        sinceMs: Math.min(...group.map(({ statement }) => statement.sinceMs)),
        seen: group.find(({ statement }) => statement.seen !== null)?.statement.seen ?? null,
      }),
    );
}

function sentenceOf(odd: OddDigest, target: Target, voices: readonly Voice[]): Sentence {
  const { voice, cause, usual } = odd;
  const { registry: name, statement: own } = voice;
  const what = artifactPhraseOf(target);
  const same = voices.filter((one) => one.statement.digest === own.digest).length;
  const count = phrase('found.saySo', { same, all: voices.length, name });
  if (same === voices.length) return phrase('found.changed', { name, what, count });
  const others = (usual ?? voices.filter((one) => one.statement.digest !== own.digest)).toSorted(
    (a, b) => Number(b.isOrigin) - Number(a.isOrigin),
  );
  const whom = joined(
    others.map((one) => (one.isOrigin ? phrase('found.origin', { name: one.registry }) : one.registry)),
  );
  const isStale = others.some((one) => one.statement.before?.digest === own.digest);
  const key = cause !== 'retag' ? keyOf(odd) : isStale ? 'found.retag' : 'found.retagOther';
  const differs = phrase(key, { name, what, whom, count });
  return isOpen(key) ? withSignature(differs, odd, others) : differs;
}

function isOpen(key: Key): boolean {
  return key === 'found.retagOther' || key === 'found.odd' || key === 'found.differ';
}

function withSignature(differs: Sentence, { voice }: OddDigest, others: readonly Voice[]): Sentence {
  const { registry: name, statement: own } = voice;
  if (own.signature === 'valid') return phrase('found.provenToo', { differs, name });
  const states = [own, ...others.map(({ statement }) => statement)].flatMap(({ signature = 'no_key' }) => signature);
  const state = states.find((one) => one !== 'no_key' && one !== 'valid');
  if (state === undefined) return phrase('found.noAuthority', { differs });
  return phrase('found.unproven', { differs, why: phrase(`signature.${state}`) });
}

function keyOf({
  voice,
  cause,
  usual,
}: OddDigest): `found.${'notOrigins' | 'originAlone' | 'oneOne' | 'odd' | 'differ'}` {
  if (cause === 'origin') return 'found.notOrigins';
  if (voice.isOrigin && usual !== null) return 'found.originAlone';
  if (usual?.some(({ isOrigin }) => isOrigin) === true) return 'found.oneOne';
  return usual === null ? 'found.differ' : 'found.odd';
}
