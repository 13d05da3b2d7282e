import { limits } from '../../core/limits.ts';
import type { VantageStanding } from '../../core/standing.ts';
import { stamp } from '../../core/views.ts';
import type { ApiDeps } from '../deps.ts';
import { patterns } from './charts.ts';
import { percent, span } from './format.ts';
import { type Html, html } from './html.ts';

/** A whole document around one `main`. `title` comes before the name of the tool. */
export function documentOf(deps: ApiDeps, title: string, main: Html): string {
  const config = deps.config();
  const nowMs = deps.now().wallMs;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · mirrorwatch</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top">
<a class="mark" href="/"><svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><path d="M2 9h3l2-5 3.5 10L13 9h3"/></svg>mirrorwatch</a>
<span class="vantage">seen from <b>${config.vantage}</b></span>
<span class="live" id="live" role="status" hidden></span>
</header>
${patterns}
<main id="main" tabindex="-1">
${troubles(deps)}
${main}
<p class="as-of">As of <time datetime="${stamp(nowMs)}">${stamp(nowMs).slice(0, 19).replace('T', ' ')} UTC</time>, running for ${span(nowMs - deps.startedAtMs)}.</p>
</main>
<footer class="bottom">
<span>mirrorwatch ${deps.version}</span>
<a href="/metrics">metrics</a><a href="/api/v1/mirrors">mirrors</a><a href="/api/v1/targets">targets</a><a href="/api/v1/findings?state=all">findings</a><a href="/api/v1/advice?state=all">advice</a>
</footer>
</body>
</html>
`.text;
}

/** What stands above everything else: that it is us, that we cannot tell yet, that our state is in trouble. */
function troubles(deps: ApiDeps): Html[] {
  const vantage = deps.vantage();
  const found: Html[] = [];
  if (reachesNothing(deps, vantage)) found.push(nothingReached(deps));
  else if (vantage.suspect === true) found.push(itIsUs(deps, vantage));
  else if (vantage.suspect === null)
    found.push(
      banner('quiet', 'First look', html`The first pass over the mirrors has not ended. Nothing is judged yet.`),
    );
  if (vantage.contaminatedShare !== null && vantage.contaminatedShare > limits.contaminatedShareFinding)
    found.push(
      banner(
        'us',
        'This machine is too busy',
        html`It disturbed ${percent(vantage.contaminatedShare)} of the samples of the last five minutes. They are set aside, not judged.`,
      ),
    );
  const state = deps.stateTrouble();
  if (state !== null)
    found.push(
      banner(
        'us',
        'Nothing is being stored',
        html`Watching goes on, but what is learned now does not survive a restart: ${state}.`,
      ),
    );
  const { ready, because } = deps.ready();
  if (!ready) found.push(banner('quiet', 'Not ready', html`${because}`));
  return found;
}

function banner(kind: 'us' | 'quiet', title: string, text: Html): Html {
  return html`<aside class="banner ${kind}"><b>${title}.</b> ${text}</aside>`;
}

function itIsUs(deps: ApiDeps, vantage: VantageStanding): Html {
  const since = vantage.sinceMs === null ? '' : ` for ${span(deps.now().wallMs - vantage.sinceMs)}`;
  const controls = vantage.controls.map(
    ({ name, up }) =>
      html` <span class="control">${name}: ${up === null ? 'not asked yet' : up ? 'answers' : 'silent'}</span>`,
  );
  return banner(
    'us',
    'It is us, not the mirrors',
    html`So much fails in the same moment${since} that it is more likely the network of <b>${deps.config().vantage}</b>. Verdicts stand still as they were, samples count as unknown, and no advice is given until it is over.${controls}`,
  );
}

/** Nothing has answered since the start: no mirror, no control. */
function reachesNothing(deps: ApiDeps, vantage: VantageStanding): boolean {
  const standings = deps.standings();
  const hasAnswer = standings.some((one) => one.lastOkAtMs !== null) || vantage.controls.some(({ up }) => up === true);
  const wasTried = vantage.suspect === true || standings.some((one) => one.lastJudgedAtMs !== null);
  return !hasAnswer && wasTried;
}

function nothingReached(deps: ApiDeps): Html {
  return banner(
    'us',
    'Nothing can be reached from here',
    html`No mirror and no control has answered since the start. That speaks of this place, <b>${deps.config().vantage}</b>, not of the mirrors; nothing is said about them until something answers. To see the tool at work without a network, run <code>mirrorwatch demo</code>.`,
  );
}
