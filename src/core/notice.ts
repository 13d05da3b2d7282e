import type { FindingKind } from './finding.ts';
import type { Sentence } from './result.ts';

export type NoticeType = `mirror.${FindingKind}` | 'mirror.recovery' | 'mirror.advice' | 'mirror.action';

/**
 * One message to one receiver, as stored in the outbox. `id` is the `webhook-id`, the same in all attempts.
 * `body` is the exact text that is signed and sent.
 */
export interface Notice {
  readonly id: string;
  readonly receiver: string;
  readonly type: NoticeType;
  /**
   * `<kind>/<registry>`, `advice/<ecosystem>/<upstream>` or `action/<name>/<ecosystem>/<upstream>`. A new notice replaces
   * undelivered ones of its subject.
   */
  readonly subject: string;
  /** Increases per subject, also across restarts. */
  readonly seq: number;
  readonly body: string;
  /**
   * For a chat: the finding's sentence, for any language, in addition to the body, which has one form for all receivers;
   * absent: not kept.
   */
  readonly sentence?: Sentence;
  /** The notice that this one adds to without new action: its message is edited where the chat allows it. Absent: none. */
  readonly updates?: string;
  readonly createdAtMs: number;
  readonly attempts: number;
  /** Wall milliseconds of the next attempt. */
  readonly nextAtMs: number;
}

/** The story that a notice belongs to: recurring trouble of one subject. */
export interface StoryView {
  readonly id: string;
  /** RFC 3339. */
  readonly since: string;
  readonly times: number;
  /** How long the next end must last before it is sent, seconds; 0: at once. */
  readonly endsAfterSeconds: number;
}

/** The failure of a delivery. `retry` says whether the notice is sent again. */
export type DeliveryFailure =
  | { readonly kind: 'status'; readonly status: number; readonly retry: Retry }
  | { readonly kind: 'gone'; readonly status: 410; readonly retry: 'never' }
  /** The chat service refused the message in its response, whatever the status; `code` is its own, or `unreadable`. */
  | { readonly kind: 'refused'; readonly code: string; readonly retry: Retry }
  | { readonly kind: 'forbidden_target' | 'redirect'; readonly retry: Retry }
  | { readonly kind: 'timeout' | 'network' | 'tls'; readonly code: string; readonly retry: Retry };

/** A receiver and its queue. */
export interface QueueStanding {
  readonly receiver: string;
  readonly length: number;
  /** The age of the oldest notice; `null`: the queue is empty. */
  readonly oldestSeconds: number | null;
  /** True: the receiver responded 410 and gets no messages until the next reload. */
  readonly disabled: boolean;
  /** The failure of the last delivery; `null`: it succeeded, or none has ended since the start. */
  readonly failure: DeliveryFailure | null;
  /** `null`: the queue is empty, or a delivery is in progress. */
  readonly nextAttemptSeconds: number | null;
}

export type Retry = 'never' | 'later' | { readonly afterMs: number };

export type Delivery =
  /** `receipt`: the receiver's id of the message, if its response has one. */
  | { readonly tag: 'delivered'; readonly status: number; readonly receipt?: string }
  | { readonly tag: 'failed'; readonly failure: DeliveryFailure };

/** Outcomes of notices; the label `outcome` of `mirrorwatch_webhook_deliveries_total`. */
export const deliveryOutcomes = [
  'delivered',
  'retried',
  'replaced',
  'expired',
  'overflow',
  'rejected',
  'disabled',
] as const;
export type DeliveryOutcome = (typeof deliveryOutcomes)[number];

/** Sends one signed body to one receiver, guarded against SSRF on the connected address. Never throws. */
export interface Post {
  send(message: {
    /** `PATCH` edits a sent message, `GET` and `PUT` are for the stores of actions; absent: `POST`. */
    readonly method?: 'POST' | 'PATCH' | 'GET' | 'PUT';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly allow: readonly string[];
    readonly timeoutMs: number;
    /** Ends the request early, as a failure. */
    readonly signal?: AbortSignal;
    /**
     * The whole response is needed: a cut one, or one with more bytes than this, is a failure. Absent: its beginning is
     * enough.
     */
    readonly answerBytesMax?: number;
    /**
     * The failure in a response's body, whatever its status; `null`: the status decides. Absent: only the status counts.
     */
    readonly refusalIn?: (status: number, body: string) => DeliveryFailure | null;
    /** The receiver's id of the message, from the body of a success. Absent: none. */
    readonly receiptIn?: (body: string) => string | null;
  }): Promise<Delivery>;
}
