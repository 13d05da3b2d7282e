import type { ChatFormat } from '../../core/receiver-format.ts';
import { type Language, wordsOf } from '../../words/words.ts';
import { drawers, html } from './draw.ts';

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

/** The same in every language. */
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
