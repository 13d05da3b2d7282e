import type { FindingKind } from './finding.ts';
import type { Sentence } from './sentence.ts';

export type NoticeType = `mirror.${FindingKind}` | 'mirror.recovery' | 'mirror.advice';

/**
 * One message to one receiver, as it lies in the outbox. `id` is the `webhook-id`, the same over all attempts.
 * `body` is the exact text that is signed and sent.
 */
export interface Notice {
  readonly id: string;
  readonly receiver: string;
  readonly type: NoticeType;
  /** `<kind>/<registry>` or `advice/<ecosystem>/<upstream>`: news about a subject replaces what is undelivered about it. */
  readonly subject: string;
  /** Rises by subject, over restarts. */
  readonly seq: number;
  readonly body: string;
  /** To a chat: what the finding says, for any language. Beside the body, which has one form for every receiver; absent: not kept. */
  readonly sentence?: Sentence;
  /** The notice that this one adds to without asking anything new: where a message can be changed, that one's is. Absent: none. */
  readonly updates?: string;
  readonly createdAtMs: number;
  readonly attempts: number;
  /** Wall milliseconds of the next attempt. */
  readonly nextAtMs: number;
}

/** What a notice says of its story. */
export interface StoryView {
  readonly id: string;
  /** RFC 3339. */
  readonly since: string;
  readonly times: number;
  /** How long the next end must hold before it is told, seconds; 0: told at once. */
  readonly endsAfterSeconds: number;
}

/** What a receiver, or the way to it, did. `retry` says what becomes of the notice. */
export type DeliveryFailure =
  | { readonly kind: 'status'; readonly status: number; readonly retry: Retry }
  | { readonly kind: 'gone'; readonly status: 410; readonly retry: 'never' }
  /** A chat's service answered that it did not take the message, whatever the status; `code` is its own, or `unreadable`. */
  | { readonly kind: 'refused'; readonly code: string; readonly retry: Retry }
  | { readonly kind: 'forbidden_target' | 'redirect'; readonly retry: Retry }
  | { readonly kind: 'timeout' | 'network' | 'tls'; readonly code: string; readonly retry: Retry };

export type Retry = 'never' | 'later' | { readonly afterMs: number };

export type Delivery =
  /** `receipt`: what the receiver knows the message by, where it says so. */
  | { readonly tag: 'delivered'; readonly status: number; readonly receipt?: string }
  | { readonly tag: 'failed'; readonly failure: DeliveryFailure };

/** What became of notices; the label `outcome` of `mirrorwatch_webhook_deliveries_total`. */
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
