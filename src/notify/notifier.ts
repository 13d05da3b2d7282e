import type { ActionChange } from '../core/action.ts';
import type { Advice, AdviceChange } from '../core/advice.ts';
import type { Config, Receiver } from '../core/config.ts';
import type { Finding, FindingChange } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, Notice, Post, QueueStanding } from '../core/notice.ts';
import type { Now, Random, Row } from '../core/ports.ts';
import { isChatFormat, showsAlerts } from '../core/receiver-format.ts';
import type { Standing } from '../core/standing.ts';
import { stamp } from '../core/views.ts';
import { wordsOf } from '../words/words.ts';
import { alertOriginOf, makeTestAlert } from './alerts.ts';
import { batchMsOf, batchOf, isQuiet, sortOut } from './chat/batch.ts';
import { type Chat, isChat, isSameBot, renderChatMessage } from './chat/message.ts';
import { draftOfAction, draftOfFinding, draftsOfAdvice, endsFinding, type NoticeDraft } from './news.ts';
import { enqueueEach, queueNotices } from './notices.ts';
import {
  applyDelivery,
  expire,
  isFor,
  type NotifyTurn,
  nextSeqOf,
  noticeOf,
  openOutboxTurn,
  outboxEntryOf,
  restoreOutbox,
  type State,
} from './outbox.ts';
import { attemptMsOf, expiryMsOf, isMeant, listDueEntries, notSent, Queue, type QueueEntry } from './queue.ts';
import { chatServices, programs } from './receivers/receivers.ts';
import type { Card } from './receivers/section.ts';
import { dropEnded, expireHeld, releaseAtMs, releaseDue, storyKeyOf, storyRowOf, updateStory } from './stories.ts';

interface NotifierInput {
  readonly config: Config;
  /** The stored rows of the tables `outbox` and `meta`. */
  readonly restored: readonly Row[];
  /** Open findings; absent: none. Alertmanagers get them again after a start. */
  readonly open?: readonly Finding[];
  /** Proposed advice; absent: none. Alerts about the mirror to leave contain its remedy lines. */
  readonly proposed?: readonly Advice[];
  readonly random: Random;
  readonly now: Now;
  /** The maximum number of waiting notices over all receivers; absent: `limits.outbox`. */
  readonly outbox?: number;
  /** Called if a notice cannot be rendered. The notice is tried again later. */
  readonly defect?: (cause: unknown) => void;
}

interface Changes {
  readonly findings: readonly FindingChange[];
  readonly advice: readonly AdviceChange[];
  readonly acted?: readonly ActionChange[];
  /** The current standings of mirrors; absent or empty: they are not known in this turn. */
  readonly standings?: readonly Standing[];
}

