import type { ProbeFailure } from '../../core/failure.ts';
import { type Finding, mismatchCauseOf, type ScopeItem, type Side } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy, refTextOf, type Target } from '../../core/mirror.ts';
import type { Filled, Message, Sentence } from '../../core/result.ts';
import { isSameItem } from '../../core/sides.ts';
import { messageFor, messageOf, phrase } from '../../words/tell.ts';
import type { FindingStatement } from '../memory/says.ts';

export type Mismatch = Extract<ProbeFailure, { kind: 'mismatch' }>;

/** A response with wrong bytes that no second response has confirmed yet. */
export interface WrongOnce {
  readonly failure: Mismatch;
  readonly probeId: string;
  /**
   * Time of the wrong response, monotonic milliseconds. `looks` counts this response and the good rechecks since then.
   */
  readonly atMs: number;
  /**
   * Time of the first wrong response, monotonic milliseconds. `null`: a good response followed, and the content may have
   * been wrong only for a moment (`isOfVersion`).
   */
  readonly sinceMs: number | null;
  /** True once the recheck after `limits.wrongAgainMsMin` was requested. */
  readonly isDueAgain: boolean;
  readonly looks: number;
}

export interface DeclaredWrong {
  /** Algorithm and digest of the served bytes; for a fork of a checksum database, `fork` and the database's name. */
  readonly digest: string;
  readonly isAcknowledged: boolean;
}

export function wrongDigestOf({ algorithm, got }: Mismatch): string {
  return `${algorithm} ${got}`;
}

/** True for artifacts of a version. Other content can be wrong for a moment, while a mirror replaces it. */
export function isOfVersion(target: Target): boolean {
  return isHeavy(target) && target.version !== null;
}

/**
 * An earlier response of the mirror with wrong bytes for another artifact of a version; `null`: none. It is some time
 * ago, because one fault of the network can damage two downloads at once.
 * @param target  the artifact that has wrong bytes now
 */
export function wrongElsewhereOf(
  wrongOnce: ReadonlyMap<string, WrongOnce>,
  targets: ReadonlyMap<string, Target>,
  target: Target,
  nowMs: number,
): { readonly once: WrongOnce; readonly target: Target } | null {
  if (!isOfVersion(target)) return null;
  for (const [id, once] of wrongOnce) {
    const other = targets.get(id);
    const agoMs = nowMs - once.atMs;
    if (id === target.id || other === undefined || !isOfVersion(other)) continue;
    if (agoMs >= limits.wrongElsewhereMsMin && agoMs <= limits.wrongElsewhereMs) return { once, target: other };
  }
  return null;
}

/** True if a wrong response at `nowMs` shows with an earlier one that a mirror sends wrong bytes, even if other ones. */
export function isStillWrong({ sinceMs }: WrongOnce, nowMs: number): boolean {
  const agoMs = sinceMs === null ? 0 : nowMs - sinceMs;
  return agoMs >= limits.wrongAgainMsMin && agoMs <= limits.wrongAgainMs;
}

export interface Widened extends Message {
  readonly item: ScopeItem;
  readonly cause: Finding['cause'];
  readonly actionable: boolean;
  readonly sides: readonly Side[];
  readonly probeIds: readonly string[];
  /** For a fork: the signed statements that contradict each other. */
  readonly statements?: readonly string[];
}

/** Causes by gravity, the gravest last. A finding about several artifacts has the gravest of their causes. */
const gravity: readonly Finding['cause'][] = ['peers', 'retag', 'origin', 'mismatch', 'fork'];

function isGraverThan(one: Finding['cause'], other: Finding['cause']): boolean {
  return gravity.indexOf(one) > gravity.indexOf(other);
}

/**
 * Returns the mismatch finding of a mirror with one more artifact. `known` is the open finding; `null`: none is open.
 */
export function widen(
  known: Finding | null,
  { item, sides, probeIds, statements = [], ...fields }: Widened,
): FindingStatement {
  const isGraver = known === null || !isGraverThan(known.cause, fields.cause);
  const { cause, text, sentence = null } = isGraver ? fields : known;
  const scope = known?.scope ?? [];
  const isItem = (one: ScopeItem): boolean => isSameItem(one, item);
  const isKnown = scope.some(isItem);
  const isByAuthority = fields.actionable || item.by === 'file';
  const spoke = fields.cause === 'retag' && isByAuthority ? 'mismatch' : fields.cause;
  const own = { ...item, cause: spoke };
  const widened = scope.map((one) =>
    isItem(one) && (one.by !== item.by || isGraverThan(spoke, one.cause ?? known?.cause ?? spoke)) ? own : one,
  );
  const sidesBefore = (known?.evidence.sides ?? []).filter((side) => !isItem(side.item));
  return {
    tag: 'trouble',
    scope: isKnown ? widened : [...scope, own].slice(0, limits.scopeItems),
    cause,
    evidence: {
      samples: (known?.evidence.samples ?? 0) + 2,
      failures: (known?.evidence.failures ?? 0) + 2,
      probeIds: [...(known?.evidence.probeIds ?? []), ...probeIds].slice(-limits.findingProbes),
      sides: [...sidesBefore, ...sides].slice(0, limits.sidesKept),
      statements: [...(known?.evidence.statements ?? []), ...statements],
    },
    actionable: fields.actionable || (known?.actionable ?? false),
    text,
    sentence,
  };
}

