import { z } from 'zod';
import type { ChatFormat } from '../../src/core/receiver-format.ts';

// What each service's own pages say a message is: written down from them, not from our code (docs/webhooks.md names them).

const url = z.url({ protocol: /^https?$/ });

/** Text as Slack takes it: `<`, `>` and `&` bare in its own links and escapes alone. */
const mrkdwn = z
  .strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3_000) })
  .refine(({ text }) => !/[<>]/.test(text.replaceAll(/<https?:[^|>\s]+\|[^<>]+>/g, '')), 'a bare < or >')
  .refine(({ text }) => !/&(?!amp;|lt;|gt;)/.test(text), 'a bare &');
const slackBlock = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('header'),
    text: z.strictObject({
      type: z.literal('plain_text'),
      text: z.string().min(1).max(150),
      emoji: z.boolean().optional(),
    }),
  }),
  z.strictObject({ type: z.literal('section'), text: mrkdwn }),
  z.strictObject({ type: z.literal('context'), elements: z.array(mrkdwn).min(1).max(10) }),
  z.strictObject({ type: z.literal('divider') }),
]);
const slack = z.strictObject({ text: z.string().min(1).max(40_000), blocks: z.array(slackBlock).min(1).max(50) });

const feishuPlain = z.strictObject({ tag: z.literal('plain_text'), content: z.string().min(1) });
const feishuElement = z.discriminatedUnion('tag', [
  z.strictObject({ tag: z.literal('hr') }),
  z.strictObject({ tag: z.literal('div'), text: feishuPlain }),
  z.strictObject({
    tag: z.literal('markdown'),
    content: z
      .string()
      .min(1)
      .refine((text) => !/[<>`~[\]]/.test(text), 'a character that its Markdown reads'),
  }),
  z.strictObject({ tag: z.literal('note'), elements: z.array(feishuPlain).min(1) }),
  z.strictObject({
    tag: z.literal('action'),
    actions: z
      .array(z.strictObject({ tag: z.literal('button'), text: feishuPlain, url, type: z.enum(['default', 'primary']) }))
      .min(1),
  }),
]);
const feishu = z.strictObject({
  timestamp: z
    .string()
    .regex(/^\d{10}$/)
    .optional(),
  sign: z.base64().optional(),
  msg_type: z.literal('interactive'),
  card: z.strictObject({
    config: z.strictObject({ wide_screen_mode: z.boolean() }),
    header: z.strictObject({
      title: feishuPlain,
      template: z.enum(['blue', 'wathet', 'turquoise', 'green', 'yellow', 'orange', 'red', 'carmine', 'grey']),
    }),
    elements: z.array(feishuElement).min(1).max(200),
  }),
});

const dingtalkText = z.string().min(1).max(5_000);
const dingtalkTitle = z.string().min(1).max(64);
const dingtalk = z.union([
  z.strictObject({
    msgtype: z.literal('markdown'),
    markdown: z.strictObject({ title: dingtalkTitle, text: dingtalkText }),
  }),
  z.strictObject({
    msgtype: z.literal('actionCard'),
    actionCard: z.strictObject({
      title: dingtalkTitle,
      text: dingtalkText,
      singleTitle: z.string().min(1).max(20),
      singleURL: url.max(500),
    }),
  }),
]);

const wecom = z.strictObject({
  msgtype: z.literal('markdown'),
  markdown: z.strictObject({
    content: z
      .string()
      .min(1)
      .refine((text) => Buffer.byteLength(text) <= 4_096, 'more than 4096 bytes')
      .refine(
        (text) =>
          !/[<>]/.test(
            text.replaceAll(/`[^`\n]*`/g, '').replaceAll(/<font color="(?:info|comment|warning)">|<\/font>/g, ''),
          ),
        'a tag or a mention',
      ),
  }),
});

const discordText = z.string().min(1);
const discord = z.strictObject({
  content: discordText.max(2_000),
  embeds: z
    .array(
      z.strictObject({
        title: discordText.max(256).optional(),
        description: discordText.max(4_096),
        url: url.optional(),
        color: z.int().min(0).max(0xffffff),
        footer: z.strictObject({ text: discordText.max(2_048) }).optional(),
      }),
    )
    .min(1)
    .max(10)
    .refine((embeds) => JSON.stringify(embeds.map(({ url: _, color: __, ...texts }) => texts)).length <= 7_000, '6000'),
  allowed_mentions: z.strictObject({ parse: z.array(z.never()) }),
});

const schemas: Readonly<Record<ChatFormat, z.ZodType>> = { slack, discord, feishu, dingtalk, wecom };
/** Bytes of a whole request; Slack's is what was found out by others (slackapi/bolt-js#2509). */
const bytesMax: Readonly<Record<ChatFormat, number>> = {
  slack: 13_000,
  discord: 20_000,
  feishu: 20_000,
  dingtalk: 20_000,
  wecom: 8_192,
};

/** What its service would have against a body; empty: nothing. */
export function chatMistakes(format: ChatFormat, body: string): readonly string[] {
  const length = format === 'slack' ? body.length : Buffer.byteLength(body);
  const large = length > bytesMax[format] ? [`${length} in all`] : [];
  const read = schemas[format].safeParse(JSON.parse(body));
  return [...large, ...(read.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [])];
}
