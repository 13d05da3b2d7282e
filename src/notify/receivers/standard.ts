import type { Receiver } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import type { Notice } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';
import type { Program } from './program.ts';
import { signature } from './signature.ts';

/** Standard Webhooks: signed JSON; the timestamp is the attempt's, the id the notice's. */
export const standard: Program = {
  message(receiver: Receiver, notice: Notice, now: Now) {
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
  },
};
