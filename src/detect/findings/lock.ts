import type { Config } from '../../core/config.ts';
import { type ScopeItem, sideOf } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Target } from '../../core/mirror.ts';
import type { Filled, Sentence } from '../../core/result.ts';
import type { Sample } from '../../core/sample.ts';
import type { FileWord } from '../../core/transcript.ts';
import { messageFor, messageOf, phrase } from '../../words/tell.ts';
import type { Bytes } from '../contents/digests.ts';
import { artifactPhraseOf, joined } from '../contents/mismatch-says.ts';
import { type MirrorMemory, stateOf } from '../memory/mirror-memory.ts';
import type { OwnRule, RuleView } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';
import { bytesPlace, isByMost, judgeByFile } from './peers.ts';

/** Bytes of one mirror that refute what a lock file or the configuration states. */
type Refutation = NonNullable<ReturnType<typeof refutationIn>>;

/** By target. */
type Refutations = ReadonlyMap<string, Refutation>;

/**
 * The refutation in a sample; `null`: there is none.
 * @param isAlone  the bytes came twice from the only mirror that has served the item, so the file or the mirror is wrong
 */
function refutationIn(view: RuleView, mirror: MirrorMemory, sample: Sample, isAlone: boolean) {
  const { outcome, facts, due } = sample;
  const { target, probeId } = due;
  const { file: word, compared, verified } = facts;
  // A key of a file overrules a lock file only while no mirror serves other bytes, or if most confirm the key.
  const isOverruled = word?.says === 'overruled' && (word.isKey !== true || isByMost(view, mirror, sample));
  const isRefuted = word?.says === 'overruled' ? isOverruled : outcome.tag === 'ok' || isAlone;
  if (word === undefined || word.says === 'right' || word.isOfCopy === true || !isRefuted) return null;
  const failure = outcome.tag === 'failed' && outcome.failure.kind === 'mismatch' ? outcome.failure : null;
  const { algorithm = '', digest = failure?.want ?? '' } = verified ?? compared ?? { algorithm: failure?.algorithm };
  return { target, word, algorithm, got: digest, probeId, isAlone };
}

function explain(all: Refutations, config: Config): FindingStatement {
  const [first] = all.values();
  if (first === undefined) return { tag: 'well', ...messageFor('found.lock.well'), of: 'lock' };
  const items = Map.groupBy(all.values(), (one) => JSON.stringify(itemOf(one)));
  const [of = []] = items.values();
  const says = sentenceOf(first, of, config);
  const more = items.size - 1;
  return {
    tag: 'trouble',
    scope: [...items.values()].flatMap(([one]) => (one === undefined ? [] : [itemOf(one)])).slice(0, limits.scopeItems),
    cause: 'lock',
    evidence: {
      samples: all.size,
      failures: all.size,
      probeIds: [...all.values()].map(({ probeId }) => probeId).slice(-limits.findingProbes),
      sides: [...items.values()].flatMap(sidesOf).slice(0, limits.sidesKept),
    },
    ...messageOf(more > 0 ? phrase('found.lockMore', { says, count: more }) : says),
  };
}

function itemOf({ target: { module, version, step } }: Refutation): ScopeItem {
  return { module, version, step };
}

function sidesOf(of: readonly Refutation[]) {
  const [one] = of;
  if (one === undefined) return [];
  const { algorithm, got, word } = one;
  const side = { algorithm, sinceMs: null, seen: null };
  const registries = of.map(({ target }) => target.registry);
  return [
    sideOf(itemOf(one), { ...side, registries, digest: got }),
    sideOf(itemOf(one), { ...side, registries: [], digest: word.want }),
  ];
}

function sentenceOf(one: Refutation, of: readonly Refutation[], config: Config): Sentence {
  const { word, got } = one;
  const names = joined(of.map(({ target }) => target.registry).toSorted());
  const stated = { file: placeOf(one, config), what: artifactPhraseOf(itemOf(one)), want: word.want };
  if (one.isAlone) return phrase('found.lockAlone', { ...stated, names, got });
  if (isOfKey(word)) return phrase('found.lockKey', { what: artifactPhraseOf(itemOf(one)), names, got });
  return phrase('found.lock', {
    ...stated,
    why:
      word.says === 'overruled'
        ? phrase('found.lockByAuthority', { got })
        : phrase('found.lockByMirrors', { names, got }),
  });
}

/** Where the refuted hash stands: the lock file with its line, else the configuration. */
function placeOf({ target, word }: Refutation, { pinned, pinnedAt, path }: Config): Filled {
  const key = keyOf(target, word, pinned?.[target.ecosystem]);
  if (key === undefined) return path ?? phrase('found.lockConfig');
  return pinnedAt?.[target.ecosystem]?.[key] ?? phrase('found.lockFile');
}

function keyOf({ module, version }: Target, { want }: FileWord, pinned: Readonly<Record<string, string>> = {}) {
  const keys = Object.keys(pinned).filter((key) => key.startsWith(`${module}@${version ?? ''}`));
  return keys.find((key) => pinned[key] === want) ?? keys[0];
}

/** True if a key is refuted, and no hash. */
function isOfKey({ says, isKey }: FileWord): boolean {
  return isKey === true && says === 'wrong';
}

/** True if the configuration still states what was refuted. Keys, and lists of hashes, are judged by the next response. */
function isStated({ target, word }: Refutation, { pinned, modules }: Config): boolean {
  if (isOfKey(word)) return true;
  return (
    Object.values(pinned?.[target.ecosystem] ?? {}).includes(word.want) ||
    modules.some((one) => one.module === target.module && JSON.stringify(one.expect ?? {}).includes(word.want))
  );
}

/**
 * Finds hashes in lock files or in the configuration that better evidence refutes: a checksum database, a signature, or
 * mirrors that agree. No mirror is blamed.
 */
export const lock: OwnRule<Refutations> = {
  name: 'lock',
  kind: 'self',
  none: () => new Map(),
  verify(before, sample, { view }) {
    const { id, registry } = sample.due.target;
    const mirror = view.mirrors.get(registry);
    if (mirror === undefined) return {};
    const byFile = judgeByFile(view, mirror, sample);
    const isAlone = byFile === 'alone' && stateOf<Bytes>(bytesPlace, mirror).statement.get(id)?.isTwice === true;
    const found = refutationIn(view, mirror, sample, isAlone);
    const known = before.get(id);
    // A mirror that agrees now and then would open and end the finding each time.
    const isFailure = sample.outcome.tag === 'failed' && sample.facts.file === undefined;
    const isSilent = byFile === 'open' || byFile === 'alone' || isFailure;
    const isKnown = found !== null && known?.word.want === found.word.want && known.isAlone === found.isAlone;
    if (found === null ? known === undefined || isSilent : isKnown) return {};
    const own = new Map(before);
    if (found === null) own.delete(id);
    else own.set(id, found);
    return { own, statement: explain(own, view.config) };
  },
  adopt(before, _, { view: { config, targets } }) {
    const own = new Map([...before].filter(([id, one]) => targets.has(id) && isStated(one, config)));
    return { own, statement: explain(own, config) };
  },
};
