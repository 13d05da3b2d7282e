import { type Finding, mismatchCauseOf, type ScopeItem, type Side } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { isHeavy, seriesId, type Target, targetId } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { phrase } from '../../words/tell.ts';
import { witnessPlaceOf } from '../confirm/witness.ts';
import { type ByFile, weighFile } from '../contents/by-file.ts';
import { Bytes, comparePeers, type OddDigest, type Statement, statementFor, type Voice } from '../contents/digests.ts';
import { dropItem, isOpenTo, itemOf, type Mismatch, wrongDigestOf } from '../contents/mismatch-says.ts';
import { explainPeers, renewSides, sidesOf } from '../contents/peers-says.ts';
import { isLeftAlone, isThrottled } from '../memory/absence.ts';
import { openFinding } from '../memory/lookups.ts';
import { type MirrorMemory, mirrorsOf, stateOf } from '../memory/mirror-memory.ts';
import type { Judged, Request, RuleStep, RuleView } from '../memory/rule.ts';

export const bytesPlace = { name: 'mismatch', none: () => new Bytes() } as const;

const connections = ['cold', 'warm'] as const;

/** Compares what a mirror serves with what other mirrors of the upstream have served. */
export function compareWithPeers(own: Bytes, judged: Judged): Pick<RuleStep<Bytes>, 'dirty' | 'others'> | null {
  const { view, mirror, sample } = judged;
  const { target, purpose } = sample.due;
  const recorded = recordOwn(own, judged);
  if (recorded === null) return null;
  const { statements, dirty } = recorded;
  const voices = voicesOn(view, mirror, target).filter(
    ({ statement }) => statement.of === statements.of && !isDamagedCopy(statement),
  );
  const { odd, again, confirmed } = comparePeers(voices, isHeavy(target) ? 0 : limits.wrongElsewhereMsMin);
  // A difference between two mirrors is not judged until all other mirrors of the upstream were probed.
  if (!isAllRequested(view, mirror, target)) return { dirty };
  const others: (readonly [MirrorMemory, RuleStep<Bytes>])[] = [];
  const follow = (registry: string, next: (before: Bytes, its: Target) => RuleStep<Bytes> | null): void => {
    const other = view.mirrors.get(registry);
    const its = other === undefined ? undefined : view.targets.get(targetOf(other, target));
    if (other === undefined || its === undefined) return;
    const step = next(stateOf<Bytes>(bytesPlace, other), its);
    if (step !== null) others.push([other, step]);
  };
  for (const one of odd) follow(one.voice.registry, (state, its) => declareOdd(view, state, one, its, voices));
  const accused = voices.filter(({ registry }) => openFinding(view, 'mismatch', registry) !== null);
  for (const voice of accused)
    follow(voice.registry, (state, its) => {
      const dispute = disputeOf(view, state, voice, its);
      if (dispute === null) return null;
      if (confirmed.includes(voice)) return endDispute(state, dispute, its);
      return { statement: renewSides(dispute.known, dispute.item, its, voice, voices) };
    });
  // A recheck causes no further rechecks, because alternating backends could cause endless probes.
  if (purpose !== 'recheck') for (const { registry } of again) follow(registry, requestOnce);
  return { dirty, others };
}

/** True for bytes that a checksum beside them contradicts: this copy is damaged, so it shows nothing about others. */
function isDamagedCopy({ file, isOfCopy }: Statement): boolean {
  return isOfCopy === true && file === 'wrong';
}

/** True if a mirror serves these bytes with a checksum beside them that fits. */
function fits({ statement: { of, digest, fitsSum } }: Voice, other: Statement): boolean {
  return fitsSum === true && of === other.of && digest === other.digest;
}

/**
 * The mismatch of right bytes with a checksum beside them, as one of this checksum: another mirror serves the same bytes
 * with a checksum that fits. Other mismatches stay as they are.
 */
export function asWrongSum(own: Bytes, { view, mirror, sample: { due, facts } }: Judged, failure: Mismatch): Mismatch {
  const statement = own.statement.get(due.target.id);
  const isCopy = facts.file?.isOfCopy === true && statement !== undefined;
  if (!isCopy || !voicesOn(view, mirror, due.target).some((one) => fits(one, statement))) return failure;
  const { algorithm, want, got } = failure;
  return { ...failure, want: got, got: want, side: `.${algorithm}`, sentences: { by: phrase('found.sameBytes') } };
}

