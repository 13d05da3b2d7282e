import type { ChatFormat } from '../../core/config.ts';
import { dingtalk } from './dingtalk.ts';
import { feishu } from './feishu.ts';
import type { ChatService } from './service.ts';
import { slack } from './slack.ts';
import { wecom } from './wecom.ts';

/** Every chat that people are told in. */
export const chatServices: Readonly<Record<ChatFormat, ChatService>> = { slack, feishu, dingtalk, wecom };
