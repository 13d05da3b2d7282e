import type { Advice, Failback } from '../../core/advice.ts';
import { formatCommand } from '../../core/command-line.ts';
import type { Config } from '../../core/config.ts';
import { snippetOf } from '../../core/snippet.ts';
import { renderIn } from '../../words/tell.ts';
import type { ApiDeps } from '../deps.ts';
import { reach, renderAdviceForms } from './hands.ts';
import { dated, durationHtml, type Html, html, type PageSay, percentHtml, span } from './html.ts';

/**
 * Renders one advice as a card.
 * @param doorLines  client settings for the front door (our HTTP server that sends clients to the best mirror). The
 * card shows only the first; empty: no setting
 * @param failback   when clients may switch back; `null`: the card does not say it
 */
export function renderAdviceCard(
  say: PageSay,
  advice: Advice,
  config: Config,
  nowMs: number,
  doorLines: ReturnType<ApiDeps['doorLines']> = [],
  failback: Failback | null = null,
): Html {
  if (advice.state === 'refused') return refusedCard(say, advice);
  const isTaken = advice.state === 'accepted';
  if (advice.phase === 'over') return overCard(say, advice, config, nowMs);
  return html`<article class="advice ${advice.state}" aria-label="${say('card.label', { what: `${advice.ecosystem}/${advice.upstream}` })}">
<h3>${headline(say, advice, isTaken)}</h3>
<p class="reason">${isTaken ? say.html('card.then', { why: renderReasonNote(say, advice), at: dated(advice.settledAtMs ?? advice.issuedAtMs) }) : renderReasonNote(say, advice)}</p>
${failback !== null && html`<p class="reason"><bdi>${renderIn(say.language, failback)}</bdi></p>`}
${advice.bypass == null && doorNote(say, doorLines)}
${lineToCopy(say, advice, isTaken)}
${!isTaken && renderAdviceForms(say, config, advice.id, snippetOf(advice.remedy) !== null)}
<details id="more-${advice.id}"><summary>${say('card.unfold')}</summary>${evidenceOf(say, advice, config, nowMs)}</details>
</article>`;
}

/** The card of a proposal whose cause is over: folded, and with the line only if new clients use it. */
function overCard(say: PageSay, advice: Advice, config: Config, nowMs: number): Html {
  const { from, to, newClients, ecosystem } = advice;
  const title = say.html(`advice.over.${newClients}`, {
    what: ecosystem,
    from: html`<b>${from}</b>`,
    to: html`<b>${to}</b>`,
  });
  return html`<article class="advice over" aria-label="${say('card.label', { what: `${ecosystem}/${advice.upstream}` })}">
<h3>${title}</h3>
<p class="reason">${renderReasonNote(say, advice)}</p>
${newClients === 'advised' && lineToCopy(say, advice, false)}
<details id="more-${advice.id}"><summary>${say('card.unfold')}</summary>${newClients === 'usual' && plainLine(say, advice)}${evidenceOf(say, advice, config, nowMs)}</details>
</article>`;
}

/** The line of an advice without a button to copy it: only clients that have switched still have it. */
function plainLine(say: PageSay, { remedy }: Advice): Html | null {
  const snippet = snippetOf(remedy);
  return (
    snippet &&
    html`<div class="line"><pre tabindex="0" aria-label="${say('card.lineTaken')}"><code>${snippet.text}</code></pre></div>`
  );
}

function headline(say: PageSay, advice: Advice, isTaken: boolean): Html {
  const { from, to, bypass } = advice;
  if (from !== to)
    return say.html(isTaken ? 'card.taken' : 'card.set', {
      from: isTaken ? from : html`<b>${from}</b>`,
      to: html`<b>${to}</b>`,
    });
  // The first mirror stays, but a later member of the chain changes.
  const chain = html`<code>${advice.chain.after}</code>`;
  if (bypass == null)
    return isTaken ? say.html('card.bypassTaken', { bypass: chain }) : say.html('card.chain', { chain });
  const setting = { bypass: html`<code>${bypass}</code>` };
  if (isTaken) return say.html('card.bypassTaken', setting);
  return say.html(advice.cause === 'failback' ? 'card.bypassBack' : 'card.bypass', setting);
}

