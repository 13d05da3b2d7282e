import type { ChatFormat, ReceiverFormat } from '../../core/receiver-format.ts';
import type { ChatService } from '../chat/service.ts';
import { alertmanager } from './alertmanager.ts';
import { dingtalk } from './dingtalk.ts';
import { discord } from './discord.ts';
import { feishu } from './feishu.ts';
import type { Program } from './program.ts';
import { slack } from './slack.ts';
import { standard } from './standard.ts';
import { wecom } from './wecom.ts';

export const chatServices: Readonly<Record<ChatFormat, ChatService>> = { slack, discord, feishu, dingtalk, wecom };

export const programs: Readonly<Record<Exclude<ReceiverFormat, ChatFormat>, Program>> = { standard, alertmanager };
