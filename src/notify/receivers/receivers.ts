import type { ChatFormat, ReceiverFormat } from '../../core/receiver-format.ts';
import { composeAlerts } from './alertmanager.ts';
import { dingtalk } from './dingtalk.ts';
import { discord } from './discord.ts';
import { feishu } from './feishu.ts';
import type { ChatService } from './service.ts';
import { slack } from './slack.ts';
import { composeEvents } from './standard.ts';
import { wecom } from './wecom.ts';

export const chatServices: Readonly<Record<ChatFormat, ChatService>> = { slack, discord, feishu, dingtalk, wecom };

export const programs = {
  standard: composeEvents,
  alertmanager: composeAlerts,
} satisfies Readonly<Record<Exclude<ReceiverFormat, ChatFormat>, unknown>>;