/** Records what a mirror serves. `dirty`: its series, if that is new; `null`: the response has no digest. */
export function recordOwn(own: Bytes, { view, series, sample }: Judged) {
  const { target } = sample.due;
  const before = own.statement.get(target.id) ?? null;
  const statements = statementFor(before, sample, view.now.wallMs);
  if (statements === null) return null;
  own.statement.set(target.id, statements);
  const isNew = statements.digest !== before?.digest || statements.of !== before.of;
  return { statements, dirty: isNew ? series : undefined };
}

/**
 * How a failed sample counts that only an editable file supports, because no authority has judged the bytes; `null`: the
 * sample is another one.
 */
export function judgeByFile(view: RuleView, mirror: MirrorMemory, sample: Sample): ByFile | null {
  const { outcome, facts } = sample;
  const isByFile = outcome.tag === 'failed' && outcome.failure.kind === 'mismatch' && facts.file?.says === 'wrong';
  return isByFile ? weighSample(view, mirror, sample) : null;
}

/**
 * A sample as evidence that a mirror responds. Bytes that only an editable file calls wrong, and that no two parties
 * confirm to be wrong, are a response: whoever edits a file must not decide which mirror is down.
 * @see docs/decisions/0186-files-and-keys-that-mirrors-contradict.md
 */
export function asResponse<T extends Sample>(sample: T, byFile: ByFile | null): T {
  return byFile === null || byFile === 'backed' ? sample : { ...sample, outcome: { tag: 'ok' } };
}

/** Weighs the editable file that judges a sample; `open` until all mirrors were probed. */
function weighSample(view: RuleView, mirror: MirrorMemory, sample: Sample): ByFile {
  const { target } = sample.due;
  const before = stateOf<Bytes>(bytesPlace, mirror).statement.get(target.id) ?? null;
  const statement = statementFor(before, sample, view.now.wallMs);
  if (statement === null) return 'alone';
  const own = voiceOf(mirror, statement);
  const others = voicesOn(view, mirror, target).filter((one) => one.registry !== own.registry);
  const { isKey = false, says } = sample.facts.file ?? {};
  const isByKey = isKey && says === 'wrong';
  const byFile = weighFile(own, [own, ...others], isByKey);
  if (!isAllRequested(view, mirror, target)) return 'open';
  if (isDamagedCopy(statement) && (byFile !== 'refuted' || others.some((one) => fits(one, statement)))) return 'backed';
  // What a key said before a reload does not count.
  const isKnown = ({ statement: one }: Voice): boolean =>
    one.digest !== statement.digest || one.file === 'wrong' || one.heardMs >= view.us.configuredMs;
  return isByKey && byFile === 'backed' && !others.every(isKnown) ? 'open' : byFile;
}

/** True if no other mirror serves other bytes than those of a sample, or if most independent mirrors serve the same. */
export function isByMost(view: RuleView, mirror: MirrorMemory, sample: Sample): boolean {
  const byFile = weighSample(view, mirror, sample);
  return byFile === 'refuted' || voicesOn(view, mirror, sample.due.target).length < 2;
}

/** The probes of all mirrors for an item, after the first bytes that only an editable file calls wrong. */
export function requestsByFile(own: Bytes, { view, mirror, sample }: Judged): readonly Request[] {
  const { target, purpose } = sample.due;
  const before = own.statement.get(target.id) ?? null;
  const now = statementFor(before, sample, view.now.wallMs);
  if (purpose === 'recheck' || (before?.digest === now?.digest && before?.file === now?.file)) return [];
  return [...mirrorsOf(view, mirror.roundKey)].flatMap((other) => {
    const its = isLeftAlone(other) ? undefined : view.targets.get(targetOf(other, target));
    return its === undefined ? [] : [{ kind: 'recheck', target: its }];
  });
}

function voicesOn(view: RuleView, mirror: MirrorMemory, target: Target): readonly Voice[] {
  return [...mirrorsOf(view, mirror.roundKey)].flatMap((other) => {
    const statements = stateOf<Bytes>(bytesPlace, other).statement.get(targetOf(other, target));
    if (statements === undefined || isLeftAlone(other)) return [];
    return [voiceOf(other, statements)];
  });
}

function voiceOf(mirror: MirrorMemory, statement: Statement): Voice {
  const { name: registry, role } = mirror.mirror;
  return { registry, place: witnessPlaceOf(mirror), isOrigin: role === 'origin', statement };
}

function isAllRequested(view: RuleView, mirror: MirrorMemory, target: Target): boolean {
  return [...mirrorsOf(view, mirror.roundKey)].every((other) => {
    const own = view.targets.get(targetOf(other, target));
    return (
      own === undefined ||
      isLeftAlone(other) ||
      isThrottled(view, other, own.step) ||
      connections.some((one) => other.series.get(seriesId(own, one))?.isSettled)
    );
  });
}

