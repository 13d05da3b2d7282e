import { clipped, type Section, type Tone } from './section.ts';
import { type ChatService, formatCode, hasOwnStatus, marks, parseResponse, refused } from './service.ts';

/**
 * Discord's documented limits: numbers of characters, and of embeds in a message. `embedsChars` is for all embeds
 * together.
 */
const contentChars = 2_000;
const titleChars = 256;
const descriptionChars = 4_096;
const footerChars = 2_048;
const embedsMax = 10;
const embedsChars = 6_000;

const colors: Readonly<Record<Tone, number>> = {
  bad: 0xb3261e,
  warn: 0xa55200,
  act: 0x1d5fd0,
  good: 0x1a7338,
  info: 0x5b6470,
};

interface Embed {
  readonly title?: string;
  readonly description: string;
  readonly url?: string;
  readonly color: number;
  readonly footer?: { readonly text: string };
}

/**
 * Discord's webhooks, with embeds. The URL itself is the secret, so messages are not signed.
 * @see https://discord.com/developers/docs/resources/webhook#execute-webhook,
 *   https://discord.com/developers/docs/resources/message#embed-object-embed-limits,
 *   https://discord.com/developers/docs/topics/rate-limits
 */
export const discord: ChatService = {
  // The rate limit is 30 messages a minute in each channel.
  spacingMs: 2_100,
  sign: null,
  draw(card) {
    const isOne = card.sections.length === 1;
    const last = card.sections.length - 1;
    const embeds = card.sections.map((section, at) => ({
      ...embedOf(section, isOne),
      ...(at === 0 && card.link !== null ? { url: card.link.url } : {}),
      ...(at === last ? { footer: { text: clipped(card.foot, footerChars) } } : {}),
    }));
    return {
      // The notification on a phone shows only this text.
      content: clipped(`${marks[card.tone]} ${escaped(card.title)}`, contentChars),
      embeds,
      allowed_mentions: { parse: [] },
    };
  },
  fits(body) {
    const embeds = body['embeds'] as readonly Embed[];
    const chars = embeds.reduce((sum, one) => sum + charsOf(one), 0);
    return (
      embeds.length <= embedsMax &&
      chars <= embedsChars &&
      embeds.every(({ description }) => description.length <= descriptionChars)
    );
  },
  refusalIn(status, body) {
    if (hasOwnStatus(status)) return null;
    const { id, code } = parseResponse(body);
    if (status >= 200 && status < 300) return typeof id === 'string' ? null : refused('unreadable', 'later');
    return typeof code === 'number' && Number.isSafeInteger(code) ? refused(String(code), 'later') : null;
  },
  // Without `wait`, Discord responds before it has checked the message.
  urlOf(url) {
    const at = new URL(url);
    at.searchParams.set('wait', 'true');
    return at.href;
  },
};

/** Renders a section. The lines to paste come before the reasons, because readers need them first. */
function embedOf({ tone, title, rows, code, ref }: Section, isOne: boolean): Embed {
  const line = code === null ? [] : [`**${escaped(code.label)}**`, formatCode(code.text)];
  const lines = rows.map(({ label, text }) => `**${escaped(label)}**  ${escaped(text)}`);
  return {
    title: clipped(isOne ? title : `${marks[tone]} ${title} #${ref}`, titleChars),
    description: [...line, ...lines].join('\n'),
    color: colors[tone],
  };
}

function charsOf({ title = '', description, footer }: Embed): number {
  return title.length + description.length + (footer?.text.length ?? 0);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\*_~|`<>[\]]/g, (character) => `\\${character}`);
}
