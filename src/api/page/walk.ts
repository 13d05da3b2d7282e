import { type Phase, type ProbeFailure, phases } from '../../core/failure.ts';
import { isHeavy, refTextOf } from '../../core/mirror.ts';
import { hopPhasesOf, type KeptProbe } from '../../core/sample.ts';
import { maskUrl } from '../../core/secret.ts';
import type { Facts, Hop } from '../../core/transcript.ts';
import { firstBytesTextOf, stamp } from '../../core/views.ts';
import { formatAuthority, formatCost, formatSignature } from '../../words/facts.ts';
import { renderIn, sentenceFieldsOf, showStored } from '../../words/tell.ts';
import { shownHeadersOf } from '../views.ts';
import { mirrorPathOf, outcomeTextOf } from './badges.ts';
import { renderSegment } from './charts.ts';
import { bytes, dated, durationHtml, formatCoordinate, type Html, html, type PageSay } from './html.ts';

export function walk(say: PageSay, probe: KeptProbe): Html {
  const { sample, transcript } = probe;
  const { target } = sample.due;
  const name = refTextOf(target);
  return html`<nav class="crumbs"><a href="/">${say('page.all')}</a> <a href="${mirrorPathOf(target.registry)}">${target.registry}</a></nav>
<h1>${target.step} <span class="of">${name || say('walk.itself')}</span></h1>
${verdict(say, probe)}
${sampleFacts(say, probe)}
${phaseTable(say, probe)}
${transcript === null ? html`<p class="none">${say('walk.noTranscript')}</p>` : html`${waterfall(say, transcript.hops)}${transcript.hops.map((hop, i) => hopSection(say, hop, i, transcript.hops))}`}
${learned(say, probe.sample.facts)}
<p class="legend"><a href="/api/v1/probes/${encodeURIComponent(sample.due.probeId)}">${say('walk.json')}</a></p>`;
}

function verdict(say: PageSay, { sample, transcript }: KeptProbe): Html {
  const { outcome } = sample;
  const line = transcript?.errorLine ?? null;
  const words =
    outcome.tag === 'ok'
      ? okWords(say, sample)
      : outcome.tag === 'failed'
        ? say('walk.reason', { reason: say(`reason.${outcome.failure.kind}`) })
        : say('walk.unknown', { because: say(`because.${outcome.because}`) });
  const tone = outcome.tag === 'ok' && isSlow(sample) ? 'slow' : outcome.tag;
  return html`<div class="verdict ${tone}"><b>${outcomeTextOf(say, sample)}</b> ${words}${outcome.tag === 'failed' && failureFields(say, outcome.failure)}${line !== null && html`<p class="quote">${say.html('walk.line', { line: html`<q><bdi>${line}</bdi></q>` })}</p>`}</div>`;
}

function failureFields(say: PageSay, failure: ProbeFailure): Html | null {
  const fields = sentenceFieldsOf(say, failure, (ms) => durationHtml(say, ms)).filter(({ field }) => field !== 'kind');
  if (fields.length === 0) return null;
  return html` <span class="fields">${fields.map(({ text }) => html`<span>${text}</span> `)}</span>`;
}

function isSlow({ rttMs, thresholdMs }: KeptProbe['sample']): boolean {
  return rttMs !== null && thresholdMs !== null && rttMs > thresholdMs;
}

function okWords(say: PageSay, sample: KeptProbe['sample']): string {
  const time = durationHtml(say, sample.rttMs);
  if (sample.cold) return say('walk.okFirst', { time });
  if (isHeavy(sample.due.target)) return say('walk.okHeavy', { time });
  if (sample.thresholdMs === null) return say('walk.okNoBaseline', { time });
  return say(isSlow(sample) ? 'walk.okSlow' : 'walk.okFine', {
    time,
    threshold: durationHtml(say, sample.thresholdMs),
  });
}

function sampleFacts(say: PageSay, { sample }: KeptProbe): Html {
  const { due } = sample;
  const round = due.round && say('walk.round', { moment: due.round.moment, id: due.round.id });
  const list = (...parts: readonly (string | null)[]): string =>
    parts.filter((part) => part !== null).join(say('list.clause'));
  return html`<dl class="facts">
<div><dt>${say('table.mirror')}</dt><dd>${due.target.registry}</dd></div>
<div><dt>${say('walk.began')}</dt><dd>${dated(sample.startedAtMs)} <span class="muted">${say('unit.s', { count: stamp(sample.startedAtMs).slice(17, 23) })}</span></dd></div>
<div><dt>${say('probe.roundTrip')}</dt><dd>${durationHtml(say, sample.rttMs)}</dd></div>
<div><dt>${say('target.baseline')}</dt><dd>${sample.baselineMs === null ? say('walk.noBaseline') : durationHtml(say, sample.baselineMs)}</dd></div>
<div><dt>${say('walk.deadline')}</dt><dd>${durationHtml(say, due.timeoutMs)}</dd></div>
<div><dt>${say('probe.purpose')}</dt><dd>${list(say(`purpose.${due.purpose}`), round)}</dd></div>
<div><dt>${say('mirror.connection')}</dt><dd>${list(say(`connection.${due.connection}`), sample.family === null ? null : `IPv${sample.family}`)}</dd></div>
<div><dt>${say('walk.body')}</dt><dd>${list(bytes(sample.bytes), sample.cache && say(`walk.cache.${sample.cache}`))}</dd></div>
<div><dt>${say('walk.loop')}</dt><dd>${durationHtml(say, sample.loopDelayMsMax)} <span class="muted">${say('walk.loopWorst', { worker: sample.worker })}</span></dd></div>
<div><dt>${say('walk.probe')}</dt><dd><code>${due.probeId}</code></dd></div>
</dl>`;
}

