import type { Finding } from '../../core/finding.ts';
import { mirrorPath, probePath } from './badges.ts';
import { dated, span } from './format.ts';
import { type Html, html } from './html.ts';
import { kindWords } from './words.ts';

const probesShown = 5;

/** Findings as a list, each with the probes it rests on; `mirror` leaves out whose they are. */
export function findingList(findings: readonly Finding[], nowMs: number, mirror: string | null): Html {
  return html`<ul class="findings">${findings.map((finding) => findingItem(finding, nowMs, mirror))}</ul>`;
}

function findingItem(finding: Finding, nowMs: number, mirror: string | null): Html {
  const isAboutUs = finding.registry === null;
  return html`<li class="finding ${finding.state}${isAboutUs && ' about-us'}" id="finding-${finding.id}">
<span class="kind ${finding.kind}">${kindWords[finding.kind]}</span> <span class="said">${said(finding, mirror)}</span>
<span class="muted">${finding.closedAtMs === null ? html`for ${span(nowMs - finding.openedAtMs)}` : html`${dated(finding.openedAtMs)} to ${dated(finding.closedAtMs)}`}, confidence ${finding.confidence}${vantageNote(finding)}${scopeNote(finding)}</span>
${probeLinks(finding)}${ackHint(finding)}</li>`;
}

/** The finding's sentence; the mirror's name in it, or before it, leads to its page. */
function said({ registry, text }: Finding, mirror: string | null): Html {
  if (registry === null || registry === mirror) return html`<bdi>${text}</bdi>`;
  const rest = text.startsWith(`${registry} `) ? text.slice(registry.length) : ` ${text}`;
  return html`<a href="${mirrorPath(registry)}">${registry}</a><bdi>${rest}</bdi>`;
}

function vantageNote(finding: Finding): Html | null {
  if (finding.vantage === 'ok') return null;
  return finding.vantage === 'suspect'
    ? html`, <b>vantage suspect</b>`
    : html`, <b>vantage unverified</b>: nothing else was there to compare with`;
}

function scopeNote({ scope }: Finding): Html | null {
  const first = scope[0];
  if (first === undefined) return null;
  const name = [first.module, first.version].filter((part) => part !== null).join('@');
  return html`, ${first.step}${name !== '' && html` of ${name}`}${scope.length > 1 && ` and ${scope.length - 1} more`}`;
}

function probeLinks({ evidence }: Finding): Html | null {
  const shown = evidence.probeIds.slice(-probesShown);
  if (shown.length === 0) return null;
  return html`<span class="walk">on the wire: ${shown.map((probeId, i) => html`<a href="${probePath(probeId)}">probe ${evidence.probeIds.length - shown.length + i + 1}</a> `)}</span>`;
}

function ackHint(finding: Finding): Html | null {
  if (finding.acknowledged !== null)
    return html`<span class="muted">acknowledged: <bdi>${finding.acknowledged.reason}</bdi></span>`;
  return finding.kind === 'mismatch' && finding.state === 'open'
    ? html`<span class="muted">never clears by itself: <code>mirrorwatch ack ${finding.id} --reason '…'</code></span>`
    : null;
}
