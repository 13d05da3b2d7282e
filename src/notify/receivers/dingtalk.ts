import { createHmac } from 'node:crypto';
import { clipped, escapeMarks, type Section } from './section.ts';
import { type ChatService, formatCode, marks, refusalByCode } from './service.ts';

/** DingTalk's documented limits, characters; `bodyBytes` in bytes. */
const textChars = 5_000;
const titleChars = 64;
const urlChars = 500;
const bodyBytes = 20_000;

/**
 * DingTalk blocks a sender of more than 20 messages a minute for ten minutes. So the wait after its error codes is ten
 * minutes. Milliseconds.
 */
const silenceMs = 10 * 60_000;
const waits = { 130101: silenceMs, 410100: silenceMs };

const lineBreak = '  \n  ';

/**
 * Custom robots of DingTalk: an action card with a button to the page, else a Markdown message.
 * @see https://open.dingtalk.com/document/robots/custom-robot-access,
 *   https://open.dingtalk.com/document/robots/customize-robot-security-settings
 */
export const dingtalk: ChatService = {
  // The rate limit is 20 messages a minute.
  spacingMs: 3_500,
  sign: ({ url, body }, secret, { wallMs }) => {
    const signed = new URL(url);
    const timestamp = String(Math.floor(wallMs));
    signed.searchParams.set('timestamp', timestamp);
    signed.searchParams.set('sign', dingtalkSign(secret, timestamp));
    return { url: signed.href, body };
  },
  draw(card) {
    const isOne = card.sections.length === 1;
    const title = clipped(`${marks[card.tone]} ${card.title}`, titleChars);
    const hasButton = card.link !== null && card.link.url.length <= urlChars;
    const text = [
      `### ${marks[card.tone]} ${escapeMarks(card.title)}`,
      ...card.sections.map((section) => sectionText(section, isOne)),
      `${escapeMarks(card.foot)}`,
    ].join('\n\n');
    if (card.link === null || !hasButton) return { msgtype: 'markdown', markdown: { title, text } };
    return {
      msgtype: 'actionCard',
      actionCard: { title, text, singleTitle: card.link.text, singleURL: card.link.url },
    };
  },
  fits(body) {
    const { text } = (body['actionCard'] ?? body['markdown']) as { readonly text: string };
    return text.length <= textChars && Buffer.byteLength(JSON.stringify(body)) <= bodyBytes;
  },
  refusalIn: (status, body) => refusalByCode(status, body, ['errcode'], waits),
};

/**
 * Returns HMAC-SHA256 over `<milliseconds>\n<secret>`, keyed with the secret, in base64. The caller encodes it for the
 * query.
 * @see https://open.dingtalk.com/document/robots/customize-robot-security-settings
 */
export function dingtalkSign(secret: string, timestampMs: string): string {
  return createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64');
}

function sectionText({ tone, title, rows, code, ref }: Section, isOne: boolean): string {
  const head = isOne ? [] : [`#### ${marks[tone]} ${escapeMarks(title)} #${escapeMarks(ref)}`];
  const line = code === null ? [] : [`**${escapeMarks(code.label)}**\n\n${formatCode(code.text)}`];
  const lines = rows.map(({ label, text }) => `**${escapeMarks(label)}** ${escapeMarks(text)}`);
  return [...head, ...line, ...(lines.length === 0 ? [] : [lines.join(lineBreak)])].join('\n\n');
}
