import type { Receiver } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import type { Notice, Post } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';
import { addEnd } from '../alerts.ts';

/** Makes the request that sends an alert to Alertmanager's v2 API, below the configured base URL. */
export function composeAlerts(receiver: Receiver, notice: Notice, now: Now): Parameters<Post['send']>[0] {
  const url = new URL(receiver.url.reveal());
  url.pathname = `${url.pathname.replace(/(?<!\/)\/+$/, '')}/api/v2/alerts`;
  return {
    url: url.href,
    headers: { 'content-type': 'application/json' },
    body: addEnd(notice.body, now),
    allow: receiver.allow,
    timeoutMs: limits.deliveryMs,
  };
}
