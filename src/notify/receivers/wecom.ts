import { escapeMarks, type Section } from './section.ts';
import { type ChatService, marks, refusalByCode } from './service.ts';

/** WeCom's documented limit of `markdown.content`, bytes in UTF-8. */
const contentBytes = 4_096;

/** The wait after the error code of WeCom's rate limit, milliseconds: WeCom counts messages by the minute. */
const waits = { 45009: 60_000 };

/**
 * WeCom's group robots. Messages are in WeCom's Markdown. The URL of a robot is the secret, so messages are not signed.
 * @see https://developer.work.weixin.qq.com/document/path/91770
 */
export const wecom: ChatService = {
  // The rate limit is 20 messages a minute.
  spacingMs: 3_500,
  sign: null,
  draw(card) {
    const isOne = card.sections.length === 1;
    const link = card.link === null ? [] : [`[${escapeMarks(card.link.text)}](${inParentheses(card.link.url)})`];
    const content = [
      `### ${marks[card.tone]} ${escapeMarks(card.title)}`,
      ...card.sections.map((section) => sectionText(section, isOne)),
      [...link, `<font color="comment">${escapeMarks(card.foot)}</font>`].join('\n'),
    ].join('\n\n');
    return { msgtype: 'markdown', markdown: { content } };
  },
  fits(body) {
    const { content } = body['markdown'] as { readonly content: string };
    return Buffer.byteLength(content) <= contentBytes;
  },
  refusalIn: (status, body) => refusalByCode(status, body, ['errcode'], waits),
};

function sectionText({ tone, title, rows, code, ref }: Section, isOne: boolean): string {
  const head = isOne ? [] : [`**${marks[tone]} ${escapeMarks(title)}** #${escapeMarks(ref)}`];
  const line = code === null ? [] : [label(code.label), ...code.text.split('\n').map(quoted)];
  return [...head, ...line, ...rows.map((row) => `${label(row.label)} ${escapeMarks(row.text)}`)].join('\n');
}

/** Escapes the parentheses in a URL, because in WeCom's Markdown a `)` would end the link. */
function inParentheses(url: string): string {
  return url.replaceAll('(', '%28').replaceAll(')', '%29');
}

function label(text: string): string {
  return `<font color="comment">${escapeMarks(text)}</font>`;
}

/** Renders a line as inline code, because WeCom's Markdown has no code blocks. */
function quoted(line: string): string {
  return `\`${line.replaceAll('`', "'")}\``;
}
