import type { AdviceChange } from '../core/advice.ts';
import type { Config, Receiver } from '../core/config.ts';
import type { Finding, FindingChange } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Delivery, Notice } from '../core/notice.ts';
import type { Now, Post, Random, Row } from '../core/ports.ts';
import { stamp } from '../core/views.ts';
import { originOf, testAlert, withEnd } from './alerts.ts';
import { adviceNews, findingNews, isEnd } from './news.ts';
import { conclude, expire, nextSeq, restore, type State, seqRow, tell } from './outbox.ts';
import { forgetPushed, notePushed, pushAgain } from './push.ts';
import { dueEntries, emptyQueue, wakeOf } from './queue.ts';
import { signature } from './signature.ts';
import { type NotifyTurn, openTurn } from './turn.ts';

/** A notice and the message that carries it. */
export interface Sendable {
  readonly notice: Notice;
  readonly message: Parameters<Post['send']>[0];
}

/** The stage that turns findings and advice into signed messages; the network is the daemon's and Post's. */
export interface Notifier {
  /** Queues what the changes say to the receivers that want it. Also drops what expired; empty changes do just that. */
  compose(
    changes: { readonly findings: readonly FindingChange[]; readonly advice: readonly AdviceChange[] },
    now: Now,
  ): NotifyTurn;
  /** What is to be sent now, at most one under way per receiver and subject; each is marked until `delivered`. */
  takeDue(now: Now): readonly Sendable[];
  delivered(notice: Notice, delivery: Delivery, now: Now): NotifyTurn;
  /** A message by hand (type `mirror.self`, subject `self/test`), never queued; `null`: no such receiver. */
  test(receiver: string, now: Now): (Sendable & { readonly rows: readonly Row[] }) | null;
  /** Monotonic time of the next attempt or expiry; `null`: nothing waits. */
  wakeAtMs(now: Now): number | null;
  queues(now: Now): readonly {
    readonly receiver: string;
    readonly length: number;
    readonly oldestSeconds: number | null;
    readonly disabled: boolean;
  }[];
  /** Other receivers; disabled ones get another chance, those gone lose what waits for them. */
  reconfigure(config: Config, now: Now): NotifyTurn;
}

/**
 * Makes the stage with what was stored of tables `outbox` and `meta`; restored notices go out under their old ids.
 * @param input.open  findings open already: Alertmanagers are told of them anew
 */
