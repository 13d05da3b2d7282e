import { costText } from '../../core/authority-cost.ts';
import { type Phase, phases } from '../../core/failure.ts';
import { hopPhases } from '../../core/hop-phases.ts';
import { maskUrl } from '../../core/secret.ts';
import { signatureText } from '../../core/signature.ts';
import { isHeavy } from '../../core/target.ts';
import type { Hop } from '../../core/transcript.ts';
import { authorityText, firstBytesText, stamp } from '../../core/views.ts';
import type { ProbeView } from '../deps.ts';
import { outcomeWord, shownHeaders } from '../views.ts';
import { mirrorPath } from './badges.ts';
import { segment } from './charts.ts';
import { bytes, coordinate, dated, duration } from './format.ts';
import { type Html, html } from './html.ts';
import { becauseWords, reasonWords } from './words.ts';

/** The walk from a number back to the wire: the verdict, the phases to scale, each hop with its headers. */
export function walk(probe: ProbeView): Html {
  const { sample, transcript } = probe;
  const { target } = sample.due;
  const name = [target.module, target.version].filter((part) => part !== null).join('@');
  return html`<nav class="crumbs"><a href="/">all mirrors</a> <a href="${mirrorPath(target.registry)}">${target.registry}</a></nav>
<h1>${target.step} <span class="of">${name || 'of the mirror itself'}</span></h1>
${verdict(probe)}
${sampleFacts(probe)}
${phaseTable(probe)}
${transcript === null ? html`<p class="none">The transcript of this probe was not kept, or there was nothing to write down.</p>` : html`${waterfall(transcript.hops)}${transcript.hops.map((hop, i) => hopSection(hop, i, transcript.hops))}`}
${learned(probe)}
<p class="legend"><a href="/api/v1/probes/${encodeURIComponent(sample.due.probeId)}">the same as JSON</a></p>`;
}

function verdict({ sample, transcript }: ProbeView): Html {
  const { outcome } = sample;
  const line = transcript?.errorLine ?? null;
  const words =
    outcome.tag === 'ok'
      ? okWords(sample)
      : outcome.tag === 'failed'
        ? html`${reasonWords[outcome.failure.kind]}.`
        : html`We could not tell: ${becauseWords[outcome.because]}. It counts neither for nor against the mirror.`;
  const look = outcome.tag === 'ok' && isSlow(sample) ? 'slow' : outcome.tag;
  return html`<div class="verdict ${look}"><b>${outcomeWord(sample)}</b> ${words}${outcome.tag === 'failed' && failureFields(outcome.failure)}${line !== null && html`<p class="quote">It said: <q><bdi>${line}</bdi></q></p>`}</div>`;
}

function failureFields(failure: object): Html | null {
  const fields = Object.entries(failure).filter(([key, value]) => key !== 'kind' && value !== null);
  if (fields.length === 0) return null;
  return html` <span class="fields">${fields.map(([key, value]) => html`<span>${key.endsWith('Ms') ? `${key.slice(0, -2)} ${duration(Number(value))}` : `${key} ${String(value)}`}</span> `)}</span>`;
}

function isSlow({ rttMs, thresholdMs }: ProbeView['sample']): boolean {
  return rttMs !== null && thresholdMs !== null && rttMs > thresholdMs;
}

function okWords(sample: ProbeView['sample']): Html {
  if (sample.cold)
    return html`in ${duration(sample.rttMs)}: the first fetch of a cache, kept apart from its round trips.`;
  if (isHeavy(sample.due.target))
    return html`in ${duration(sample.rttMs)}. A heavy step is not judged by its time: it depends on the size.`;
  if (sample.thresholdMs === null) return html`in ${duration(sample.rttMs)}. No baseline yet: neither fine nor slow.`;
  return isSlow(sample)
    ? html`but slow: ${duration(sample.rttMs)} is above ${duration(sample.thresholdMs)}.`
    : html`in ${duration(sample.rttMs)}, below the ${duration(sample.thresholdMs)} above which it would be slow.`;
}

