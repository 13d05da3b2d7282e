import type { Advice } from '../../core/advice.ts';
import type { Config } from '../../core/config.ts';
import { counted } from '../../core/units.ts';
import { reach } from './command.ts';
import { dated, duration, percent, span } from './format.ts';
import { adviceHands } from './hands.ts';
import { type Html, html } from './html.ts';
import { causeWords, refusalWords } from './words.ts';

/** One advice as it is shown on top: what to do, why, the line to copy, how to go back, until when. */
export function adviceCard(advice: Advice, config: Config, nowMs: number): Html {
  if (advice.state === 'refused') return refusedCard(advice);
  const isTaken = advice.state === 'accepted';
  const heading = isTaken
    ? html`In force: <b>${advice.to}</b> in place of ${advice.from}`
    : html`Set this now: leave <b>${advice.from}</b> for <b>${advice.to}</b>`;
  return html`<article class="advice ${advice.state}" aria-label="advice for ${advice.ecosystem}/${advice.upstream}">
<h3>${heading}</h3>
<p class="reason"><bdi>${advice.reason}</bdi></p>
${lineToCopy(advice, isTaken)}
<dl class="facts">
<div><dt>because of</dt><dd>${causeWords[advice.cause]}</dd></div>
<div><dt>confidence</dt><dd>${advice.confidence}</dd></div>
<div><dt>a client’s fetch, expected</dt><dd>${change(advice.expected.fetchCostSeconds, (seconds) => duration(seconds === null ? null : seconds * 1000))}</dd></div>
<div><dt>p95, expected</dt><dd>${change(advice.expected.p95Seconds, (seconds) => duration(seconds === null ? null : seconds * 1000))}</dd></div>
<div><dt>available, expected</dt><dd>${change(advice.expected.availability, percent)}</dd></div>
<div><dt>rests on</dt><dd>${counted(advice.evidence.samples, 'sample')} in ${span(advice.evidence.windowSeconds * 1000)}</dd></div>
<div><dt>expires</dt><dd>${advice.expiresAtMs > nowMs ? html`in ${span(advice.expiresAtMs - nowMs)}, ` : null}${dated(advice.expiresAtMs)}</dd></div>
</dl>
<p class="back">To go back: <code>${advice.rollback}</code></p>
${
  !isTaken &&
  html`<p class="accept">Once it is set, say so, to be told when to go back: <code>mirrorwatch advice accept ${advice.id}${reach(config)}</code></p>${adviceHands(config, advice.id)}`
}
${
  advice.doesNotCover.length > 0 &&
  html`<details id="covers-${advice.id}"><summary>What this line does not change</summary><ul>${advice.doesNotCover.map((text) => html`<li>${text}</li>`)}</ul></details>`
}
</article>`;
}

function lineToCopy(advice: Advice, isTaken: boolean): Html {
  const line = advice.remedy['env'] ?? Object.values(advice.remedy)[0];
  if (line === undefined)
    return html`<p class="line-note">There is no line that can be pasted safely: set the chain <code>${advice.chain.after}</code> by hand.</p>`;
  return html`<div class="line"><pre id="line-${advice.id}" tabindex="0" aria-label="${isTaken ? 'the line in force' : 'the line to set'}"><code>${line}</code></pre><button type="button" class="copy" data-copy="line-${advice.id}" hidden>copy</button></div>`;
}

function refusedCard(advice: Advice): Html {
  const why = advice.refusal === null ? null : html` <span class="muted">(${refusalWords[advice.refusal]})</span>`;
  return html`<article class="advice refused"><h3>No advice, on purpose</h3><p class="reason"><bdi>${advice.reason}</bdi>${why}</p><p class="back">Clients stay on <code>${advice.chain.before}</code></p></article>`;
}

function change<T>(both: { readonly before: T; readonly after: T }, words: (value: T) => string): string {
  if (both.before === null && both.after === null) return 'unknown';
  const [before, after] = [words(both.before), words(both.after)];
  return before === after ? before : `${before} → ${after}`;
}
