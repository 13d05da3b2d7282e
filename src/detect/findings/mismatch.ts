import { isDisputed, type Side } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { seriesId, type Target, targetId } from '../../core/mirror.ts';
import { phrase } from '../../words/tell.ts';
import {
  dropBeginnings,
  recordBeginning,
  recordFailedDownload,
  recordPeekedBeginning,
  wrongRechecksOf,
} from '../contents/beginnings.ts';
import {
  type Bytes,
  comparePeers,
  dropStatements,
  explainPeers,
  newBytes,
  type OddDigest,
  readStatement,
  recordStatement,
  sidesOf,
  statementFor,
  type Voice,
} from '../contents/digests.ts';
import {
  type DeclaredWrong,
  explainFork,
  explainMismatch,
  isOpenTo,
  itemOf,
  judgeMismatch,
  type Mismatch,
  wrongDigestOf,
} from '../contents/mismatch-says.ts';
import { isLeftAlone } from '../memory/absence.ts';
import { openFinding } from '../memory/lookups.ts';
import { type MirrorMemory, mirrorsOf, stateOf } from '../memory/mirror-memory.ts';
import type { FindingRule, Judged, RuleStep, RuleView } from '../memory/rule.ts';

const connections = ['cold', 'warm'] as const;

/**
 * Finds artifacts whose bytes differ from those that an authority (such as a checksum database) names, or from those of
 * other mirrors.
 */
export const mismatch: FindingRule<Bytes> = {
  name: 'mismatch',
  kind: 'mismatch',
  none: newBytes,
  gravity: 40,
  endsByAcknowledgement: true,
  peek(own, { view, mirror, sample }) {
    const { target } = sample.due;
    // Peeks need not find wrong bytes again that are known.
    if (sample.outcome.tag !== 'ok' || own.declaredWrong.has(target.id) || isNamed(view, mirror, target)) return null;
    return recordPeekedBeginning(own.beginnings, sample) ? { requests: [{ kind: 'recheck', target }] } : null;
  },
  judge(own, judged) {
    const { outcome } = judged.sample;
    if (outcome.tag === 'ok') return judgeGood(own, judged);
    if (outcome.tag !== 'failed') return null;
    recordFailedDownload(own.beginnings, judged.sample, outcome.failure.kind === 'mismatch');
    return outcome.failure.kind === 'mismatch' ? judgeWrong(own, judged, outcome.failure) : null;
  },
  // Without an authority, it is uncertain which bytes are right: the origin's bytes may come from a corrupt cache.
  confidence(finding) {
    if (isDisputed(finding)) return 'low';
    return finding.cause === 'origin' ? 'medium' : null;
  },
  acknowledge(own, { scope }, { mirror }) {
    const declaredWrong = new Map(own.declaredWrong);
    for (const { module, version, step } of scope) {
      const id = targetId(mirror.mirror.name, module, version, step);
      const declared = declaredWrong.get(id);
      // Marked as acknowledged, so that the same wrong bytes are not reported again.
      if (declared !== undefined) declaredWrong.set(id, { ...declared, isAcknowledged: true });
    }
    return { mirror: { ...own, declaredWrong }, rowIsDue: true };
  },
  drop(own, dropped) {
    const ids = new Set([...dropped].map(({ target }) => target.id));
    dropStatements(own.statement, ids);
    dropBeginnings(own.beginnings, ids);
    const without = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([id]) => !ids.has(id)));
    const [wrongOnce, declaredOdd] = [without(own.wrongOnce), without(own.declaredOdd)];
    return { mirror: { ...own, wrongOnce, declaredOdd, repeated: without(own.repeated) } };
  },
  write: ({ declaredWrong, declaredOdd }) => ({
    wrong: [...declaredWrong].map(([id, one]) => [id, one.digest, one.isAcknowledged] as const),
    ...(declaredOdd.size === 0
      ? {}
      : { odd: [...declaredOdd].flatMap(([id, declaredHere]) => declaredHere.map((one) => [id, one] as const)) }),
  }),
  read({ wrong, odd }, { view }) {
    const own = newBytes();
    const declaredWrong = new Map<string, DeclaredWrong>();
    for (const [id, digest, isAcknowledged] of listOf(wrong)) {
      if (typeof id !== 'string' || typeof digest !== 'string' || typeof isAcknowledged !== 'boolean') continue;
      if (view.targets.has(id)) declaredWrong.set(id, { digest, isAcknowledged });
    }
    const declaredOdd = new Map<string, readonly string[]>();
    for (const [id, update] of listOf(odd)) {
      if (typeof id !== 'string' || typeof update !== 'string' || !view.targets.has(id)) continue;
      declaredOdd.set(id, [...(declaredOdd.get(id) ?? []), update].slice(-limits.oddKept));
    }
    return { ...own, declaredWrong, declaredOdd };
  },
  writeSeries(_, { mirror }, { target }) {
    const statements = stateOf(mismatch, mirror).statement.get(target.id);
    return statements === undefined ? {} : { said: statements };
  },
  readSeries({ statement: all }, { said: stored }, { target }) {
    const statements = readStatement(stored);
    // If a target has two series (cold and warm), the later response counts.
    if (statements !== null && statements.heardMs > (all.get(target.id)?.heardMs ?? 0))
      recordStatement(all, target, statements);
    return null;
  },
  degrades(_, findings) {
    if (findings.some((one) => one.kind === 'mismatch' && !isDisputed(one))) return phrase('why.wrong');
    return findings.some(isDisputed) ? phrase('why.odd') : null;
  },
};