/** Turns findings, advice and actions into messages, which the daemon sends. Restored notices keep their ids. */
export function createNotifier(input: NotifierInput) {
  // The closures below must not use `input`: they would keep the first configuration in memory after a reload.
  const { defect = () => undefined } = input;
  const state = firstState(input);
  restoreOutbox(state, input.restored);
  /** Does one call at its time. @returns the changes of all calls since the last result */
  const turn = (now: Now, act: () => void): NotifyTurn => {
    state.now = now;
    expire(state);
    act();
    const done = state.pending.done();
    state.pending = openOutboxTurn();
    return done;
  };

  return {
    /** Queues notices of the changes, repeated alerts, and delayed events that are due. Drops expired notices. */
    compose: ({ findings, advice, acted = [], standings = [] }: Changes, now: Now) =>
      turn(now, () => {
        recordAdvice(state, advice);
        for (const change of findings) {
          heed(state, change);
          const draft = draftOfFinding(change, state.origin.vantage);
          if (draft !== null) announce(state, draft);
        }
        for (const draft of draftsOfAdvice(advice)) announce(state, draft);
        for (const action of acted) queueNotices(state, draftOfAction(action), 'all');
        release(state, standings);
        enqueueRepeats(state);
      }),
    /**
     * Returns the messages to send now: one per receiver and subject, or one per chat. Each counts as being sent until
     * `delivered` is called.
     */
    takeDue(now: Now): readonly Sendable[] {
      state.now = now;
      expire(state);
      return [...state.queues.values()].flatMap((queue) =>
        isChat(queue.receiver)
          ? takeCard(state, queue, queue.receiver)
          : listDueEntries(queue, now.monotonicMs).flatMap((entry) => takeOne(state, queue, entry, defect)),
      );
    },
    delivered: (notice: Notice, delivery: Delivery, now: Now) =>
      turn(now, () => {
        const queue = state.queues.get(notice.receiver);
        if (queue !== undefined) closeDelivery(state, queue, notice, delivery);
      }),
    /** Makes a test message (type `mirror.self`, subject `self/test`), which is never queued; `null`: no such receiver. */
    test(name: string, now: Now): Sendable | null {
      state.now = now;
      const receiver = state.queues.get(name)?.receiver;
      return receiver === undefined ? null : makeTestNotice(state, receiver);
    },
    /** When the next attempt, expiry or delayed event is due, monotonic milliseconds; `null`: none is planned. */
    wakeAtMs(now: Now): number | null {
      const times = [...state.queues.values()].map((queue) => Math.min(expiryMsOf(queue), nextAttemptMs(queue, now)));
      const first = Math.min(...times, releaseAtMs(state.stories));
      return Number.isFinite(first) ? first : null;
    },
    queues: (now: Now): readonly QueueStanding[] => [...state.queues.values()].map((queue) => standingOf(queue, now)),
    /**
     * Applies another configuration. Disabled receivers are enabled again; the queues of removed receivers are dropped.
     */
    reconfigure: (config: Config, now: Now) => turn(now, () => replaceReceivers(state, config)),
  };
}

function makeTestNotice(state: State, receiver: Receiver): Sendable {
  const { format, lang } = receiver;
  const { origin, now } = state;
  const subject = 'self/test';
  const seq = nextSeqOf(state, subject);
  const text = wordsOf(lang)('finding.testSays');
  const data = { seq, subject, vantage: origin.vantage, text };
  const standard = JSON.stringify({ type: 'mirror.self', timestamp: stamp(now.wallMs), data });
  const notice: Notice = {
    ...noticeOf(state, { type: 'mirror.self', subject }, receiver, seq),
    body: showsAlerts({ format }) ? makeTestAlert(origin, lang, now) : standard,
  };
  const message = isChat(receiver)
    ? renderChatMessage(receiver, [outboxEntryOf(notice, null, now)], origin, now).message
    : messageOf(receiver, notice, now);
  return { notice, message };
}

function standingOf(queue: Queue, now: Now): QueueStanding {
  const { receiver, entries, disabled, heldMs, failure } = queue;
  const nextMs = nextAttemptMs(queue, now);
  const bornMs = Math.max(heldMs, Math.min(...entries.map((one) => one.bornMs)));
  const oldestMs = entries.length === 0 ? null : now.monotonicMs - bornMs;
  return {
    receiver: receiver.name,
    length: entries.length,
    oldestSeconds: oldestMs === null ? null : oldestMs / 1000,
    disabled,
    failure,
    nextAttemptSeconds: Number.isFinite(nextMs) ? Math.max(0, nextMs - now.monotonicMs) / 1000 : null,
  };
}

/**
 * Replaces the receivers by those of another configuration. Notices that their receiver can no longer use are removed.
 */
function replaceReceivers(state: State, config: Config): void {
  const { now } = state;
  state.origin = alertOriginOf(config);
  const before = new Map(state.queues);
  state.queues.clear();
  for (const receiver of config.webhooks) {
    const old = before.get(receiver.name);
    const entries = old?.entries ?? [];
    if (old !== undefined && !hasSameTarget(old.receiver, receiver)) retryNow(entries, now);
    for (const entry of entries) if (!isFor(receiver, entry)) state.pending.remove(entry);
    const kept = entries.filter((entry) => isFor(receiver, entry));
    state.queues.set(receiver.name, { ...queueFor(receiver, now), entries: kept });
    before.delete(receiver.name);
  }
  for (const gone of before.values()) for (const entry of gone.entries) state.pending.remove(entry);
}

