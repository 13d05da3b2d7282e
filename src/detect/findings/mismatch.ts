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
  type DeclaredWrong,
  dropItem,
  explainFork,
  explainMismatch,
  isOfVersion,
  isOpenTo,
  isStillWrong,
  itemOf,
  judgeMismatch,
  type Mismatch,
  type Wrong,
  wrongDigestOf,
  wrongElsewhereOf,
} from '../contents/mismatch-says.ts';
import { openFinding } from '../memory/lookups.ts';
import { type MirrorMemory, stateOf } from '../memory/mirror-memory.ts';
import type { FindingRule, Judged, RuleStep, RuleView } from '../memory/rule.ts';
import type { FindingStatement } from '../memory/says.ts';
import {
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
    if (own.wrongOnce.size === 0) return null;
    const nowMs = view.now.monotonicMs;
    const due = [...own.wrongOnce].filter(([, once]) => !once.isDueAgain && isStillWrong(once, nowMs));
    if (due.length === 0) return null;
    const wrongOnce = new Map([
      ...own.wrongOnce,
      ...due.map(([id, one]) => [id, { ...one, isDueAgain: true }] as const),
    ]);
    const targets = due.flatMap(([id]) => view.targets.get(id) ?? []);
    return { mirror: { ...own, wrongOnce }, requests: targets.map((target) => ({ kind: 'recheck', target })) };
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
  drop(own, { dropped }) {
    const ids = new Set([...dropped].map(({ target }) => target.id));
    for (const id of ids) {
      own.statement.delete(id);
      own.beginnings.artifacts.delete(id);
    }
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
    const own = new Bytes();
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
  const step = byFile === 'backed' ? judgeWrong(own, judged, failure, byFile) : null;
  return { ...compared, ...step, requests: [...requests, ...(step?.requests ?? [])] };
}

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
  const elsewhere = wrongElsewhereOf(own.wrongOnce, view.targets, target, view.now.monotonicMs);
  const verdict = judgeMismatch(before, failure, {
    connection,
    isRecheck: purpose === 'recheck',
    isAlsoElsewhere: elsewhere !== null,
    nowMs: view.now.monotonicMs,
  });
  if (verdict === 'look_again' || verdict === 'wait') {
    const atMs = view.now.monotonicMs;
    const isRow = before !== null && before.sinceMs !== null && atMs - before.sinceMs <= limits.wrongAgainMs;
    const row = isRow ? before : { sinceMs: atMs, isDueAgain: false };
    const once = { failure, probeId, atMs, sinceMs: row.sinceMs, isDueAgain: row.isDueAgain, looks: 1 };
    return {
      mirror: { ...own, wrongOnce: new Map(own.wrongOnce).set(target.id, once) },
      requests: verdict === 'look_again' ? [{ kind: 'recheck', target }] : [],
    };
  }
  const other = verdict === 'declare_both' ? elsewhere : null;
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
  const compared = compareWithPeers(own, judged);
  const statement = withdrawn(judged);
  if (again === null && !isCleared && compared === null && statement === null) return null;
  return { ...again, mirror: own, isDirty: isCleared, ...compared, statement };
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
  const isMore = due.purpose === 'recheck' && once.looks < wrongRechecksOf(once.looks * bytes);
  const sinceMs = isOfVersion(due.target) ? once.sinceMs : null;
  if (!isMore && sinceMs === once.sinceMs) return null;
  wrongOnce.set(due.target.id, { ...once, sinceMs, looks: once.looks + (isMore ? 1 : 0) });
  return { mirror: { ...own, wrongOnce }, requests: isMore ? [{ kind: 'recheck', target: due.target }] : [] };
}
