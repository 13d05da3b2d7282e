import type { ChatFormat } from '../../core/receiver-format.ts';
import { type Language, wordsOf } from '../../words/words.ts';

const style = `
:root { color-scheme: light dark; --ground: #eef0f3; --card: #fff; --ink: #1d1f23; --soft: #6b7280; --line: #d9dce1; --code: #f3f4f6; --link: #1d5fd0 }
@media (prefers-color-scheme: dark) { :root { --ground: #15171a; --card: #212429; --ink: #e8eaed; --soft: #a2a9b4; --line: #3a3f47; --code: #2b2f36; --link: #8ab4ff } }
* { box-sizing: border-box }
body { margin: 0; padding: 12px; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif }
h1 { font-size: 16px; margin: 4px 0 } h1 + p { margin: 0 0 12px; color: var(--soft); font-size: 13px }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 351px), 1fr)); gap: 12px; align-items: start; max-width: 1100px }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px; overflow: hidden; overflow-wrap: anywhere }
article > * { margin: 0 0 8px } article > :last-child { margin-bottom: 0 }
h3 { font-size: 17px; line-height: 1.35 } h4 { font-size: 15px }
hr { border: 0; border-top: 1px solid var(--line) }
pre, code, .plain { background: var(--code); border-radius: 6px; font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap }
pre, .plain { padding: 8px; margin: 4px 0 0 } code { padding: 1px 4px }
a { color: var(--link) } .foot, .comment { color: var(--soft) } .foot { font-size: 12px }
.button { display: inline-block; padding: 6px 14px; border: 1px solid var(--link); border-radius: 6px; text-decoration: none }
article > .wide { display: block; text-align: center; border-width: 1px 0 0; border-color: var(--line); border-radius: 0; margin: 8px -12px -12px; padding: 10px }
.feishu h3 { margin: -12px -12px 10px; padding: 10px 12px; color: #fff }
.red { background: #b3261e } .orange { background: #a55200 } .blue { background: #1d5fd0 } .green { background: #1a7338 } .grey { background: #5b6470 }
`;

const names = { slack: 'Slack', discord: 'Discord' } as const;

function isName(format: ChatFormat): format is keyof typeof names {
  return format in names;
}