function sampleFacts({ sample }: ProbeView): Html {
  const { due } = sample;
  return html`<dl class="facts">
<div><dt>mirror</dt><dd>${due.target.registry}</dd></div>
<div><dt>began</dt><dd>${dated(sample.startedAtMs)} <span class="muted">${stamp(sample.startedAtMs).slice(17, 23)} s</span></dd></div>
<div><dt>round trip</dt><dd>${duration(sample.rttMs)}</dd></div>
<div><dt>baseline</dt><dd>${sample.baselineMs === null ? 'warming, or not judged' : duration(sample.baselineMs)}</dd></div>
<div><dt>deadline</dt><dd>${duration(due.timeoutMs)}</dd></div>
<div><dt>why</dt><dd>${due.purpose}${due.round !== null && `, moment ${due.round.moment} of round ${due.round.id}`}</dd></div>
<div><dt>connection</dt><dd>${due.connection}${sample.family !== null && `, IPv${sample.family}`}</dd></div>
<div><dt>body</dt><dd>${bytes(sample.bytes)}${sample.cache !== null && `, cache ${sample.cache}`}</dd></div>
<div><dt>loop delay</dt><dd>${duration(sample.loopDelayMsMax)} <span class="muted">worst while it ran, worker ${sample.worker}</span></dd></div>
<div><dt>probe</dt><dd><code>${due.probeId}</code></dd></div>
</dl>`;
}

