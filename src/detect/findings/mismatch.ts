import { isDisputed } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { type Target, targetId } from '../../core/mirror.ts';
import { phrase } from '../../words/tell.ts';
import {
  recordBeginning,
  recordFailedDownload,
  recordPeekedBeginning,
  wrongRechecksOf,
} from '../contents/beginnings.ts';
import type { ByFile } from '../contents/by-file.ts';
import { Bytes, readStatement } from '../contents/digests.ts';
import {
  dropItem,
  explainFork,
  explainMismatch,
  isOfVersion,
  isOpenTo,
  isStillWrong,
  itemOf,
  type Mismatch,
  type Wrong,
  wrongDigestOf,
  wrongElsewhereOf,
} from '../contents/mismatch-says.ts';
import { openFinding } from '../memory/lookups.ts';
import { type MirrorMemory, stateOf } from '../memory/mirror-memory.ts';
import type { FindingRule, Judged, Request, RuleStep, RuleView } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';
import {
  asWrongSum,
  bytesPlace,
  compareWithPeers,
  isWrongAtOrigin,
  judgeByFile,
  listSidesOfWrong,
  recordOwn,
  requestsByFile,
} from './peers.ts';

/**
 * Finds artifacts whose bytes differ from those that an authority (such as a checksum database) names, or from those of
 * other mirrors.
 */
