import type { Receiver } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Notice } from '../core/notice.ts';
import { showsAlerts } from '../core/receiver-format.ts';
import { renderAlertBody } from './alerts.ts';
import { type BodyMeta, bodyOf, endsFinding, type NoticeDraft } from './news.ts';
import { dropOverflow, enqueue, nextSeqOf, noticeOf, type State } from './outbox.ts';
import { isMeant, type Queue, type QueueEntry } from './queue.ts';
import { findBase, storyKeyOf, storyRowOf, storyViewOf } from './stories.ts';

/**
 * The receivers that get an event. `programs`: receivers that show alerts (Alertmanager). `people`: all others, also of
 * format `standard`.
 */
type Audience = 'all' | 'programs' | 'people';

type NoticeIds = Readonly<Record<string, string>>;

/** Queues a notice of an event for each receiver whose settings select the event. */
export function queueNotices(state: State, change: NoticeDraft, audience: Audience): void {
  const isRecovery = endsFinding(change);
  const findingId = change.finding?.id ?? null;
  const opened = findingId === null ? undefined : state.opened.get(findingId);
  if (isRecovery && opened === undefined && change.finding?.state === 'acknowledged') return;
  if (isRecovery && findingId !== null) {
    state.opened.delete(findingId);
    state.pending.delete('meta', `opened/${findingId}`);
  }
  const queues = queuesFor(state, change, audience);
  const ids = { ...(isRecovery ? {} : opened), ...enqueueEach(state, queues, change, opened) };
  const isUnsent = isRecovery && queues.length > 0 && Object.keys(ids).length === 0;
  if (isUnsent) removeStory(state, change.subject);
  if (audience !== 'programs') recordStory(state, change, ids);
  const isKnown = opened !== undefined && queues.length === 0;
  if (findingId !== null && !isRecovery && !isKnown) {
    state.opened.set(findingId, ids);
    state.pending.put({ table: 'meta', key: `opened/${findingId}`, atMs: state.now.wallMs, value: ids });
  }
  dropOverflow(state);
}

/**
 * Returns the queues of receivers that want an event. A disabled receiver is left out, and the lost notice is counted.
 */
function queuesFor(state: State, change: NoticeDraft, audience: Audience): readonly Queue[] {
  const wanting = [...state.queues.values()].filter((queue) => isOf(queue, audience) && wants(queue, change));
  for (const queue of wanting) if (queue.disabled) state.pending.count(queue.receiver.name, 'disabled');
  return wanting.filter((queue) => !queue.disabled);
}

/**
 * Queues one notice for each receiver, with a common sequence number.
 * @param opened  the last notices about the finding, by receiver
 * @returns the ids of the notices, by receiver
 */
export function enqueueEach(
  state: State,
  queues: readonly Queue[],
  change: NoticeDraft,
  opened: NoticeIds = {},
): NoticeIds {
  const ids: Record<string, string> = {};
  if (queues.length === 0) return ids;
  const story = state.stories.get(change.subject);
  const toldStart = endsFinding(change) ? story?.told : undefined;
  const base = findBase(state.stories, change);
  const seq = nextSeqOf(state, change.subject);
  for (const queue of queues) {
    if (isEndOfWaiting(change) && dropWaiting(state, queue, change)) continue;
    const { receiver } = queue;
    const { name } = receiver;
    const resolves = sentIdOf(queue, opened[name] ?? toldStart?.[name]);
    const updates = sentIdOf(queue, base?.told[name]);
    const notice: Notice = {
      ...noticeOf(state, change, receiver, seq),
      body: bodyFor(state, receiver, change, { seq, resolves, updates, story: storyViewOf(story) }),
      ...sentenceFor(receiver, change),
      ...endsEarlierOf(state, queue, change),
    };
    ids[name] = notice.id;
    enqueue(state, queue, notice, change.finding?.id ?? null, waitMsOf(receiver, change));
  }
  return ids;
}

/**
 * Returns how long a notice waits for more news on its subject, milliseconds. A chat has its own wait. An outage of
 * some targets waits a little, because the mirror is often found to be down a moment later. A refusal waits if another
 * mirror may soon be measured. An alert does not wait, because it can be changed later.
 */
function waitMsOf(receiver: Receiver, { type, finding, advice }: NoticeDraft): number {
  if (receiver.chat !== undefined) return receiver.chat.groupMs;
  if (advice?.state === 'refused' && advice.refusal === 'nothing_measured') return limits.unmeasuredHoldMs;
  const isPart = type === 'mirror.outage' && finding?.actionable === false;
  return isPart && !showsAlerts(receiver) ? limits.partOutageHoldMs : 0;
}

/** True if the notice of the beginning may still wait as `waitMsOf` says. */
function isEndOfWaiting({ finding, advice }: NoticeDraft): boolean {
  return endsFinding({ finding }) || (advice?.refusal === 'nothing_measured' && advice.state !== 'refused');
}