/** The finding without an item whose bytes are right after all. `key`: what is said if it was the last item. */
export function dropItem(
  name: string,
  known: Finding,
  item: ScopeItem,
  key: 'found.notWrong' | 'found.asMost' = 'found.notWrong',
): FindingStatement {
  const scope = known.scope.filter((one) => one !== item);
  if (scope.length === 0) return { tag: 'well', ...messageFor(key, { name, what: artifactPhraseOf(item) }) };
  const { cause, evidence, actionable, text, sentence = null } = known;
  return { tag: 'trouble', scope, cause, evidence, actionable, text, sentence };
}

export interface Wrong {
  readonly failure: Mismatch;
  /** What the upstream's mirrors serve for the artifact, as far as known. */
  readonly sides: readonly Side[];
  /** `backed`: a lock file or the configuration that others confirm calls the bytes wrong; `null`: an authority decided. */
  readonly byFile: 'backed' | null;
  /** True if the file states a key, not a hash. */
  readonly isKey: boolean;
  /**
   * True if the origin serves the same wrong bytes, so they changed upstream. For the origin itself: true if another
   * mirror serves them.
   */
  readonly isOrigins: boolean;
  /** Another artifact for which the mirror has sent wrong bytes, if this decided; `null`: these bytes came twice. */
  readonly other: ScopeItem | null;
  readonly probeIds: readonly string[];
}

export function explainMismatch(
  name: string,
  { module, version, step, verifies }: Target,
  { failure, sides, byFile, isKey, isOrigins, other, probeIds }: Wrong,
  known: Finding | null,
): FindingStatement {
  const parts = {
    name,
    what: artifactPhraseOf({ module, version, step }),
    by:
      byFile !== null && !isKey
        ? phrase('found.lockFile')
        : (failure.sentences?.['by'] ?? failure.by ?? verifies ?? phrase('found.authority')),
    algorithm: failure.algorithm,
  };
  const wrong =
    other !== null
      ? phrase('found.wrongBoth', { ...parts, other: artifactPhraseOf(other) })
      : failure.side === undefined
        ? phrase('found.wrong', parts)
        : phrase('found.wrongSide', { ...parts, side: failure.side });
  return widen(known, {
    item: { module, version, step, ...(byFile !== null && { by: 'file' }) },
    cause: isOrigins ? 'retag' : 'mismatch',
    actionable: true,
    ...messageOf(isOrigins ? phrase('found.wrongOrigin', { wrong }) : wrong),
    sides,
    probeIds,
  });
}

export function explainFork(
  name: string,
  { module, version, step }: Target,
  fork: { readonly name: string; readonly statements: readonly [string, string]; readonly probeId: string },
  known: Finding | null,
): FindingStatement {
  return widen(known, {
    item: { module, version, step },
    cause: 'fork',
    actionable: true,
    ...messageFor('found.fork', { name, log: fork.name }),
    sides: [],
    probeIds: [fork.probeId],
    statements: fork.statements,
  });
}

export function artifactPhraseOf({ module, version, step }: ScopeItem): Sentence {
  return phrase('found.artifact', {
    what: module === null ? phrase('found.aFile') : refTextOf({ module, version }),
    step,
  });
}

/** A list of names: the first `namesShown` names, then the number of further names. */
export function joined(names: readonly Filled[]): Filled {
  const more = names.length - namesShown;
  return more > 0 ? [...names.slice(0, namesShown), phrase('found.namesMore', { count: more })] : names;
}

const namesShown = 3;

export function itemOf(known: Finding | null, { module, version, step }: Target): ScopeItem | undefined {
  return known?.scope.find((one) => one.module === module && one.version === version && one.step === step);
}

/**
 * True if it is undecided which bytes of the artifact are right: neither an authority (such as a checksum database) nor
 * the origin decides.
 */
export function isOpenTo(known: Finding, item: ScopeItem): boolean {
  const cause = mismatchCauseOf(known, item);
  return cause === 'peers' || cause === 'retag';
}