export function createNotifier(input: {
  readonly config: Config;
  readonly restored: readonly Row[];
  readonly open?: readonly Finding[];
  readonly random: Random;
  readonly now: Now;
  /** Bound over all receivers; `limits.outbox` unless a test says otherwise. */
  readonly outbox?: number;
}): Notifier {
  const state: State = {
    origin: originOf(input.config),
    live: new Map((input.open ?? []).map((finding) => [finding.id, finding])),
    pushAtMs: new Map(),
    queues: new Map(input.config.webhooks.map((receiver) => [receiver.name, emptyQueue(receiver)])),
    seqs: new Map(),
    opened: new Map(),
    random: input.random,
    outbox: input.outbox ?? limits.outbox,
    pending: openTurn(),
  };
  restore(state, input.restored, input.now);
  const flush = (): NotifyTurn => {
    const done = state.pending.done();
    state.pending = openTurn();
    return done;
  };

  return {
    compose(changes, now) {
      expire(state, now);
      for (const change of changes.findings) {
        heed(state, change, now);
        const news = findingNews(change, state.origin.vantage);
        if (news !== null) tell(state, news, isEnd(change), now);
      }
      for (const news of adviceNews(changes.advice)) tell(state, news, false, now);
      pushAgain(state, now);
      return flush();
    },
    takeDue(now) {
      expire(state, now);
      return [...state.queues.values()].flatMap((queue) =>
        dueEntries(queue, now.monotonicMs).map((entry) => {
          entry.inFlight = true;
          return { notice: entry.notice, message: messageOf(queue.receiver, entry.notice, now) };
        }),
      );
    },
    delivered(notice, delivery, now) {
      expire(state, now);
      const queue = state.queues.get(notice.receiver);
      const entry = queue?.entries.find((one) => one.notice.id === notice.id);
      if (queue !== undefined && entry !== undefined) conclude(state, queue, entry, delivery, now);
      return flush();
    },
    test(name, now) {
      const queue = state.queues.get(name);
      if (queue === undefined) return null;
      const subject = 'self/test';
      const seq = nextSeq(state, subject);
      const data = { seq, subject, vantage: state.origin.vantage };
      const standard = JSON.stringify({ type: 'mirror.self', timestamp: stamp(now.wallMs), data });
      const notice: Notice = {
        id: state.random.id(now.wallMs),
        receiver: name,
        type: 'mirror.self',
        subject,
        seq,
        body: queue.receiver.format === 'alertmanager' ? testAlert(state.origin, now) : standard,
        createdAtMs: now.wallMs,
        attempts: 0,
        nextAtMs: now.wallMs,
      };
      return { notice, message: messageOf(queue.receiver, notice, now), rows: [seqRow(subject, seq, now)] };
    },
    wakeAtMs() {
      const times = [...state.queues.values()].map(wakeOf).filter((at) => at !== null);
      return times.length === 0 ? null : Math.min(...times);
    },
    queues(now) {
      return [...state.queues.values()].map(({ receiver, entries, disabled }) => {
        const oldestMs = entries.length === 0 ? null : now.monotonicMs - Math.min(...entries.map((one) => one.bornMs));
        return {
          receiver: receiver.name,
          length: entries.length,
          oldestSeconds: oldestMs === null ? null : oldestMs / 1000,
          disabled,
        };
      });
    },
    reconfigure(config, now) {
      expire(state, now);
      state.origin = originOf(config);
      const before = new Map(state.queues);
      state.queues.clear();
      for (const receiver of config.webhooks) {
        const entries = before.get(receiver.name)?.entries ?? [];
        state.queues.set(receiver.name, { ...emptyQueue(receiver), entries });
        before.delete(receiver.name);
      }
      for (const gone of before.values()) for (const entry of gone.entries) state.pending.remove(entry);
      return flush();
    },
  };
}

/** Keeps what is open now, for the receivers that must be told again and again. */
function heed(state: State, change: FindingChange, now: Now): void {
  if (isEnd(change)) return forgetPushed(state, change.finding);
  state.live.set(change.finding.id, change.finding);
  if (change.change !== 'opened') return;
  for (const queue of state.queues.values()) notePushed(state, queue, change.finding, now);
}

/** The signed request for one attempt; the timestamp is the attempt's, the id the notice's. */
function messageOf(receiver: Receiver, notice: Notice, now: Now): Sendable['message'] {
  if (receiver.format === 'alertmanager') return alertMessageOf(receiver, notice, now);
  const timestamp = Math.floor(now.wallMs / 1000);
  const signatures = receiver.secrets.map((secret) => signature(secret.reveal(), notice.id, timestamp, notice.body));
  return {
    url: receiver.url.reveal(),
    headers: {
      'content-type': 'application/json',
      'webhook-id': notice.id,
      'webhook-timestamp': String(timestamp),
      ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
    },
    body: notice.body,
    allow: receiver.allow,
    timeoutMs: limits.deliveryMs,
  };
}

/** To the v2 API below the base URL; nothing signs it, and each attempt says anew when it ends by itself. */
function alertMessageOf(receiver: Receiver, notice: Notice, now: Now): Sendable['message'] {
  const url = new URL(receiver.url.reveal());
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`;
  return {
    url: url.href,
    headers: { 'content-type': 'application/json' },
    body: withEnd(notice.body, now),
    allow: receiver.allow,
    timeoutMs: limits.deliveryMs,
  };
}