/** True if a delivery to both receivers connects to the same URL, with the same addresses allowed. */
function hasSameTarget(old: Receiver, receiver: Receiver): boolean {
  return old.url.reveal() === receiver.url.reveal() && old.allow.join() === receiver.allow.join();
}

/** Makes notices due whose delivery failed, because the cause of the failure may be gone. */
function retryNow(entries: readonly QueueEntry[], now: Now): void {
  for (const entry of entries) if (entry.notice.attempts > 0) entry.dueMs = Math.min(entry.dueMs, now.monotonicMs);
}

function firstState({ config, open = [], proposed = [], random, now, outbox = limits.outbox }: NotifierInput): State {
  return {
    origin: alertOriginOf(config),
    live: new Map(open.map((finding) => [finding.id, finding])),
    advised: new Map(proposed.map((advice) => [advice.from, advice])),
    pushAtMs: new Map(),
    queues: new Map(config.webhooks.map((receiver) => [receiver.name, queueFor(receiver, now)])),
    seqs: new Map(),
    opened: new Map(),
    stories: new Map(),
    random,
    outbox,
    now,
    pending: openOutboxTurn(),
  };
}

function heed(state: State, change: FindingChange): void {
  if (endsFinding(change)) return dropPushed(state, change.finding);
  state.live.set(change.finding.id, change.finding);
  if (change.change !== 'opened') return;
  for (const queue of state.queues.values()) recordPushed(state, queue, change.finding);
}

/**
 * Creates a queue. The first message of a chat waits for `spacingMs`, because a message may have been sent just
 * before a restart.
 */
function queueFor(receiver: Receiver, now: Now): Queue {
  const queue = new Queue(receiver);
  return isChat(receiver) ? { ...queue, pacedMs: now.monotonicMs + chatServices[receiver.format].spacingMs } : queue;
}

function nextAttemptMs(queue: Queue, now: Now): number {
  const { receiver } = queue;
  return isChat(receiver) ? batchMsOf(queue, receiver.chat, now) : attemptMsOf(queue);
}

/** Renders one notice as a message. If that fails, its delivery counts as failed, so that it does not block others. */
function takeOne(state: State, queue: Queue, entry: QueueEntry, defect: (cause: unknown) => void): readonly Sendable[] {
  try {
    const message = messageOf(queue.receiver, entry.notice, state.now);
    entry.inFlight = true;
    return [{ notice: entry.notice, message }];
  } catch (cause) {
    defect(cause);
    applyDelivery(state, queue, entry, notSent());
    return [];
  }
}

function messageOf(receiver: Receiver, notice: Notice, now: Now): Sendable['message'] {
  const { format } = receiver;
  if (isChatFormat(format)) throw new Error(`a chat's message is a card: ${format}`);
  return programs[format](receiver, notice, now);
}

/** Queues an event for all receivers, or only for `programs` (Alertmanager) if people do not get it now. */
function announce(state: State, draft: NoticeDraft): void {
  const { stories, now } = state;
  const isSent = updateStory(stories, draft, now);
  queueNotices(state, draft, isSent ? 'all' : 'programs');
  const story = stories.get(draft.subject);
  if (story !== undefined && !isSent) state.pending.put(storyRowOf(draft.subject, story, now));
}

function release(state: State, standings: readonly Standing[]): void {
  const { stories, live, now } = state;
  expireHeld(stories, [...live.values()], standings, now);
  for (const draft of releaseDue(stories, now)) queueNotices(state, draft, 'people');
  for (const subject of dropEnded(stories, now)) state.pending.delete('meta', storyKeyOf(subject));
}

