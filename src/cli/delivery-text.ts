import { limits } from '../core/limits.ts';
import type { DeliveryFailure, Retry } from '../core/notice.ts';

/** Why a message was not delivered, and what to look at. */
export function failureText(failure: DeliveryFailure): string {
  switch (failure.kind) {
    case 'gone':
      return 'it answered 410, it wants no more: a running daemon would leave it alone until the next reload';
    case 'status':
      return `it answered ${failure.status}${later(failure.retry)}`;
    case 'refused':
      return `${refusalText(failure.code)}${later(failure.retry)}`;
    case 'forbidden_target':
      return 'its address is private: name its network under `allow` if that is meant';
    case 'redirect':
      return 'it answered with a redirect, which is not followed: give the URL that it leads to';
    case 'timeout':
      return `nothing came within ${limits.deliveryMs / 1000} s (${failure.code})`;
    case 'tls':
      return `TLS failed (${failure.code})`;
    case 'network':
      return `no connection (${failure.code})`;
    default:
      return failure satisfies never;
  }
}

/** What the services' codes mean for whoever has set the receiver up. Their own words are not repeated. */
const codes: Readonly<Record<string, string>> = {
  '9499': 'the request is malformed',
  '11232': 'too many messages',
  '19001': 'the URL is not that of a bot',
  '19021': 'the signature is wrong: the secret is another one, or this clock is off by an hour',
  '19022': "this address is not on the bot's list",
  '19024': 'a keyword is asked for that the message lacks',
  '130101': 'too many messages: it takes 20 a minute',
  '310000': 'the signature is wrong, a keyword is missing, or this address is not on its list',
  '300005': 'the token in the URL is unknown',
  '400101': 'the token in the URL is unknown',
  '410100': 'too many messages: it takes 20 a minute',
  '40008': 'the kind of message is unknown to it',
  '40058': 'the message is malformed or too long',
  '45009': 'too many messages: it takes 20 a minute',
  '93000': 'the key in the URL is unknown, or the robot is gone',
  action_prohibited: 'an administrator forbids it',
  channel_not_found: 'its channel is gone',
  channel_is_archived: 'its channel is archived',
  invalid_blocks: 'the message is malformed',
  invalid_payload: 'the message is malformed',
  invalid_token: 'the URL is not that of a webhook',
  no_service: 'the webhook is disabled or gone',
  no_team: 'the workspace is gone',
};

function refusalText(code: string): string {
  if (code === 'unreadable') return 'its answer is not that of such a service: is it the URL of the bot?';
  const meaning = codes[code];
  return `it refused the message with ${code}${meaning === undefined ? '' : ` (${meaning})`}`;
}

function later(retry: Retry): string {
  if (retry === 'never') return ', which no repetition would change';
  return retry === 'later'
    ? '; a running daemon would try again'
    : `; a running daemon would try again after ${retry.afterMs / 1000} s`;
}
