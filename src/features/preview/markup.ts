/** Text as HTML. */
export function html(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Slack's mrkdwn, in which `&`, `<` and `>` are escaped already. */
export function slackMarkup(text: string): string {
  return withFences(text, (part) =>
    lines(
      part
        .replaceAll('"', '&quot;')
        .replaceAll(/<([^|>]+)\|([^>]+)>/g, '<a href="$1">$2</a>')
        .replaceAll(/\*([^*\n]+)\*/g, '<b>$1</b>'),
    ),
  );
}

/** Discord's Markdown: bold, fences, and a backslash before what is meant as it is. */
export function discordMarkup(text: string): string {
  return withFences(html(text), (part) => lines(bold(part).replaceAll(/\\(&(?:lt|gt);|[^\w\s&])/g, '$1')));
}

/** The Markdown of Feishu's cards, in which special characters are entities. */
export function feishuMarkup(text: string): string {
  return lines(bold(text.replaceAll('"', '&quot;')));
}

/** DingTalk's Markdown: paragraphs, headings, bold, fences. */
export function dingtalkMarkup(text: string): string {
  return withFences(html(text), (part) =>
    part
      .split(/\n\n+/)
      .filter((paragraph) => paragraph.trim() !== '')
      .map((paragraph) => headed(bold(paragraph)).replaceAll(/ {2}\n {2}/g, '<br>'))
      .join(''),
  );
}

/** WeCom's Markdown: headings, bold, code in a line, links, colours. */
export function wecomMarkup(text: string): string {
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

/** What is fenced is shown as it is, the rest as `around` draws it. */
function withFences(text: string, around: (part: string) => string): string {
  return text
    .split(/```\n([\s\S]*?)\n```/)
    .map((part, at) => (at % 2 === 1 ? `<pre>${part}</pre>` : around(part.replace(/^\n|\n$/g, ''))))
    .join('');
}