function listOf(stored: unknown): readonly (readonly unknown[])[] {
  return Array.isArray(stored) ? stored.filter((one) => Array.isArray(one)) : [];
}

function judgeWrong(own: Bytes, judged: Judged, failure: Mismatch): RuleStep<Bytes> | null {
  const { view, mirror, sample } = judged;
  const { target, connection, purpose, probeId } = sample.due;
  const { name } = mirror.mirror;
  const declared = own.declaredWrong.get(target.id);
  const { forked } = sample.facts;
  const digest = forked === undefined ? wrongDigestOf(failure) : `fork ${forked.name}`;
  if (declared?.isAcknowledged === true && declared.digest === digest) return null;
  const known = openFinding(view, 'mismatch', name);
  // Two contradictory statements with valid signatures are proof: no second probe is needed.
  if (forked !== undefined)
    return known?.cause === 'fork'
      ? null
      : { ...declaredWrong(own, target, digest), statement: explainFork(name, target, { ...forked, probeId }, known) };
  // A finding by an authority (such as a checksum database) replaces one about a difference between mirrors or with the
  // origin.
  const isOpen = known !== null && (isDisputed(known) || (known.cause === 'origin' && declared === undefined));
  if (known !== null && itemOf(known, target) !== undefined && !isOpen) return null;
  const before = own.wrongOnce.get(target.id) ?? null;
  const verdict = judgeMismatch(before, failure, { connection, isRecheck: purpose === 'recheck' });
  if (verdict !== 'declare') {
    const once = { failure, probeId, atMs: view.now.monotonicMs, looks: 1 };
    return {
      mirror: { ...own, wrongOnce: new Map(own.wrongOnce).set(target.id, once) },
      requests: verdict === 'look_again' ? [{ kind: 'recheck', target }] : [],
    };
  }
  const wrong = {
    failure,
    sides: sidesOfWrong(judged, failure),
    isLocked: Object.values(view.config.pinned?.[target.ecosystem] ?? {}).includes(failure.want),
    isOrigins: isWrongAtOrigin(view, mirror, target, failure),
    probeIds: [...(before === null ? [] : [before.probeId]), probeId],
  };
  return { ...declaredWrong(own, target, digest), statement: explainMismatch(name, target, wrong, known) };
}

function declaredWrong(own: Bytes, { id }: Target, digest: string): RuleStep<Bytes> {
  const wrongOnce = new Map(own.wrongOnce);
  wrongOnce.delete(id);
  const declared = new Map(own.declaredWrong).set(id, { digest, isAcknowledged: false });
  return { mirror: { ...own, wrongOnce, declaredWrong: declared }, rowIsDue: true };
}

/** True if an open finding of the mirror names the target, with bytes that an authority contradicts. */
function isNamed(view: RuleView, { mirror }: MirrorMemory, target: Target): boolean {
  const known = openFinding(view, 'mismatch', mirror.name);
  return known !== null && !isDisputed(known) && itemOf(known, target) !== undefined;
}

function judgeGood(before: Bytes, judged: Judged): RuleStep<Bytes> | null {
  const { target } = judged.sample.due;
  const isOdd = recordBeginning(before.beginnings, judged.sample) && !isNamed(judged.view, judged.mirror, target);
  const again = requestAgain(before, judged) ?? (isOdd ? { requests: [{ kind: 'recheck', target }] } : null);
  let own = again?.mirror ?? before;
  const isCleared = own.declaredWrong.has(target.id);
  if (isCleared) {
    const left = new Map(own.declaredWrong);
    left.delete(target.id);
    own = { ...own, declaredWrong: left };
  }
  const compared = comparedWithPeers(own, judged);
  if (again === null && !isCleared && compared === null) return null;
  return { ...again, mirror: own, isDirty: isCleared, ...compared };
}

/**
 * After wrong bytes, requests a few more probes of the target, because a good response may come from another backend.
 */