function phaseTable(say: PageSay, { sample }: KeptProbe): Html | null {
  const { rttMs } = sample;
  if (rttMs === null) return null;
  let from = 0;
  const rows = phases.map((phase) => {
    const ms = sample.phases[phase];
    if (ms === undefined)
      return html`<tr><th scope="row">${say(`phase.${phase}`)}</th><td class="n muted" data-label="${say('walk.time')}">${say('walk.didNot')}</td><td class="n" data-label="${say('walk.share')}"></td><td class="wide"></td></tr>`;
    const startMs = from;
    from += ms;
    return html`<tr><th scope="row"><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" class="p-${phase}"/></svg>${say(`phase.${phase}`)}</th><td class="n" data-label="${say('walk.time')}">${durationHtml(say, ms)}</td><td class="n" data-label="${say('walk.share')}">${rttMs > 0 ? say('unit.percent', { value: Math.round((ms / rttMs) * 100) }) : '—'}</td><td class="wide"><svg class="bar" viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true"><rect width="1000" height="12" class="track"/>${renderSegment(say, phase, startMs, ms, rttMs, 12)}</svg></td></tr>`;
  });
  return html`<section aria-labelledby="h-phases"><h2 id="h-phases">${say('walk.phases')} <span class="count">${say('walk.addUp', { time: durationHtml(say, rttMs) })}</span></h2><table class="phases"><thead class="hidden"><tr><th>${say('failure.phase')}</th><th>${say('walk.time')}</th><th>${say('walk.share')}</th><th>${say('walk.scale')}</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function waterfall(say: PageSay, hops: readonly Hop[]): Html | null {
  if (hops.length === 0) return null;
  const first = Math.min(...hops.map(({ marks }) => marks.start));
  const length = Math.max(...hops.map(({ marks }) => marks.end)) - first || 1;
  const rows = hops.map((hop, i) => {
    let from = hop.marks.start - first;
    const parts = hopPhasesOf(hop).map(([phase, ms]: readonly [Phase, number]) => {
      const part = renderSegment(say, phase, from, ms, length, 14);
      from += ms;
      return part;
    });
    const end = formatCoordinate(Math.min(995, (from / length) * 1000));
    const cross = hop.fault === null ? null : html`<rect x="${end}" width="5" height="14" class="fail-end"/>`;
    return html`<tr><th scope="row"><a href="#hop-${i + 1}">${say('walk.hop', { n: i + 1 })}</a>${hop.aside && html` <span class="tag">${say('walk.aside')}</span>`}</th><td class="n">${durationHtml(say, hop.marks.end - hop.marks.start)}</td><td class="wide"><svg class="bar tall${hop.aside && ' aside'}" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label="${say('walk.hop', { n: i + 1 })}"><rect width="1000" height="14" class="track"/>${parts}${cross}</svg></td></tr>`;
  });
  return html`<section aria-labelledby="h-hops"><h2 id="h-hops">${say('walk.wire')} <span class="count">${say('walk.inAll', { time: durationHtml(say, length) })}</span></h2><table class="hops"><tbody>${rows}</tbody></table>${hops.some(({ aside }) => aside) && html`<p class="legend">${say('walk.asideSays')}</p>`}</section>`;
}

function hopSection(say: PageSay, hop: Hop, i: number, hops: readonly Hop[]): Html {
  const times = hopPhasesOf(hop).map(
    ([phase, ms]) => html`<span>${say(`phase.${phase}`)} ${durationHtml(say, ms)}</span> `,
  );
  const facts = [
    hop.remoteAddress === null
      ? say('walk.noAddress')
      : say('walk.address', { address: hop.remoteAddress, port: hop.remotePort ?? '?' }),
    hop.protocol === undefined ? null : `HTTP/${hop.protocol}`,
    hop.repeated === undefined ? null : say(`walk.repeated.${hop.repeated}`),
    hop.reused ? say('walk.reused') : null,
    hop.proxy === null ? null : say('walk.proxy', { proxy: maskUrl(hop.proxy) }),
    say('walk.bodyOf', { bytes: bytes(hop.bodyBytes) }),
  ].filter((part) => part !== null);
  return html`<section class="hop" id="hop-${i + 1}" aria-label="${say('walk.hopOf', { n: i + 1, all: hops.length })}">
<h3><span class="muted">${say('walk.hop', { n: i + 1 })}</span> <span class="status${(hop.status === null || hop.status >= 400) && ' bad'}">${hop.status ?? say('walk.noAnswer')}</span> ${hop.method ?? 'GET'} <code>${maskUrl(hop.url)}</code></h3>
<p class="muted">${facts.join(say('list.clause'))}${say('list.stop')}${times}</p>
${hop.fault !== null && faultLine(say, hop.fault)}
${hop.tls !== null && tlsFacts(say, hop.tls)}
<div class="headers">${headerTable(say, say('walk.asked'), hop.requestHeaders)}${headerTable(say, say('walk.answered'), hop.responseHeaders)}</div></section>`;
}

function faultLine(say: PageSay, fault: NonNullable<Hop['fault']>): Html {
  const parts = { phase: say(`phase.${fault.phase}`), bytes: bytes(fault.bytesRead), code: html`<b>${fault.code}</b>` };
  return html`<p class="fault">${say.html('walk.fault', parts)}<bdi>${renderIn(say.language, fault)}</bdi></p>`;
}

function tlsFacts(say: PageSay, tls: NonNullable<Hop['tls']>): Html {
  const facts = [
    tls.version,
    tls.cipher,
    say.html('walk.issuer', { issuer: html`<bdi>${tls.issuer}</bdi>` }),
    tls.expiresAtMs === null ? null : say.html('walk.until', { at: dated(tls.expiresAtMs) }),
    tls.resumed ? say('walk.resumed') : null,
    tls.authorizationCode === null
      ? say('walk.verified')
      : html`<b>${say('walk.notAccepted', { code: tls.authorizationCode })}</b>`,
  ].filter((part) => part !== null);
  return html`<p class="tls">${facts.map((part, i) => html`${i > 0 && say('list.clause')}${part}`)}</p>`;
}

function headerTable(say: PageSay, title: string, headers: Readonly<Record<string, string>>): Html {
  const rows = Object.entries(shownHeadersOf(headers));
  return html`<table class="header-list"><caption>${title}</caption><tbody>${rows.length === 0 ? html`<tr><td class="muted">${say('walk.nothing')}</td></tr>` : rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td><bdi>${value}</bdi></td></tr>`)}</tbody></table>`;
}

function learned(say: PageSay, facts: Facts): Html | null {
  const rows: (readonly [string, Html | string])[] = [];
  const { verified, compared, signature, seen, treeHead, authority, authorityCost, forked } = facts;
  const digest = (one: { algorithm: string; digest: string }): Html =>
    html`${one.algorithm} <code>${one.digest}</code>`;
  if (facts.resolvedVersion) rows.push([say('fact.resolved'), html`<bdi>${facts.resolvedVersion}</bdi>`]);
  if (facts.notOffered) rows.push([say('fact.offered'), say('fact.notOffered')]);
  if (facts.listed) rows.push([say('fact.listed'), String(facts.listed.count)]);
  if (verified)
    rows.push([
      say('fact.verified'),
      say.html('fact.against', { digest: digest(verified), against: againstText(say, verified.against) }),
    ]);
  else if (compared) rows.push([say('fact.compared'), digest(compared)]);
  if (signature) rows.push([say('fact.signature'), html`<bdi>${formatSignature(signature, say)}</bdi>`]);
  if (facts.unchecked) rows.push([say('fact.unchecked'), showStored(facts.unchecked, say)]);
  if (facts.refused) rows.push([say('fact.refused'), showStored(facts.refused, say)]);
  if (seen) {
    const first = html`<code>${seen.firstHex}</code> <q><bdi>${firstBytesTextOf(seen)}</bdi></q>`;
    rows.push([say('fact.bytes'), say.html('fact.begins', { bytes: bytes(seen.bytes), first })]);
  }
  if (treeHead) rows.push([say('fact.head'), say('fact.records', { name: treeHead.name, size: treeHead.size })]);
  if (authority) rows.push([say('fact.authority', { name: authority.name }), formatAuthority(facts, say) ?? '']);
  if (authorityCost) rows.push([say('fact.cost'), formatCost(authorityCost, say)]);
  if (forked)
    rows.push([
      say('fact.fork', { name: forked.name }),
      html`${say('fact.forkSays')}${forked.statements.map((one) => html`<pre>${one}</pre>`)}`,
    ]);
  if (rows.length === 0) return null;
  return html`<section aria-labelledby="h-facts"><h2 id="h-facts">${say('fact.title')}</h2><dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}

function againstText(say: PageSay, against: string): string {
  return against === 'pinned' || against === 'signature' ? say(`fact.against.${against}`) : against;
}
