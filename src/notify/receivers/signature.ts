import { createHmac } from 'node:crypto';

const prefix = 'whsec_';

/**
 * One Standard Webhooks signature, `v1,<base64>`: HMAC-SHA256 over `id.timestamp.body` with the decoded secret.
 * @param secret            base64, with or without `whsec_` before it
 * @param timestampSeconds  whole seconds since 1970, as in the header `webhook-timestamp`
 * @param body              the exact text that is sent
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, Signature scheme
 */
export function signature(secret: string, id: string, timestampSeconds: number, body: string): string {
  const key = Buffer.from(secret.startsWith(prefix) ? secret.slice(prefix.length) : secret, 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`;
}
