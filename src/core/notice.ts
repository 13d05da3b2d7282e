import type { FindingKind } from './finding.ts';
import type { Sentence } from './result.ts';

export type NoticeType = `mirror.${FindingKind}` | 'mirror.recovery' | 'mirror.advice' | 'mirror.action';

export interface Notice {
  /** The id of the notice. Each delivery attempt sends it in the header `webhook-id`. */
  readonly id: string;
  readonly receiver: string;
  readonly type: NoticeType;
  /**
   * What the notice is about, for example `advice/<ecosystem>/<upstream>`. A new notice may replace undelivered notices
   * with the same subject.
   */
  readonly subject: string;
  /** A number that increases with each notice of the subject, also across restarts. */
  readonly seq: number;
  readonly body: string;
  /** Only for chats: the text of `body` as a key and values, to render it in any language. */
  readonly sentence?: Sentence;
  /**
   * True: the notice also stands for the end of earlier advice, which the receiver may know. So if its event ends while
   * the notice waits, that end must be sent.
   */
  readonly endsEarlier?: true;
  readonly createdAtMs: number;
  readonly attempts: number;
  /** When the next delivery attempt is due, wall milliseconds. */
  readonly nextAtMs: number;
}

/** Recurring trouble of one subject, such as a mirror. `times`: how often its last fault has begun in a row. */
export interface StoryView {
  readonly id: string;
  /** When this fault began for the first time, RFC 3339. */
  readonly since: string;
  readonly times: number;
  /** How long the trouble must be absent before its end is reported to people; 0: the end is reported at once. */
  readonly endsAfterSeconds: number;
}

export type DeliveryFailure =
  | { readonly kind: 'status'; readonly status: number; readonly retry: Retry }
  | { readonly kind: 'gone'; readonly status: 410; readonly retry: 'never' }
  /**
   * The receiver's response body reports a failure, whatever the HTTP status is. `code`: the receiver's error code, or
   * `unreadable`.
   */
  | { readonly kind: 'refused'; readonly code: string; readonly retry: Retry }
  /** `address`: the address that the guard refused. */
  | { readonly kind: 'forbidden_target'; readonly address: string; readonly retry: Retry }
  | { readonly kind: 'redirect'; readonly retry: Retry }
  | { readonly kind: 'timeout' | 'network' | 'tls'; readonly code: string; readonly retry: Retry };

export interface QueueStanding {
  readonly receiver: string;
  readonly length: number;
  /**
   * The age of the oldest notice in the queue, at most the time since quiet hours last delayed it; `null`: the queue is
   * empty.
   */
  readonly oldestSeconds: number | null;
  /** True: the receiver responded 410, so it gets no notices until the next reload. */
  readonly disabled: boolean;
  /** The failure of the last delivery; `null`: it succeeded, or there was none since the last reload. */
  readonly failure: DeliveryFailure | null;
  /** The time until the next attempt; `null`: none is due, for example while a delivery is in progress. */
  readonly nextAttemptSeconds: number | null;
}

export type Retry = 'never' | 'later' | { readonly afterMs: number };

export type Delivery =
  /** `receipt`: the id that the receiver gave to the message, if its response contains an id. */
  | { readonly tag: 'delivered'; readonly status: number; readonly receipt?: string }
  | { readonly tag: 'failed'; readonly failure: DeliveryFailure };

/** Values of the label `outcome` of `mirrorwatch_webhook_deliveries_total`. */
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

/** Sends one HTTP request. The address of the connection is checked, to prevent SSRF. The promise never rejects. */
export interface Post {
  send(message: {
    /** The HTTP method; absent: `POST`. */
    readonly method?: 'POST' | 'PATCH' | 'GET' | 'PUT';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly allow: readonly string[];
    readonly timeoutMs: number;
    /** An abort ends the request as a failure. */
    readonly signal?: AbortSignal;
    /** The whole response body is read, up to this many bytes; absent: only its beginning. */
    readonly responseBytesMax?: number;
    /** Finds a failure in a response body; `null`: the status decides. */
    readonly refusalIn?: (status: number, body: string) => DeliveryFailure | null;
    /**
     * Finds the id that the receiver gave to the message, in the body of a successful response; `null`: there is none.
     */
    readonly receiptIn?: (body: string) => string | null;
  }): Promise<Delivery>;
}