/** A self-contained page that shows bodies as their service would, from the width of a phone up. */
export function renderPreviewPage(
  receiver: string,
  format: ChatFormat,
  language: Language,
  bodies: readonly string[],
): string {
  const cards = bodies.map((body) => `<article class="${format}">${drawers[format](body)}</article>`).join('\n');
  const say = wordsOf(language);
  const service = isName(format) ? names[format] : say(`preview.${format}`);
  const title = html(`${receiver}${say('list.colon')}${service}`);
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-Hans' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<p>${say('preview.says')}</p>
<main>
${cards}
</main>
</body>
</html>`;
}

/** Renders one body as its service would. Texts of the body are data: all are escaped. */
const drawers: Readonly<Record<ChatFormat, (body: string) => string>> = {
  slack: drawSlack,
  discord: drawDiscord,
  feishu: drawFeishu,
  dingtalk: drawDingtalk,
  wecom: drawWecom,
};

interface SlackText {
  readonly text: string;
}

function drawSlack(body: string): string {
  const { blocks } = JSON.parse(body) as {
    readonly blocks: readonly { readonly type: string; readonly text?: SlackText; readonly elements?: SlackText[] }[];
  };
  return blocks
    .map(({ type, text, elements = [] }) => {
      if (type === 'divider') return '<hr>';
      if (type === 'header') return `<h3>${html(text?.text ?? '')}</h3>`;
      if (type === 'context')
        return `<div class="foot">${elements.map((one) => slackMarkup(one.text)).join(' ')}</div>`;
      return `<div>${slackMarkup(text?.text ?? '')}</div>`;
    })
    .join('');
}

interface DiscordEmbed {
  readonly title?: string;
  readonly url?: string;
  readonly description: string;
  readonly footer?: { readonly text: string };
}

function drawDiscord(body: string): string {
  const { content, embeds } = JSON.parse(body) as {
    readonly content: string;
    readonly embeds: readonly DiscordEmbed[];
  };
  const drawn = embeds.map(({ title = '', url, description, footer }) => {
    const head = url === undefined ? html(title) : `<a href="${html(url)}">${html(title)}</a>`;
    const foot = footer === undefined ? '' : `<div class="foot">${html(footer.text)}</div>`;
    return `<h4>${head}</h4><div>${discordMarkup(description)}</div>${foot}`;
  });
  return `<h3>${discordMarkup(content)}</h3>${drawn.join('')}`;
}

interface FeishuText {
  readonly content: string;
}

interface FeishuElement {
  readonly tag: string;
  readonly content?: string;
  readonly text?: FeishuText;
  readonly elements?: readonly FeishuText[];
  readonly actions?: readonly { readonly text: FeishuText; readonly url: string }[];
}

function drawFeishu(body: string): string {
  const { card } = JSON.parse(body) as {
    readonly card: {
      readonly header: { readonly template: string; readonly title: FeishuText };
      readonly elements: readonly FeishuElement[];
    };
  };
  const elements = card.elements.map(({ tag, content = '', text, elements: notes = [], actions = [] }) => {
    if (tag === 'hr') return '<hr>';
    if (tag === 'div') return `<div class="plain">${html(text?.content ?? '')}</div>`;
    if (tag === 'note') return `<div class="foot">${notes.map((note) => html(note.content)).join(' ')}</div>`;
    if (tag === 'action')
      return actions.map((one) => `<a class="button" href="${html(one.url)}">${html(one.text.content)}</a>`).join('');
    return `<div>${feishuMarkup(content)}</div>`;
  });
  return `<h3 class="${html(card.header.template)}">${html(card.header.title.content)}</h3>${elements.join('')}`;
}

function drawDingtalk(body: string): string {
  const { actionCard, markdown } = JSON.parse(body) as {
    readonly actionCard?: { readonly text: string; readonly singleTitle: string; readonly singleURL: string };
    readonly markdown?: { readonly text: string };
  };
  const button =
    actionCard === undefined
      ? ''
      : `<a class="button wide" href="${html(actionCard.singleURL)}">${html(actionCard.singleTitle)}</a>`;
  return `${dingtalkMarkup(actionCard?.text ?? markdown?.text ?? '')}${button}`;
}

function drawWecom(body: string): string {
  const { markdown } = JSON.parse(body) as { readonly markdown: { readonly content: string } };
  return wecomMarkup(markdown.content);
}

function html(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Slack's mrkdwn, with `&`, `<` and `>` already escaped. */
function slackMarkup(text: string): string {
  return withFences(text, (part) =>
    lines(
      part
        .replaceAll('"', '&quot;')
        .replaceAll(/<([^|>]+)\|([^>]+)>/g, '<a href="$1">$2</a>')
        .replaceAll(/\*([^*\n]+)\*/g, '<b>$1</b>'),
    ),
  );
}

/** Discord's Markdown: bold, fences, and backslash escapes. */
function discordMarkup(text: string): string {
  return withFences(html(text), (part) => lines(bold(part).replaceAll(/\\(&(?:lt|gt);|[^\w\s&])/g, '$1')));
}

/** The Markdown of Feishu's cards, in which special characters are entities. */
function feishuMarkup(text: string): string {
  return lines(bold(text.replaceAll('"', '&quot;')));
}

/** DingTalk's Markdown: paragraphs, headings, bold, fences. */
function dingtalkMarkup(text: string): string {
  return withFences(html(text), (part) =>
    part
      .split(/\n\n+/)
      .filter((paragraph) => paragraph.trim() !== '')
      .map((paragraph) => headed(bold(paragraph)).replaceAll(/ {2}\n {2}/g, '<br>'))
      .join(''),
  );
}

/** WeCom's Markdown: headings, bold, code in a line, links, colours. */
function wecomMarkup(text: string): string {
  return html(text)
    .split(/\n\n+/)
    .map((paragraph) =>
      headed(
        lines(
          bold(paragraph)
            .replaceAll(/&lt;font color=&quot;(\w+)&quot;&gt;(.*?)&lt;\/font&gt;/g, '<span class="$1">$2</span>')
            .replaceAll(/`([^`\n]+)`/g, '<code>$1</code>')
            .replaceAll(/\[([^\]\n]+)\]\((https?:[^)\s]+)\)/g, '<a href="$2">$1</a>'),
        ),
      ),
    )
    .join('');
}

function headed(paragraph: string): string {
  const [, level = '', title = ''] = /^(#{3,4}) (.*)$/s.exec(paragraph) ?? [];
  return level === '' ? `<p>${paragraph}</p>` : `<h${level.length}>${title}</h${level.length}>`;
}

function bold(text: string): string {
  return text.replaceAll(/\*\*([^*\n]+)\*\*/g, '<b>$1</b>');
}

function lines(text: string): string {
  return text.replaceAll('\n', '<br>');
}

/** Fenced text is unchanged, the rest is rendered by `around`. */
function withFences(text: string, around: (part: string) => string): string {
  return text
    .split(/```\n([\s\S]*?)\n```/)
    .map((part, at) => (at % 2 === 1 ? `<pre>${part}</pre>` : around(part.replace(/^\n|\n$/g, ''))))
    .join('');
}
