import type { Receiver } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import type { Notice, Post } from '../../core/notice.ts';
import type { Now } from '../../core/ports.ts';
import type { ChatFormat, ReceiverFormat } from '../../core/receiver-format.ts';
import { addEnd } from '../alerts.ts';
import { dingtalk } from './dingtalk.ts';
import { discord } from './discord.ts';
import { feishu } from './feishu.ts';
import type { ChatService } from './service.ts';
import { slack } from './slack.ts';
import { composeEvents } from './standard.ts';
import { wecom } from './wecom.ts';

/** Makes the request that sends an alert to Alertmanager's v2 API, below the configured base URL. */
function composeAlerts(receiver: Receiver, notice: Notice, now: Now): Parameters<Post['send']>[0] {
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

export const chatServices: Readonly<Record<ChatFormat, ChatService>> = { slack, discord, feishu, dingtalk, wecom };

export const programs = {
  standard: composeEvents,
  alertmanager: composeAlerts,
} satisfies Readonly<Record<Exclude<ReceiverFormat, ChatFormat>, unknown>>;