export interface Sendable {
  readonly notice: Notice;
  readonly message: Parameters<Post['send']>[0];
  /**
   * The content of a chat message, before it is rendered for the chat service. Absent: the receiver is not a chat, or
   * the message is a test.
   */
  readonly card?: Card;
}

/** Returns the next message for a chat. The result is empty if none is due. */
function takeCard(state: State, queue: Queue, receiver: Chat): readonly Sendable[] {
  const { now } = state;
  if (isQuiet(receiver.chat, now.wallMs)) queue.heldMs = now.monotonicMs;
  const batch = batchOf(queue, receiver.chat, now);
  const [first] = batch;
  if (first === undefined) return [];
  const { carried, card, message } = renderChatMessage(receiver, batch, state.origin, now);
  for (const entry of carried) {
    entry.inFlight = true;
    entry.carrier = first.notice.id;
  }
  const pacedMs = now.monotonicMs + chatServices[receiver.format].spacingMs;
  for (const other of state.queues.values()) if (isSameBot(other.receiver, receiver)) other.pacedMs = pacedMs;
  return [{ notice: first.notice, message, card }];
}

function closeDelivery(state: State, queue: Queue, { id }: Notice, delivery: Delivery): void {
  const sent = queue.entries.filter(({ notice, inFlight, carrier = notice.id }) => inFlight && carrier === id);
  for (const entry of sent) delete entry.carrier;
  const isRefused = delivery.tag === 'failed' && delivery.failure.kind === 'refused';
  if (delivery.tag === 'delivered') sortOut(queue, sent, 'taken');
  // A refusal with a wait is about the rate limit of the service. It says nothing about the content of the notices.
  else if (isRefused && delivery.failure.retry === 'later') sortOut(queue, sent, 'refused');
  for (const entry of sent) applyDelivery(state, queue, entry, delivery);
}

/** Records that a finding was queued for a receiver. The finding is queued again after `limits.pushEveryMs`. */
function recordPushed({ pushAtMs, now }: State, queue: Queue, finding: Finding): void {
  pushAtMs.set(keyOf(queue, finding), now.monotonicMs + limits.pushEveryMs);
}

/**
 * Records the advice to leave each mirror. If the advice changes, the open findings of that mirror are queued again at
 * once.
 */
function recordAdvice(state: State, changes: readonly AdviceChange[]): void {
  for (const { advice } of changes) {
    if (advice.state === 'proposed') state.advised.set(advice.from, advice);
    else if (state.advised.get(advice.from)?.id === advice.id) state.advised.delete(advice.from);
    else continue;
    for (const finding of state.live.values())
      if (finding.registry === advice.from)
        for (const queue of state.queues.values()) state.pushAtMs.delete(keyOf(queue, finding));
  }
}

function dropPushed(state: State, finding: Finding): void {
  state.live.delete(finding.id);
  for (const queue of state.queues.values()) state.pushAtMs.delete(keyOf(queue, finding));
}

/**
 * Queues open findings again for Alertmanagers: at once after a start, then every `limits.pushEveryMs`. A finding with
 * a waiting notice is not queued twice, because that notice gets a new end time when it is sent.
 */
function enqueueRepeats(state: State): void {
  for (const queue of state.queues.values()) {
    const { receiver } = queue;
    if (!showsAlerts(receiver) || queue.disabled) continue;
    for (const finding of state.live.values()) {
      if (!receiver.on.includes(finding.kind)) continue;
      if ((state.pushAtMs.get(keyOf(queue, finding)) ?? Number.NEGATIVE_INFINITY) > state.now.monotonicMs) continue;
      const draft = draftOfFinding({ change: 'opened', finding }, state.origin.vantage);
      if (draft === null || !isMeant(receiver, draft)) continue;
      recordPushed(state, queue, finding);
      if (!queue.entries.some((entry) => entry.findingId === finding.id)) enqueueEach(state, [queue], draft);
    }
  }
}

function keyOf(queue: Queue, finding: Finding): string {
  return `${queue.receiver.name}/${finding.id}`;
}