function evidenceOf(say: PageSay, advice: Advice, config: Config, nowMs: number): Html {
  const isTaken = advice.state === 'accepted';
  const seconds = (value: number | null): string => durationHtml(say, value === null ? null : value * 1000);
  return html`<dl class="facts">
<div><dt>${say('card.confidence')}</dt><dd>${say(`confidence.${advice.confidence}`)}</dd></div>
<div><dt>${say('card.fetch')}</dt><dd>${change(say, advice.expected.fetchCostSeconds, seconds)}</dd></div>
${p95Line(say, advice, seconds)}
<div><dt>${say('card.available')}</dt><dd>${change(say, advice.expected.availability, (share) => percentHtml(say, share))}</dd></div>
${canaryResponses(say, advice)}
<div><dt>${say('card.expires')}</dt><dd>${advice.expiresAtMs > nowMs ? say.html('card.expiresIn', { span: span(say, advice.expiresAtMs - nowMs), at: dated(advice.expiresAtMs) }) : dated(advice.expiresAtMs)}</dd></div>
</dl>
<p class="back">${say.html('card.back', { line: html`<code>${renderIn(say.language, { text: advice.rollback, sentence: advice.sentences?.rollback })}</code>` })}</p>
${
  !isTaken &&
  html`<p class="accept">${say.html('card.accept', { command: html`<code>${formatCommand`mirrorwatch advice accept ${[advice.id, ...reach(config)]}`}</code>` })}</p>`
}
${
  advice.doesNotCover.length > 0 &&
  html`<details id="covers-${advice.id}"><summary>${say('card.covers')}</summary><ul>${notesOf(say, advice).map((text) => html`<li><bdi>${text}</bdi></li>`)}</ul></details>`
}`;
}

function notesOf(say: PageSay, { doesNotCover, sentences }: Advice): readonly string[] {
  return doesNotCover.map((text, at) => renderIn(say.language, { text, sentence: sentences?.doesNotCover[at] }));
}

function canaryResponses(say: PageSay, { from, evidence: { samples: count, windowSeconds } }: Advice): Html | null {
  if (count === 0) return null;
  const text = say('card.canaryOf', { count, from, span: span(say, windowSeconds * 1000) });
  return html`<div><dt>${say('card.canary')}</dt><dd>${text}</dd></div>`;
}

export function renderReasonNote(say: PageSay, { reason, sentence }: Pick<Advice, 'reason' | 'sentence'>): Html {
  return html`<bdi>${renderIn(say.language, { text: reason, sentence })}</bdi>`;
}

function doorNote(say: PageSay, [first]: ReturnType<ApiDeps['doorLines']>): Html | null {
  if (first === undefined) return null;
  return html`<p class="door">${say('card.door')}</p><div class="line"><pre tabindex="0" aria-label="${say('card.doorLine')}"><code>${first.text}</code></pre></div><p class="door">${say('card.noDoor')}</p>`;
}

function lineToCopy(say: PageSay, advice: Advice, isTaken: boolean): Html {
  const snippet = snippetOf(advice.remedy);
  if (snippet === null)
    return html`<p class="line-note">${say.html('card.noLine', { chain: html`<code>${advice.chain.after}</code>` })}</p>`;
  const { text, file } = snippet;
  return html`${file !== null && html`<p class="line-note">${say.html('card.file', { file: html`<code>${file}</code>` })}</p>`}<div class="line"><pre id="line-${advice.id}" tabindex="0" aria-label="${say(isTaken ? 'card.lineTaken' : 'card.line')}"><code>${text}</code></pre><button type="button" class="copy" id="copy-${advice.id}" data-copy="line-${advice.id}" hidden>${say('script.copy')}</button></div>`;
}

function refusedCard(say: PageSay, advice: Advice): Html {
  const why =
    advice.refusal === null || advice.sentence?.key === 'ground.refuse'
      ? null
      : html` <span class="muted">${say('card.why', { why: say(`refusal.${advice.refusal}`) })}</span>`;
  return html`<article class="advice refused"><h3>${say('card.refused')}</h3><p class="reason">${renderReasonNote(say, advice)}${why}</p><p class="back">${say.html('card.stay', { chain: html`<code>${advice.chain.before}</code>` })}</p></article>`;
}

function p95Line(say: PageSay, { expected }: Advice, seconds: (value: number | null) => string): Html | null {
  const { p95Seconds } = expected;
  if (p95Seconds.before === null && p95Seconds.after === null) return null;
  return html`<div><dt>${say('card.p95')}</dt><dd>${change(say, p95Seconds, seconds)}</dd></div>`;
}

function change<T>(say: PageSay, both: { readonly before: T; readonly after: T }, words: (value: T) => string): string {
  if (both.before === null && both.after === null) return say('card.unknown');
  const [before, after] = [words(both.before), words(both.after)];
  return before === after ? before : `${before} → ${after}`;
}
