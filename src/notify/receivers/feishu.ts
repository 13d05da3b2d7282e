import { createHmac } from 'node:crypto';
import type { Section, Tone } from './section.ts';
import { type ChatService, refusalByCode } from './service.ts';

/** Feishu's documented limit of a message body, bytes, minus a reserve for the signature, which is added later. */
const bodyBytes = 20_000 - 200;

const templates: Readonly<Record<Tone, string>> = {
  bad: 'red',
  warn: 'orange',
  act: 'blue',
  good: 'green',
  info: 'grey',
};

/** The wait after the error codes of the bot's and the gateway's rate limits, milliseconds. */
const waits = { 11232: 60_000, 99991400: 60_000 };

/**
 * Custom bots of Feishu and Lark. A message is an interactive card.
 * @see https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot,
 *   https://open.feishu.cn/document/feishu-cards/card-json-structure
 */
export const feishu: ChatService = {
  // The rate limit is 100 messages a minute, and 5 a second.
  spacingMs: 700,
  sign: ({ url, body }, secret, { wallMs }) => {
    const timestamp = String(Math.floor(wallMs / 1000));
    return { url, body: { timestamp, sign: feishuSign(secret, timestamp), ...body } };
  },
  draw(card) {
    const isOne = card.sections.length === 1;
    const link =
      card.link === null
        ? []
        : [
            {
              tag: 'action',
              actions: [{ tag: 'button', text: plain(card.link.text), url: card.link.url, type: 'primary' }],
            },
          ];
    return {
      msg_type: 'interactive',
      card: {
        config: { wide_screen_mode: true },
        header: { template: templates[card.tone], title: plain(card.title) },
        elements: [
          ...card.sections.flatMap((section, at) => [
            ...(at === 0 ? [] : [{ tag: 'hr' }]),
            ...elementsOf(section, isOne),
          ]),
          ...link,
          { tag: 'note', elements: [plain(card.foot)] },
        ],
      },
    };
  },
  fits: (body) => Buffer.byteLength(JSON.stringify(body)) <= bodyBytes,
  refusalIn: (status, body) => refusalByCode(status, body, ['code', 'StatusCode'], waits),
};

/**
 * Returns HMAC-SHA256 over an empty text, keyed with `<seconds>\n<secret>`, in base64.
 * @see https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot, Set a signature verification
 */
export function feishuSign(secret: string, timestampSeconds: string): string {
  return createHmac('sha256', `${timestampSeconds}\n${secret}`).digest('base64');
}

function elementsOf({ title, rows, code, ref }: Section, isOne: boolean): object[] {
  const head = isOne ? [] : [{ tag: 'markdown', content: `**${escaped(title)}** #${escaped(ref)}` }];
  const lines = rows.map(({ label, text }) => `**${escaped(label)}** ${escaped(text)}`);
  // The lines to paste are plain text, because a reader can copy plain text unchanged.
  const line =
    code === null
      ? []
      : [
          { tag: 'markdown', content: `**${escaped(code.label)}**` },
          { tag: 'div', text: plain(code.text) },
        ];
  return [...head, ...line, ...(lines.length === 0 ? [] : [{ tag: 'markdown', content: lines.join('\n') }])];
}

function plain(content: string): object {
  return { tag: 'plain_text', content };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&#38;',
  '*': '&#42;',
  '~': '&#126;',
  '>': '&#62;',
  '<': '&#60;',
  '[': '&#91;',
  ']': '&#93;',
  '(': '&#40;',
  ')': '&#41;',
  '`': '&#96;',
  _: '&#95;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&*~<>[\]()`_]/g, (character) => entities[character] ?? character);
}
