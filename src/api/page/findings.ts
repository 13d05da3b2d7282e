import type { Config } from '../../core/config.ts';
import type { Finding, Side } from '../../core/finding.ts';
import { firstBytesText } from '../../core/views.ts';
import { mirrorPath, probePath } from './badges.ts';
import { reach } from './command.ts';
import { bytes, dated, span } from './format.ts';
import { ackHand } from './hands.ts';
import { type Html, html } from './html.ts';
import { kindWords } from './words.ts';

const probesShown = 5;

/** What is known of the page around a finding. */
export interface FindingFrame {
  readonly nowMs: number;
  /** Whose page it is: left out of the sentence; `null`: everybody's. */
  readonly mirror: string | null;
  /** With a way to acknowledge it, for this configuration; `null`: without. */
  readonly ack: Config | null;
}

/** Findings as a list, each with the probes it rests on. */
export function findingList(findings: readonly Finding[], frame: FindingFrame): Html {
  return html`<ul class="findings">${findings.map((finding) => findingItem(finding, frame))}</ul>`;
}

/** One finding: what it says, since when, how sure, and the probes it rests on. */
export function findingItem(finding: Finding, { nowMs, mirror, ack }: FindingFrame): Html {
  const isAboutUs = finding.registry === null;
  return html`<li class="finding ${finding.state}${isAboutUs && ' about-us'}" id="finding-${finding.id}">
<span class="kind ${finding.kind}">${kindWords[finding.kind]}</span> <span class="said">${said(finding, mirror)}</span>
<span class="muted">${lasted(finding, nowMs)}, confidence ${finding.confidence}${vantageNote(finding)}${scopeNote(finding)}</span>
${probeLinks(finding)}${sidesOf(finding)}${statementsOf(finding)}${ackHint(finding, ack)}${ack !== null && needsAck(finding) && ackHand(ack, finding.id)}</li>`;
}

function lasted({ openedAtMs, closedAtMs }: Finding, nowMs: number): Html {
  return closedAtMs === null
    ? html`since ${dated(openedAtMs)}, ${span(nowMs - openedAtMs)}`
    : html`${dated(openedAtMs)} to ${dated(closedAtMs)}, ${span(closedAtMs - openedAtMs)}`;
}

/** It never clears by itself. */
function needsAck({ kind, state }: Finding): boolean {
  return kind === 'mismatch' && state === 'open';
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

/** Of a mismatch: who serves what, since when, how long it is and how it begins. */
function sidesOf({ evidence: { sides = [] } }: Finding): Html | null {
  if (sides.length === 0) return null;
  return html`<ul class="sides">${sides.map(sideItem)}</ul>`;
}

/** Of a fork: what was signed, in full, to be shown to whoever keeps the log. */
function statementsOf({ evidence: { statements = [] } }: Finding): Html | null {
  if (statements.length === 0) return null;
  return html`<details class="statements"><summary>signed statements that cannot all be true</summary>${statements.map((one) => html`<pre>${one}</pre>`)}</details>`;
}

function sideItem({ item, registries, algorithm, digest, sinceMs, seen }: Side): Html {
  const name = [item.module, item.version].filter((part) => part !== null).join('@');
  const who = registries.length === 0 ? 'an authority names' : registries.join(', ');
  return html`<li><span class="muted">${item.step}${name !== '' && html` of <bdi>${name}</bdi>`}:</span> ${who} ${algorithm} <code>${digest}</code>${sinceMs !== null && html` <span class="muted">since ${dated(sinceMs)}</span>`}${seen !== null && html` <span class="muted">${bytes(seen.bytes)}, begins <code>${seen.firstHex}</code> <q><bdi>${firstBytesText(seen)}</bdi></q></span>`}</li>`;
}

function ackHint(finding: Finding, config: Config | null): Html | null {
  if (finding.acknowledged !== null)
    return html`<span class="muted">acknowledged: <bdi>${finding.acknowledged.reason}</bdi></span>`;
  return config !== null && needsAck(finding)
    ? html`<span class="muted">never clears by itself: <code>mirrorwatch ack ${finding.id} --reason '…'${reach(config)}</code></span>`
    : null;
}
