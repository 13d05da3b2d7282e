import type { Request, Response } from 'express';
import { limits } from '../../core/limits.ts';
import type { VantageStanding } from '../../core/standing.ts';
import { stamp } from '../../core/views.ts';
import { type Language, languages } from '../../words/words.ts';
import type { ApiDeps, ReloadTrouble } from '../deps.ts';
import { wordOf } from '../lists.ts';
import { languageCookie, negotiateLanguage, parseLanguage } from '../problem.ts';
import { formatScriptWords, renderHead } from './assets.ts';
import { patterns } from './charts.ts';
import { createPageSay, dated, type Html, html, type PageSay, percentHtml, span } from './html.ts';
import { controlWordOf } from './place.ts';

const ways = [
  ['/', 'page.now'],
  ['/history', 'page.history'],
  ['/timeline', 'page.timeline'],
] as const;

export function documentOf(say: PageSay, deps: ApiDeps, request: Request, title: string, main: Html): string {
  const config = deps.config();
  const nowMs = deps.now().wallMs;
  const asOf = html`<time datetime="${stamp(nowMs)}">${stamp(nowMs).slice(0, 19).replace('T', ' ')} UTC</time>`;
  return html`${renderHead(say, title, html`<link rel="icon" href="/icon.svg" type="image/svg+xml">\n`)}
<body data-words="${formatScriptWords(say)}">
<a class="skip" href="#main">${say('page.skip')}</a>
<header class="top">
<a class="mark" href="/"><svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><path d="M2 9h3l2-5 3.5 10L13 9h3"/></svg>mirrorwatch</a>
<nav class="ways" aria-label="${say('page.pages')}">${ways.map(([path, word]) => html`<a href="${path}"${path === request.path && html` aria-current="page"`}>${say(word)}</a>`)}</nav>
<span class="vantage">${say.html('page.seenFrom', { vantage: html`<b>${config.vantage}</b>` })}</span>
<nav class="languages" aria-label="${say('page.language')}">${languageSwitch(say, request)}</nav>
<span class="live" id="live" role="status" hidden></span>
</header>
${patterns}
<main id="main" tabindex="-1">
${troubles(say, deps)}
${main}
<p class="as-of">${say.html('page.asOf', { at: asOf, span: span(say, nowMs - deps.startedAtMs) })}</p>
</main>
<footer class="bottom">
<span>mirrorwatch ${deps.version}</span>
<a href="/metrics">${say('page.metrics')}</a><a href="/api/v1/mirrors">${say('page.mirrorList')}</a><a href="/api/v1/targets">${say('page.targets')}</a><a href="/api/v1/findings?state=all">${say('page.findings')}</a><a href="/api/v1/advice?state=all">${say('page.advice')}</a>
</footer>
</body>
</html>
`.text;
}

function languageSwitch(say: PageSay, request: Request): Html[] {
  return (Object.keys(languages) as Language[])
    .filter((one) => one !== say.language)
    .map((one) => {
      const tag = createPageSay(one)('page.lang');
      return html`<a href="${inLanguage(request, one)}" lang="${tag}" hreflang="${tag}">${languages[one]}</a>`;
    });
}

function troubles(say: PageSay, deps: ApiDeps): Html[] {
  const vantage = deps.vantage();
  const found: Html[] = [];
  if (reachesNothing(deps, vantage)) found.push(nothingReached(say, deps));
  else if (vantage.suspect === true) found.push(itIsUs(say, deps, vantage));
  else if (vantage.suspect === null) found.push(banner(say, 'quiet', say('trouble.first'), say('trouble.firstSays')));
  if (vantage.contaminatedShare !== null && vantage.contaminatedShare > limits.contaminatedShareFinding) {
    const share = percentHtml(say, vantage.contaminatedShare);
    found.push(banner(say, 'us', say('trouble.busy'), say('trouble.busySays', { share })));
  }
  const state = deps.stateTrouble();
  if (state !== null)
    found.push(banner(say, 'us', say('trouble.state'), say('trouble.stateSays', { why: say(`store.${state}`) })));
  const reload = deps.reloadTrouble();
  if (reload !== null) found.push(configRejected(say, deps, reload));
  const { ready, because } = deps.ready();
  if (!ready) found.push(banner(say, 'quiet', say('trouble.notReady'), say(`ready.${because}`)));
  return found;
}

function banner(say: PageSay, kind: 'us' | 'quiet', title: string, text: Html | string): Html {
  return html`<aside class="banner ${kind}"><b>${title}${say('list.stop')}</b>${text}</aside>`;
}

/** The first reason stands for all. The log, and the response to the reload, list all of them. */
function configRejected(say: PageSay, deps: ApiDeps, { sinceMs, reasons }: ReloadTrouble): Html {
  const [first = '', ...others] = reasons(say);
  const reason = html`<code>${first}</code>`;
  const why = others.length === 0 ? reason : say.html('list.more', { list: reason, more: others.length });
  const since = { at: dated(sinceMs), span: span(say, deps.now().wallMs - sinceMs) };
  return banner(say, 'us', say('trouble.reload'), say.html('trouble.reloadSays', { ...since, why }));
}

function itIsUs(say: PageSay, deps: ApiDeps, vantage: VantageStanding): Html {
  const where = html`<b>${deps.config().vantage}</b>`;
  const controls = vantage.controls.map(
    ({ name, up }) => html` <span class="control">${name}${say('list.colon')}${controlWordOf(say, up)}</span>`,
  );
  const words =
    vantage.sinceMs === null
      ? say.html('trouble.usSays', { vantage: where })
      : say.html('trouble.usSaysFor', { vantage: where, span: span(say, deps.now().wallMs - vantage.sinceMs) });
  return banner(say, 'us', say('trouble.us'), html`${words}${controls}`);
}

/** True if our own network is suspect, no mirror has had an ok response yet, and no control responds. */
function reachesNothing(deps: ApiDeps, vantage: VantageStanding): boolean {
  const hasResponse =
    deps.standings().some((one) => one.lastOkAtMs !== null) || vantage.controls.some(({ up }) => up === true);
  return vantage.suspect === true && !hasResponse;
}

function nothingReached(say: PageSay, deps: ApiDeps): Html {
  const parts = { vantage: html`<b>${deps.config().vantage}</b>`, command: html`<code>mirrorwatch demo</code>` };
  return banner(say, 'us', say('trouble.nothing'), say.html('trouble.nothingSays', parts));
}

const cookieAge = 31_536_000;

/**
 * Returns the language of a page: the one in `?lang=`, which is then stored in a cookie, else the language of the
 * request.
 */
export function pageLanguageOf(request: Request, response: Response): Language {
  const language = negotiateLanguage(request, response);
  const wanted = parseLanguage(request.query['lang']);
  if (wanted === undefined) return language;
  const secure = request.secure ? '; Secure' : '';
  response.set(
    'set-cookie',
    `${languageCookie}=${wanted}; Path=/; Max-Age=${cookieAge}; SameSite=Lax; HttpOnly${secure}`,
  );
  return wanted;
}

const addressWords = ['range', 'from', 'until', 'item', 'mirror'] as const;

function inLanguage(request: Request, language: Language): string {
  const query = new URLSearchParams();
  for (const name of addressWords) {
    const value = wordOf(request, name);
    if (value !== undefined) query.set(name, value);
  }
  query.set('lang', language);
  // A path with two leading slashes would lead to another host.
  return `${request.path.replace(/^\/+/, '/')}?${query}`;
}