function targetOf({ mirror }: MirrorMemory, { module, version, step }: Target): string {
  return targetId(mirror.name, module, version, step);
}

/**
 * Reports that a mirror's digest differs from others. The same digest is reported only once, even after an
 * acknowledgement: the second time, the result is `null`. It is reported again only if the cause becomes `origin`.
 */
function declareOdd(
  view: RuleView,
  own: Bytes,
  odd: OddDigest,
  target: Target,
  voices: readonly Voice[],
): RuleStep<Bytes> | null {
  const { statement: statements } = odd.voice;
  const digest = `${statements.of} ${statements.digest}`;
  const update = odd.cause === 'origin' ? `origin ${digest}` : digest;
  const declaredHere = own.declaredOdd.get(target.id) ?? [];
  if (declaredHere.includes(update) || declaredHere.includes(`origin ${digest}`)) return null;
  const known = openFinding(view, 'mismatch', target.registry);
  const item = itemOf(known, target);
  own.declaredOdd.set(target.id, [...declaredHere, update].slice(-limits.oddKept));
  // A finding about a difference with the origin replaces one about a difference between mirrors.
  const isSettled = odd.cause === 'origin' && known !== null && item !== undefined && isOpenTo(known, item);
  const statement = item === undefined || isSettled ? explainPeers(odd, target, voices, known) : null;
  return { rowIsDue: true, statement };
}

interface Dispute {
  readonly known: Finding;
  readonly item: ScopeItem;
}

/** The open finding about bytes for which only other mirrors accuse this one; `null`: there is none. */
function disputeOf(view: RuleView, own: Bytes, { statement }: Voice, target: Target): Dispute | null {
  const known = openFinding(view, 'mismatch', target.registry);
  const item = itemOf(known, target);
  if (known === null || item === undefined || mismatchCauseOf(known, item) !== 'peers') return null;
  const declaredHere = own.declaredOdd.get(target.id)?.join();
  return declaredHere === `${statement.of} ${statement.digest}` ? { known, item } : null;
}

/** Ends what is said of a mirror's bytes once others confirm them: it was said while fewer mirrors had served the item. */
function endDispute(own: Bytes, { known, item }: Dispute, { id, registry }: Target): RuleStep<Bytes> {
  own.declaredOdd.delete(id);
  return { rowIsDue: true, statement: dropItem(registry, known, item, 'found.asMost') };
}

function requestOnce(own: Bytes, target: Target): RuleStep<Bytes> | null {
  const statements = own.statement.get(target.id);
  if (statements === undefined) return null;
  const key = `${statements.of} ${statements.digest}`;
  if (own.repeated.get(target.id) === key) return null;
  own.repeated.set(target.id, key);
  return { requests: [{ kind: 'recheck', target }] };
}

/**
 * The sides (digests and the mirrors that serve them) of wrong bytes: the mirror's own digest first, then the right
 * digest, then those of other mirrors.
 */
export function listSidesOfWrong({ view, mirror, sample }: Judged, failure: Mismatch): readonly Side[] {
  const { algorithm, got, want } = failure;
  const { target } = sample.due;
  const { module, version, step } = target;
  const item = { module, version, step };
  const { name } = mirror.mirror;
  const served = { item, algorithm, sinceMs: sample.startedAtMs, seen: sample.facts.seen ?? null };
  const own = { ...served, registries: [name], digest: got };
  const voices = voicesOn(view, mirror, target).filter(({ registry }) => registry !== name);
  const others = sidesOf(voices, item).filter((side) => side.algorithm === algorithm && side.digest !== got);
  const right = others.find(({ digest }) => digest === want);
  const named = right ?? { item, registries: [], algorithm, digest: want, sinceMs: null, seen: null };
  return [own, named, ...others.filter((side) => side !== right)];
}

/** True if the origin serves the same wrong bytes. For the origin itself: true if another mirror serves them. */
export function isWrongAtOrigin(view: RuleView, mirror: MirrorMemory, target: Target, failure: Mismatch): boolean {
  const digest = wrongDigestOf(failure);
  return [...mirrorsOf(view, mirror.roundKey)].some((other) => {
    if (other === mirror || (mirror.mirror.role !== 'origin' && other.mirror.role !== 'origin')) return false;
    const id = targetOf(other, target);
    const { wrongOnce, declaredWrong: declared } = stateOf<Bytes>(bytesPlace, other);
    const once = wrongOnce.get(id);
    return declared.get(id)?.digest === digest || (once !== undefined && wrongDigestOf(once.failure) === digest);
  });
}
