import { limits } from '../core/limits.ts';
import type { DeliveryFailure, Retry } from '../core/notice.ts';
import type { Key, Say } from './words.ts';

/**
 * Returns the reason of a failed delivery as text. After an HTTP error or a refusal by the receiver, the text also
 * states whether a running daemon would retry.
 */
export function formatDeliveryFailure(failure: DeliveryFailure, say: Say): string {
  return failureWith(failure, later(failure.retry, say), say);
}

/** Returns the reason of a failed delivery as text, without a statement about retries. */
export function explainDelivery(failure: DeliveryFailure, say: Say): string {
  return failureWith(failure, '', say);
}

function failureWith(failure: DeliveryFailure, then: string, say: Say): string {
  const { kind } = failure;
  if (kind === 'status') return say('delivery.status', { status: failure.status, later: then });
  if (kind === 'refused') return refusalText(failure.code, then, say);
  if (kind === 'timeout') return say('delivery.timeout', { seconds: limits.deliveryMs / 1000, code: failure.code });
  if (kind === 'tls' || kind === 'network') return say(`delivery.${kind}`, { code: failure.code });
  if (kind === 'forbidden_target') return say('delivery.forbidden', { address: failure.address });
  return say(`delivery.${kind}`);
}

type Meaning = Key extends infer K ? (K extends `delivery.code.${infer Word}` ? Word : never) : never;

const codes: Readonly<Record<string, Meaning>> = {
  '9499': 'malformed',
  '11232': 'many',
  '19001': 'notBot',
  '19021': 'signature',
  '19022': 'address',
  '19024': 'keyword',
  '130101': 'twenty',
  '310000': 'signatureOr',
  '300005': 'token',
  '400101': 'token',
  '410100': 'twenty',
  '10015': 'webhookGone',
  '50027': 'token',
  '50035': 'malformed',
  '40008': 'kind',
  '40058': 'long',
  '45009': 'twenty',
  '93000': 'key',
  action_prohibited: 'forbids',
  channel_not_found: 'channelGone',
  channel_is_archived: 'archived',
  invalid_blocks: 'message',
  invalid_payload: 'message',
  invalid_token: 'notWebhook',
  no_service: 'disabled',
  no_team: 'workspace',
};

function refusalText(code: string, later: string, say: Say): string {
  if (code === 'unreadable') return say('delivery.unreadable', { later });
  const word = Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (word === undefined) return say('delivery.refused', { code, later });
  return say('delivery.refusedMeaning', { code, meaning: say(`delivery.code.${word}`), later });
}

function later(retry: Retry, say: Say): string {
  if (retry === 'never') return say('delivery.never');
  return retry === 'later' ? say('delivery.later') : say('delivery.laterAfter', { seconds: retry.afterMs / 1000 });
}