function phaseTable({ sample }: ProbeView): Html | null {
  const { rttMs } = sample;
  if (rttMs === null) return null;
  let from = 0;
  const rows = phases.map((phase) => {
    const ms = sample.phases[phase];
    if (ms === undefined)
      return html`<tr><th scope="row">${phase}</th><td class="n muted" data-label="time">did not happen</td><td class="n" data-label="share"></td><td class="wide"></td></tr>`;
    const startMs = from;
    from += ms;
    return html`<tr><th scope="row"><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" class="p-${phase}"/></svg>${phase}</th><td class="n" data-label="time">${duration(ms)}</td><td class="n" data-label="share">${rttMs > 0 ? `${Math.round((ms / rttMs) * 100)} %` : '—'}</td><td class="wide"><svg class="bar" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true"><rect width="1000" height="12" class="track"/>${segment(phase, startMs, ms, rttMs, 12)}</svg></td></tr>`;
  });
  return html`<section aria-labelledby="h-phases"><h2 id="h-phases">Phases <span class="count">they add up to ${duration(rttMs)}</span></h2><table class="phases"><thead class="hidden"><tr><th>phase</th><th>time</th><th>share</th><th>to scale</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function waterfall(hops: readonly Hop[]): Html | null {
  if (hops.length === 0) return null;
  const first = Math.min(...hops.map(({ marks }) => marks.start));
  const length = Math.max(...hops.map(({ marks }) => marks.end)) - first || 1;
  const rows = hops.map((hop, i) => {
    let from = hop.marks.start - first;
    const parts = hopPhases(hop).map(([phase, ms]: readonly [Phase, number]) => {
      const part = segment(phase, from, ms, length, 14);
      from += ms;
      return part;
    });
    const end = coordinate(Math.min(995, (from / length) * 1000));
    const cross = hop.fault === null ? null : html`<rect x="${end}" width="5" height="14" class="fail-end"/>`;
    return html`<tr><th scope="row"><a href="#hop-${i + 1}">hop ${i + 1}</a>${hop.aside && html` <span class="tag">aside</span>`}</th><td class="n">${duration(hop.marks.end - hop.marks.start)}</td><td class="wide"><svg class="bar tall${hop.aside && ' aside'}" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="hop ${i + 1}"><rect width="1000" height="14" class="track"/>${parts}${cross}</svg></td></tr>`;
  });
  return html`<section aria-labelledby="h-hops"><h2 id="h-hops">On the wire <span class="count">${duration(length)} in all</span></h2><table class="hops"><tbody>${rows}</tbody></table>${hops.some(({ aside }) => aside) && html`<p class="legend">An aside is what the probe needed first: written down, not part of its time.</p>`}</section>`;
}

function hopSection(hop: Hop, i: number, hops: readonly Hop[]): Html {
  const times = hopPhases(hop).map(([phase, ms]) => html`<span>${phase} ${duration(ms)}</span> `);
  const address =
    hop.remoteAddress === null ? 'no address reached' : `${hop.remoteAddress} port ${hop.remotePort ?? '?'}`;
  return html`<section class="hop" id="hop-${i + 1}" aria-label="hop ${i + 1} of ${hops.length}">
<h3><span class="muted">hop ${i + 1}</span> <span class="status${(hop.status === null || hop.status >= 400) && ' bad'}">${hop.status ?? 'no answer'}</span> GET <code>${maskUrl(hop.url)}</code></h3>
<p class="muted">${address}${hop.reused && ', kept connection'}${hop.proxy !== null && `, through ${maskUrl(hop.proxy)}`}, ${bytes(hop.bodyBytes)} of body. ${times}</p>
${hop.fault !== null && html`<p class="fault"><b>${hop.fault.code}</b> in ${hop.fault.phase}, after ${bytes(hop.fault.bytesRead)}: <bdi>${hop.fault.text}</bdi></p>`}
${hop.tls !== null && tlsFacts(hop.tls)}
<div class="headers">${headerTable('asked', hop.requestHeaders)}${headerTable('answered', hop.responseHeaders)}</div></section>`;
}

function tlsFacts(tls: NonNullable<Hop['tls']>): Html {
  return html`<p class="tls">${tls.version}, ${tls.cipher}, issued by <bdi>${tls.issuer}</bdi>${tls.expiresAtMs !== null && html`, until ${dated(tls.expiresAtMs)}`}${tls.resumed && ', session resumed'}${tls.authorizationCode === null ? ', verified' : html`, <b>not accepted: ${tls.authorizationCode}</b>`}</p>`;
}

function headerTable(title: string, headers: Readonly<Record<string, string>>): Html {
  const rows = Object.entries(shownHeaders(headers));
  return html`<table class="header-list"><caption>${title}</caption><tbody>${rows.length === 0 ? html`<tr><td class="muted">nothing</td></tr>` : rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td><bdi>${value}</bdi></td></tr>`)}</tbody></table>`;
}

function learned({ sample: { facts } }: ProbeView): Html | null {
  const rows: Html[] = [];
  if (facts.resolvedVersion)
    rows.push(html`<div><dt>latest stood for</dt><dd><bdi>${facts.resolvedVersion}</bdi></dd></div>`);
  if (facts.notOffered)
    rows.push(html`<div><dt>offered</dt><dd>no: the mirror does not have this endpoint, which is allowed</dd></div>`);
  if (facts.listed) rows.push(html`<div><dt>versions listed</dt><dd>${facts.listed.count}</dd></div>`);
  if (facts.verified)
    rows.push(
      html`<div><dt>verified</dt><dd>${facts.verified.algorithm} <code>${facts.verified.digest}</code> against ${facts.verified.against}</dd></div>`,
    );
  if (facts.compared)
    rows.push(
      html`<div><dt>compared only</dt><dd>${facts.compared.algorithm} <code>${facts.compared.digest}</code></dd></div>`,
    );
  if (facts.signature)
    rows.push(html`<div><dt>signature</dt><dd><bdi>${signatureText(facts.signature)}</bdi></dd></div>`);
  if (facts.seen)
    rows.push(
      html`<div><dt>its bytes</dt><dd>${bytes(facts.seen.bytes)}, beginning <code>${facts.seen.firstHex}</code> <q><bdi>${firstBytesText(facts.seen)}</bdi></q></dd></div>`,
    );
  if (facts.treeHead)
    rows.push(html`<div><dt>tree head</dt><dd>${facts.treeHead.name}, ${facts.treeHead.size} records</dd></div>`);
  if (facts.authority)
    rows.push(html`<div><dt>${facts.authority.name} itself</dt><dd>${authorityText(facts)}</dd></div>`);
  if (facts.authorityCost)
    rows.push(html`<div><dt>what a lookup costs a client</dt><dd>${costText(facts.authorityCost)}</dd></div>`);
  if (facts.forked)
    rows.push(
      html`<div><dt>a fork of ${facts.forked.name}</dt><dd>two signed heads that cannot both be true:${facts.forked.statements.map((one) => html`<pre>${one}</pre>`)}</dd></div>`,
    );
  return rows.length === 0
    ? null
    : html`<section aria-labelledby="h-facts"><h2 id="h-facts">Learned</h2><dl class="facts">${rows}</dl></section>`;
}