function requestAgain(own: Bytes, { view, sample: { due, bytes } }: Judged): RuleStep<Bytes> | null {
  const once = own.wrongOnce.get(due.target.id);
  if (once === undefined) return null;
  const wrongOnce = new Map(own.wrongOnce);
  if (view.now.monotonicMs - once.atMs > limits.wrongOnceMs) {
    wrongOnce.delete(due.target.id);
    return { mirror: { ...own, wrongOnce } };
  }
  if (due.purpose !== 'recheck' || once.looks >= wrongRechecksOf(once.looks * bytes)) return null;
  wrongOnce.set(due.target.id, { ...once, looks: once.looks + 1 });
  return { mirror: { ...own, wrongOnce }, requests: [{ kind: 'recheck', target: due.target }] };
}

function comparedWithPeers(own: Bytes, judged: Judged): Pick<RuleStep<Bytes>, 'dirty' | 'others'> | null {
  const { view, mirror, series, sample } = judged;
  const { target, purpose } = sample.due;
  const { statement: all } = own;
  const before = all.get(target.id) ?? null;
  const statements = statementFor(before, sample, view.now.wallMs);
  if (statements === null) return null;
  recordStatement(all, target, statements);
  const dirty = statements.digest !== before?.digest || statements.of !== before.of ? series : undefined;
  const voices = voicesOn(view, mirror, target).filter((voice) => voice.statement.of === statements.of);
  const { odd, again } = comparePeers(voices);
  // A difference between two mirrors is not judged until all other mirrors of the upstream were probed.
  if (!isAllRequested(view, mirror, target)) return { dirty };
  const others: (readonly [MirrorMemory, RuleStep<Bytes>])[] = [];
  const states = new Map([[mirror, own]]);
  const follow = (registry: string, next: (before: Bytes, its: Target) => RuleStep<Bytes> | null): void => {
    const other = view.mirrors.get(registry);
    const its = other === undefined ? undefined : view.targets.get(targetOf(other, target));
    if (other === undefined || its === undefined) return;
    const step = next(states.get(other) ?? stateOf(mismatch, other), its);
    if (step === null) return;
    if (step.mirror !== undefined) states.set(other, step.mirror);
    others.push([other, step]);
  };
  for (const one of odd) follow(one.voice.registry, (state, its) => declareOdd(view, state, one, its, voices));
  // A recheck causes no further rechecks, because alternating backends could cause endless probes.
  if (purpose !== 'recheck') for (const { registry } of again) follow(registry, requestOnce);
  return { dirty, others };
}

function voicesOn(view: RuleView, mirror: MirrorMemory, target: Target): readonly Voice[] {
  return [...mirrorsOf(view, mirror.roundKey)].flatMap((other) => {
    const statements = stateOf(mismatch, other).statement.get(targetOf(other, target));
    if (statements === undefined || isLeftAlone(other)) return [];
    return [{ registry: other.mirror.name, isOrigin: other.mirror.role === 'origin', statement: statements }];
  });
}

function isAllRequested(view: RuleView, mirror: MirrorMemory, target: Target): boolean {
  return [...mirrorsOf(view, mirror.roundKey)].every((other) => {
    const own = view.targets.get(targetOf(other, target));
    return own === undefined || isLeftAlone(other) || connections.some((one) => other.series.has(seriesId(own, one)));
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
  const declaredOdd = new Map(own.declaredOdd).set(target.id, [...declaredHere, update].slice(-limits.oddKept));
  // A finding about a difference with the origin replaces one about a difference between mirrors.
  const isSettled = odd.cause === 'origin' && known !== null && item !== undefined && isOpenTo(known, item);
  const statement = item === undefined || isSettled ? explainPeers(odd, target, voices, known) : null;
  return { mirror: { ...own, declaredOdd }, rowIsDue: true, statement };
}

function requestOnce(own: Bytes, target: Target): RuleStep<Bytes> | null {
  const statements = own.statement.get(target.id);
  if (statements === undefined) return null;
  const key = `${statements.of} ${statements.digest}`;
  if (own.repeated.get(target.id) === key) return null;
  const repeated = new Map(own.repeated).set(target.id, key);
  return { mirror: { ...own, repeated }, requests: [{ kind: 'recheck', target }] };
}

/**
 * The sides (digests and the mirrors that serve them) of wrong bytes: the mirror's own digest first, then the right
 * digest, then those of other mirrors.
 */
function sidesOfWrong({ view, mirror, sample }: Judged, { algorithm, got, want }: Mismatch): readonly Side[] {
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
function isWrongAtOrigin(view: RuleView, mirror: MirrorMemory, target: Target, failure: Mismatch): boolean {
  const digest = wrongDigestOf(failure);
  return [...mirrorsOf(view, mirror.roundKey)].some((other) => {
    if (other === mirror || (mirror.mirror.role !== 'origin' && other.mirror.role !== 'origin')) return false;
    const id = targetOf(other, target);
    const { wrongOnce, declaredWrong: declared } = stateOf(mismatch, other);
    const once = wrongOnce.get(id);
    return declared.get(id)?.digest === digest || (once !== undefined && wrongDigestOf(once.failure) === digest);
  });
}
