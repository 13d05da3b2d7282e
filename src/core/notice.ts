import type { FindingKind } from './finding.ts';
import type { Sentence } from './result.ts';

export type NoticeType = `mirror.${FindingKind}` | 'mirror.recovery' | 'mirror.advice' | 'mirror.action';

/** A message to one receiver. `id`: the `webhook-id` of all attempts; `body`: the text that is signed and sent. */
export interface Notice {
  readonly id: string;
  readonly receiver: string;
  readonly type: NoticeType;
  /** As `advice/<ecosystem>/<upstream>`. A new notice may replace waiting ones of its subject. */
  readonly subject: string;
  /** Increases per subject, across restarts too. */
  readonly seq: number;
  readonly body: string;
  /** For a chat: the finding's sentence for any language, which the body lacks; absent: none. */
  readonly sentence?: Sentence;
  /** A notice whose message is edited where the chat allows it; absent: none. */
  readonly updates?: string;
  readonly createdAtMs: number;
  readonly attempts: number;
  /** Wall milliseconds of the next attempt. */
  readonly nextAtMs: number;
}

/** Recurring trouble of one subject. */
export interface StoryView {
  readonly id: string;
  /** RFC 3339. */
  readonly since: string;
  readonly times: number;
  /** The next end is sent after this time; 0: at once. */
  readonly endsAfterSeconds: number;
}

/** The failure of a delivery. */
export type DeliveryFailure =
  | { readonly kind: 'status'; readonly status: number; readonly retry: Retry }
  | { readonly kind: 'gone'; readonly status: 410; readonly retry: 'never' }
  /** The body of the response refused the message, whatever the status; `code` is the chat's, or `unreadable`. */
  | { readonly kind: 'refused'; readonly code: string; readonly retry: Retry }
  | { readonly kind: 'forbidden_target' | 'redirect'; readonly retry: Retry }
  | { readonly kind: 'timeout' | 'network' | 'tls'; readonly code: string; readonly retry: Retry };

export interface QueueStanding {
  readonly receiver: string;
  readonly length: number;
  /** Of the oldest notice; `null`: the queue is empty. */
  readonly oldestSeconds: number | null;
  /** True: the receiver responded 410; it gets nothing until the next reload. */
  readonly disabled: boolean;
  /** Of the last delivery; `null`: it succeeded, or there was none. */
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

/** Sends one body, guarded against SSRF on the connected address. Never throws. */
export interface Post {
  send(message: {
    /** Absent: `POST`. */
    readonly method?: 'POST' | 'PATCH' | 'GET' | 'PUT';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly allow: readonly string[];
    readonly timeoutMs: number;
    /** Ends the request as a failure. */
    readonly signal?: AbortSignal;
    /** The whole response is needed, and at most so long; absent: only its beginning. */
    readonly answerBytesMax?: number;
    /** The failure in a response's body, whatever its status; `null`: the status decides. */
    readonly refusalIn?: (status: number, body: string) => DeliveryFailure | null;
    /** The receiver's id of the message, from the body of a success. */
    readonly receiptIn?: (body: string) => string | null;
  }): Promise<Delivery>;
}
