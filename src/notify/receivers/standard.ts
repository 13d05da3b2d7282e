import { createHmac } from 'node:crypto';
import type { Receiver } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import type { Notice, Post } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';

/**
 * Makes a request in the format Standard Webhooks: JSON, signed with each secret. The header `webhook-timestamp` is the
 * time of this attempt.
 */
export function composeEvents(receiver: Receiver, notice: Notice, now: Now): Parameters<Post['send']>[0] {
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

const prefix = 'whsec_';

/**
 * Returns one Standard Webhooks signature, `v1,<base64>`: HMAC-SHA256 over `id.timestamp.body` with the decoded secret.
 * @param secret            base64, with or without `whsec_` before it
 * @param timestampSeconds  whole seconds since 1970, as in the header `webhook-timestamp`
 * @param body              the exact text that is sent
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, Signature scheme
 */
export function signature(secret: string, id: string, timestampSeconds: number, body: string): string {
  const key = Buffer.from(secret.startsWith(prefix) ? secret.slice(prefix.length) : secret, 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`;
}