export const mismatch: FindingRule<Bytes> = {
  ...bytesPlace,
  kind: 'mismatch',
  gravity: 40,
  endsByAcknowledgement: true,
  peek(own, { view, mirror, sample }) {
    const { target } = sample.due;
    // Peeks need not find wrong bytes again that are known.
    if (sample.outcome.tag !== 'ok' || own.declaredWrong.has(target.id) || isNamed(view, mirror, target)) return null;
    return recordPeekedBeginning(own.beginnings, sample) ? { requests: [{ kind: 'recheck', target }] } : null;
  },
  judge(own, given) {
    const judged = { ...given, sample: given.whole };
    const { outcome } = judged.sample;
    if (outcome.tag === 'ok') return judgeGood(own, judged);
    if (outcome.tag !== 'failed') return null;
    recordFailedDownload(own.beginnings, judged.sample, outcome.failure.kind === 'mismatch');
    if (outcome.failure.kind !== 'mismatch') return null;
    const byFile = judgeByFile(judged.view, judged.mirror, judged.sample);
    return byFile === null || byFile === 'refuted'
      ? judgeWrong(own, judged, outcome.failure, null)
      : judgeWrongByFile(own, judged, outcome.failure, byFile);
  },
  // A mirror can send other wrong bytes each time, so that no two responses are equal.
  tick(own, { view }) {
    const nowMs = view.now.monotonicMs;
    const due = [...own.wrongOnce].filter(([, once]) => !once.isDueAgain && isStillWrong(once, nowMs));
    for (const [id, one] of due) own.wrongOnce.set(id, { ...one, isDueAgain: true });
    const targets = due.flatMap(([id]) => view.targets.get(id) ?? []);
    return { requests: targets.map((target) => ({ kind: 'recheck', target })) };
  },
  // Without an authority, it is uncertain which bytes are right: the origin's bytes may come from a corrupt cache.
  confidence(finding) {
    if (isDisputed(finding)) return 'low';
    return finding.cause === 'origin' ? 'medium' : null;
  },
  acknowledge({ declaredWrong }, { scope }, { mirror }) {
    for (const { module, version, step } of scope) {
      const id = targetId(mirror.mirror.name, module, version, step);
      const declared = declaredWrong.get(id);
      // Marked as acknowledged, so that the same wrong bytes are not reported again.
      if (declared !== undefined) declaredWrong.set(id, { ...declared, isAcknowledged: true });
    }
    return { rowIsDue: true };
  },
  drop(own, { dropped }) {
    const { statement, beginnings, wrongOnce, declaredOdd, repeated } = own;
    for (const { target } of dropped)
      for (const map of [statement, beginnings.artifacts, wrongOnce, declaredOdd, repeated]) map.delete(target.id);
    return null;
  },
  write: ({ declaredWrong, declaredOdd }) => ({
    wrong: [...declaredWrong].map(([id, one]) => [id, one.digest, one.isAcknowledged] as const),
    ...(declaredOdd.size === 0
      ? {}
      : { odd: [...declaredOdd].flatMap(([id, declaredHere]) => declaredHere.map((one) => [id, one] as const)) }),
  }),
  read({ wrong, odd }, { view }) {
    const own = new Bytes();
    const { declaredWrong, declaredOdd } = own;
    for (const [id, digest, isAcknowledged] of listOf(wrong)) {
      if (typeof id !== 'string' || typeof digest !== 'string' || typeof isAcknowledged !== 'boolean') continue;
      if (view.targets.has(id)) declaredWrong.set(id, { digest, isAcknowledged });
    }
    for (const [id, update] of listOf(odd)) {
      if (typeof id !== 'string' || typeof update !== 'string' || !view.targets.has(id)) continue;
      declaredOdd.set(id, [...(declaredOdd.get(id) ?? []), update].slice(-limits.oddKept));
    }
    return own;
  },
  writeSeries(_, { mirror }, { target }) {
    const statements = stateOf(mismatch, mirror).statement.get(target.id);
    return statements === undefined ? {} : { said: statements };
  },
  readSeries({ statement: all }, { said: stored }, { target }) {
    const statements = readStatement(stored);
    // If a target has two series (cold and warm), the later response counts.
    if (statements !== null && statements.heardMs > (all.get(target.id)?.heardMs ?? 0)) all.set(target.id, statements);
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

/** Judges bytes that only an editable file calls wrong. While mirrors differ, they are compared as without the file. */
function judgeWrongByFile(
  own: Bytes,
  judged: Judged,
  failure: Mismatch,
  byFile: Exclude<ByFile, 'refuted'>,
): RuleStep<Bytes> {
  const requests = requestsByFile(own, judged);
  const compared = byFile === 'backed' ? { dirty: recordOwn(own, judged)?.dirty } : compareWithPeers(own, judged);
  // A file that no second party confirms accuses no mirror: anyone who can edit it could move clients.
  const step = byFile === 'backed' ? judgeWrong(own, judged, asWrongSum(own, judged, failure), byFile) : null;
  return { ...compared, ...step, requests: [...requests, ...(step?.requests ?? [])] };
}

/**
 * Judges a response with wrong bytes. It is reported if a second response, over a fresh connection, has the same digest,
 * or other wrong bytes at least `limits.wrongAgainMsMin` later, or if the mirror has also sent wrong bytes for another
 * artifact.
 * @see docs/detection.md#rules-of-findings
 */
function judgeWrong(own: Bytes, judged: Judged, failure: Mismatch, byFile: Wrong['byFile']): RuleStep<Bytes> | null {
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
  const isWeaker = known !== null && (!known.actionable || (known.cause === 'origin' && declared === undefined));
  if (known !== null && itemOf(known, target) !== undefined && !isWeaker) return null;
  const before = own.wrongOnce.get(target.id) ?? null;
  const atMs = view.now.monotonicMs;
  const isAgain = before !== null && (wrongDigestOf(before.failure) === digest || isStillWrong(before, atMs));
  const other = isAgain ? null : wrongElsewhereOf(own.wrongOnce, view.targets, target, atMs);
  if (connection !== 'cold' || (!isAgain && other === null)) {
    const isRow = before !== null && before.sinceMs !== null && atMs - before.sinceMs <= limits.wrongAgainMs;
    const { sinceMs, isDueAgain } = isRow ? before : { sinceMs: atMs, isDueAgain: false };
    own.wrongOnce.set(target.id, { failure, probeId, atMs, sinceMs, isDueAgain, looks: 1 });
    // A recheck of wrong bytes causes no further recheck. A download that was ordered for another reason does.
    return { requests: purpose === 'recheck' && before !== null ? [] : [{ kind: 'recheck', target }] };
  }
  const first = other?.once ?? before;
  const wrong = {
    failure,
    sides: listSidesOfWrong(judged, failure),
    byFile,
    isKey: sample.facts.file?.isKey === true || sample.facts.file?.isOfCopy === true,
    isOrigins: isWrongAtOrigin(view, mirror, target, failure),
    other: other?.target ?? null,
    probeIds: [...(first === null ? [] : [first.probeId]), probeId],
  };
  return { ...declaredWrong(own, target, digest), statement: explainMismatch(name, target, wrong, known) };
}

function declaredWrong(own: Bytes, { id }: Target, digest: string): RuleStep<Bytes> {
  own.wrongOnce.delete(id);
  own.declaredWrong.set(id, { digest, isAcknowledged: false });
  return { rowIsDue: true };
}

/** True if an open finding of the mirror names the target, with bytes that an authority contradicts. */
function isNamed(view: RuleView, { mirror }: MirrorMemory, target: Target): boolean {
  const known = openFinding(view, 'mismatch', mirror.name);
  return known !== null && !isDisputed(known) && itemOf(known, target) !== undefined;
}

function judgeGood(own: Bytes, judged: Judged): RuleStep<Bytes> | null {
  const { target } = judged.sample.due;
  const isOdd = recordBeginning(own.beginnings, judged.sample) && !isNamed(judged.view, judged.mirror, target);
  const isAgain = isDueAgain(own, judged) ?? isOdd;
  const isCleared = own.declaredWrong.delete(target.id);
  const requests: Request[] = isAgain ? [{ kind: 'recheck', target }] : [];
  return { requests, isDirty: isCleared, ...compareWithPeers(own, judged), statement: withdrawn(judged) };
}

/** The open finding without an item that a file called wrong, or that was disputed, if the file is refuted now (`settle`). */
function withdrawn({ view, sample }: Judged): FindingStatement {
  if (sample.facts.file?.says !== 'wrong') return null;
  const { target } = sample.due;
  const known = openFinding(view, 'mismatch', target.registry);
  const item = itemOf(known, target);
  if (known === null || item === undefined || (item.by !== 'file' && !isOpenTo(known, item))) return null;
  return dropItem(target.registry, known, item);
}

/**
 * After wrong bytes, true for a few more probes of the target, because a good response may come from another backend.
 * `null`: the target had no wrong bytes, or this response is no reason to probe it again.
 */
function isDueAgain({ wrongOnce }: Bytes, { view, sample: { due, bytes } }: Judged): boolean | null {
  const { id } = due.target;
  const once = wrongOnce.get(id);
  if (once === undefined) return null;
  if (view.now.monotonicMs - once.atMs > limits.wrongOnceMs) {
    wrongOnce.delete(id);
    return false;
  }
  const isMore = due.purpose === 'recheck' && once.looks < wrongRechecksOf(once.looks * bytes);
  const sinceMs = isOfVersion(due.target) ? once.sinceMs : null;
  if (!isMore && sinceMs === once.sinceMs) return null;
  wrongOnce.set(id, { ...once, sinceMs, looks: once.looks + (isMore ? 1 : 0) });
  return isMore;
}
