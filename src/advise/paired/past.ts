import type { Reply } from '../../ecosystems/client.ts';
import { type Replies, replyOfFailure } from '../walk.ts';
import type { Moment } from './moments.ts';
import { lateMax } from './record.ts';

/** A moment that is over, as each mirror answered it. */
export interface PastMoment extends Replies {
  readonly isHeavy: boolean;
  readonly isScheduled: boolean;
  /** When its first answer came, monotonic milliseconds. */
  readonly atMs: number;
}

interface Row extends Omit<PastMoment, 'replyOf' | 'isMerelyLate'> {
  /** One number an answer, by column; 0 or beyond the end: none. */
  readonly answers: readonly number[];
}

/** Moments kept of one upstream: over half an hour of one every two seconds, and the last downloads. */
const kept = { light: 1_000, heavy: 40 } as const;

/**
 * The moments of one upstream that are over, oldest first: what another chain would have met in them can be asked
 * afterwards. Eight bytes an answer: `kept` moments of ten mirrors are some 200 KB.
 */
export interface Past {
  /** The column of each mirror. */
  columns: Map<string, number>;
  light: Row[];
  heavy: Row[];
}

/** Nothing is over yet. */
export function newPast(): Past {
  return { columns: new Map(), light: [], heavy: [] };
}

/** Keeps a moment that is over. */
export function keepMoment(past: Past, moment: Moment): void {
  const { question, isHeavy, isScheduled, openedAtMs, replies } = moment;
  const answers: number[] = [];
  for (const [registry, reply] of replies) {
    const column = past.columns.get(registry) ?? past.columns.size;
    past.columns.set(registry, column);
    while (answers.length <= column) answers.push(0);
    answers[column] = coded(reply, (moment.late.get(registry) ?? 0) > lateMax);
  }
  const weight = isHeavy ? 'heavy' : 'light';
  const rows = past[weight];
  rows.push({ question, isHeavy, isScheduled, atMs: openedAtMs, answers });
  if (rows.length > 1.25 * kept[weight]) rows.splice(0, rows.length - kept[weight]);
}

/** Light moments since a time, and the last downloads whatever their age; oldest first of each weight. */
export function pastSince(past: Past, fromMs: number): readonly PastMoment[] {
  return [...past.light.filter(({ atMs }) => atMs >= fromMs), ...past.heavy].map((row) => {
    const codeOf = (registry: string): number => row.answers[past.columns.get(registry) ?? -1] ?? 0;
    return {
      ...row,
      replyOf: (registry: string) => decoded(codeOf(registry)),
      isMerelyLate: (registry: string) => has(codeOf(registry), lateMark),
    };
  });
}

/** Forgets mirrors and questions that are not configured any more. */
export function forgetPast(past: Past, isKnown: (registry: string, question: string) => boolean): void {
  for (const weight of ['light', 'heavy'] as const)
    past[weight] = past[weight].filter(({ question }) =>
      [...past.columns.keys()].some((registry) => isKnown(registry, question)),
    );
  const questions = new Set([...past.light, ...past.heavy].map(({ question }) => question));
  const names = [...past.columns.keys()].filter((name) => [...questions].some((question) => isKnown(name, question)));
  if (names.length === past.columns.size) return;
  const from = names.map((name) => past.columns.get(name) ?? -1);
  const narrowed = (row: Row): Row => ({ ...row, answers: from.map((column) => row.answers[column] ?? 0) });
  past.columns = new Map(names.map((name, column) => [name, column]));
  past.light = past.light.map(narrowed);
  past.heavy = past.heavy.map(narrowed);
}

const tags = ['unknown', 'ok', 'gone', 'failed'] as const;
/** A code is the status, 0 for none, and marks on top of it; above the codes stand microseconds. */
const tagMark = 1_000;
const cutMark = 4_000;
const lateMark = 8_000;
const artifactMark = 16_000;
const hungMark = 32_000;
const codes = 64_000;

/** Each mark is twice the one before. */
function has(code: number, mark: number): boolean {
  return Math.floor(code / mark) % 2 === 1;
}

function coded(reply: Reply, isLate: boolean): number {
  if (reply.tag === 'unknown') return 0;
  const status = reply.tag === 'ok' ? 0 : Math.min(999, Math.max(0, reply.status ?? 0));
  const cut = reply.tag === 'failed' && reply.isCut === true ? cutMark : 0;
  const artifact = reply.tag === 'failed' && reply.isArtifact === true ? artifactMark : 0;
  const hung = reply.tag === 'failed' && reply.isHung === true ? hungMark : 0;
  const code = status + tagMark * tags.indexOf(reply.tag) + cut + artifact + hung + (isLate ? lateMark : 0);
  return Math.round(Math.max(0, reply.tookMs) * 1_000) * codes + code;
}

function decoded(number: number): Reply | null {
  if (number === 0) return null;
  const code = number % codes;
  const tookMs = Math.floor(number / codes) / 1_000;
  const tag = tags[Math.floor((code % cutMark) / tagMark)] ?? 'unknown';
  const status = code % tagMark === 0 ? null : code % tagMark;
  if (tag === 'ok') return { tag, tookMs };
  if (tag === 'gone') return { tag, tookMs, status };
  const marks = { isCut: has(code, cutMark), isHung: has(code, hungMark), isArtifact: has(code, artifactMark) };
  return replyOfFailure(tookMs, status, marks);
}
