import { clipped, type Section } from './section.ts';
import { type ChatService, formatCode, hasOwnStatus, marks, parseResponse, refused } from './service.ts';

/** Slack's documented limits: numbers of characters, and of blocks in a message. */
const headerChars = 150;
const sectionChars = 3_000;
const blocksMax = 50;
/**
 * The maximum length of a message, characters. Slack's limit is not documented. Slack refuses messages with about
 * 13 200 characters or more over all blocks (slackapi/bolt-js#2509).
 */
const bodyChars = 12_000;

type Block = Readonly<Record<string, unknown>>;

/**
 * Slack's incoming webhooks, in Block Kit. The URL of a webhook is the secret, so messages are not signed.
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
 *   https://docs.slack.dev/reference/block-kit/blocks,
 *   https://docs.slack.dev/apis/web-api/rate-limits
 */
export const slack: ChatService = {
  // The rate limit is one message a second in each channel.
  spacingMs: 1_100,
  sign: null,
  draw(card) {
    const title = `${marks[card.tone]} ${card.title}`;
    const isOne = card.sections.length === 1;
    const blocks = card.sections.flatMap((section, at) => [
      ...(at === 0 ? [] : [{ type: 'divider' }]),
      ...blocksOf(section, isOne),
    ]);
    const link = card.link === null ? '' : `<${card.link.url}|${escaped(card.link.text)}> · `;
    return {
      // Phone notifications, and clients that show no blocks, show only this text.
      text: clipped([title, ...card.sections.flatMap(({ code }) => code?.text ?? [])].map(escaped).join('\n'), 1_000),
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: clipped(title, headerChars), emoji: true } },
        ...blocks,
        { type: 'context', elements: [markdown(`${link}${escaped(card.foot)}`)] },
      ],
    };
  },
  fits: (body) => (body['blocks'] as readonly Block[]).length <= blocksMax && JSON.stringify(body).length <= bodyChars,
  refusalIn(status, body) {
    if (hasOwnStatus(status)) return null;
    const isOk = status >= 200 && status < 300;
    const word = body.trim();
    if (isOk && (word === 'ok' || isAccepted(body))) return null;
    // Slack sends an error as one word such as `no_service`. Any other text must not be shown.
    const errorWord = /^[a-z][a-z_]{2,40}$/.test(word) ? word : isOk ? 'unreadable' : null;
    return errorWord === null ? null : refused(errorWord, 'later');
  },
};

/**
 * True for a success as other servers with Slack's interface report it: `ok` from Zulip, `success` from Rocket.Chat.
 */
function isAccepted(body: string): boolean {
  const { ok, success } = parseResponse(body);
  return ok === true || success === true;
}

function blocksOf({ tone, title, rows, code, ref }: Section, isOne: boolean): Block[] {
  const head = isOne ? [] : [`${marks[tone]} *${escaped(title)}* #${escaped(ref)}`];
  const lines = rows.map(({ label, text }) => `*${escaped(label)}*  ${escaped(text)}`);
  const texts =
    code === null
      ? chunks([...head, ...lines])
      : [[...head, `*${escaped(code.label)}*`, formatCode(escaped(code.text))].join('\n'), ...chunks(lines)];
  return texts.map((text) => ({ type: 'section', text: markdown(text) }));
}

function chunks(lines: readonly string[]): string[] {
  const texts: string[] = [];
  for (const line of lines.map((one) => clipped(one, sectionChars))) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= sectionChars)
      texts[texts.length - 1] = `${last}\n${line}`;
    else texts.push(line);
  }
  return texts;
}

function markdown(text: string): Block {
  return { type: 'mrkdwn', text: clipped(text, sectionChars) };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