/**
 * Drops the notice of a beginning that still waits as `waitMsOf` says. Its end is then no news either.
 * @returns true if there was such a notice
 */
function dropWaiting(state: State, queue: Queue, change: NoticeDraft): boolean {
  if (queue.receiver.chat !== undefined) return false;
  const waiting = findWaiting(state, queue, change);
  if (waiting !== undefined) state.pending.drop(queue, waiting, 'replaced');
  return waiting !== undefined;
}

/** Finds the notice of a beginning that still waits as `waitMsOf` says, and that the receiver does not miss. */
function findWaiting({ now }: State, { entries }: Queue, { subject, finding }: NoticeDraft): QueueEntry | undefined {
  return entries.find(
    ({ notice, findingId, dueMs }) =>
      notice.subject === subject &&
      findingId === (finding?.id ?? null) &&
      notice.attempts === 0 &&
      notice.endsEarlier !== true &&
      dueMs > now.monotonicMs,
  );
}

/** The earlier advice does not count if its own notice still waits: the receiver does not know that advice. */
function endsEarlierOf(state: State, queue: Queue, change: NoticeDraft): Pick<Notice, 'endsEarlier'> {
  return change.endsEarlier && findWaiting(state, queue, change) === undefined ? { endsEarlier: true } : {};
}

/** Records the notices in the story (recurring trouble) of their subject, because later notices refer to them. */
function recordStory(state: State, change: NoticeDraft, ids: NoticeIds): void {
  const story = state.stories.get(change.subject);
  if (story === undefined) return;
  const isBase = findBase(state.stories, change) === story;
  if (!endsFinding(change) && !isBase) story.told = { ...story.told, ...ids };
  state.pending.put(storyRowOf(change.subject, story, state.now));
}

/** Removes the story of a trouble of which nobody was sent the beginning, so that it does not count as recurring. */
function removeStory(state: State, subject: string): void {
  state.stories.delete(subject);
  state.pending.delete('meta', storyKeyOf(subject));
}

function bodyFor(
  { origin, advised: byMirror, now: { wallMs } }: State,
  receiver: Receiver,
  change: NoticeDraft,
  meta: Omit<BodyMeta, 'origin' | 'wallMs' | 'advised'>,
): string {
  // The queue of a chat also stores the body in format `standard`. The card is rendered from it at each attempt.
  const isRecovery = endsFinding(change);
  const advised = isRecovery ? null : (byMirror.get(change.finding?.registry ?? '') ?? null);
  if (!showsAlerts(receiver) || change.finding === null) return bodyOf(change, { ...meta, origin, advised, wallMs });
  const endedAtMs = isRecovery ? (change.finding.closedAtMs ?? wallMs) : null;
  return renderAlertBody(change.finding, origin, receiver.lang, endedAtMs, advised);
}

/**
 * Returns the sentence of a finding, an action or an advice as key and values; empty if there is none, or the receiver
 * is not a chat. A chat card needs it for other languages, because the body has only the English text.
 */
function sentenceFor({ chat }: Receiver, { finding, action, advice }: NoticeDraft): Pick<Notice, 'sentence'> {
  const sentence = finding?.sentence ?? action?.row.because ?? advice?.sentence;
  return chat === undefined || sentence == null ? {} : { sentence };
}

/** Returns the id of an earlier notice to refer to. `null`: there is none, or it is for a chat and was not sent yet. */
function sentIdOf(queue: Queue, id: string | null = null): string | null {
  if (queue.receiver.chat === undefined) return id;
  return queue.entries.some((one) => one.notice.id === id && !one.inFlight && !one.mayHaveArrived) ? null : id;
}

function isOf({ receiver }: Queue, audience: Audience): boolean {
  return audience === 'all' || showsAlerts(receiver) === (audience === 'programs');
}

function wants(queue: Queue, change: NoticeDraft): boolean {
  // The end of an alert is selected by the same setting as its start. So Alertmanager gets the end of each alert that
  // it got.
  const event = showsAlerts(queue.receiver) ? change.finding?.kind : change.event;
  if (event === undefined || !queue.receiver.on.includes(event) || !isMeant(queue.receiver, change)) return false;
  if (change.weight === 'news') return true;
  const findingId = change.finding?.id ?? null;
  return queue.entries.some(
    (entry) => entry.findingId === findingId && entry.notice.type === change.type && isFresh(queue, entry),
  );
}

/**
 * True if a waiting notice may get new content: it cannot have arrived yet, or its receiver is an Alertmanager, which
 * knows no ids of notices.
 */
function isFresh({ receiver }: Queue, { inFlight, mayHaveArrived: isOut }: QueueEntry): boolean {
  return !inFlight && (!isOut || showsAlerts(receiver));
}
