import { formatCommand } from '../../core/command-line.ts';
import type { Config } from '../../core/config.ts';
import { type Finding, kindTraits, onsetOf, type ScopeItem, type Side } from '../../core/finding.ts';
import { refTextOf } from '../../core/mirror.ts';
import { bareDigestOf, firstBytesTextOf } from '../../core/views.ts';
import { renderIn } from '../../words/tell.ts';
import type { ApiDeps } from '../deps.ts';
import { mirrorPathOf, probePath } from './badges.ts';
import { reach, renderAckForm } from './hands.ts';
import { bytes, dated, durationHtml, type Html, html, type PageSay, span } from './html.ts';

/**
 * If a finding cites at most this many probes, all are linked. Otherwise only the first, the slowest and the last
 * `lastShown` are linked.
 */
const allShown = 5;
const lastShown = 3;

/** The parts of the daemon that a list of findings needs. */
type FindingDeps = Pick<ApiDeps, 'now' | 'config' | 'probe'>;

/** @param mirror  the mirror that the page is about, whose name needs no link; `null`: the page is about all mirrors */
export function renderFindingList(
  say: PageSay,
  deps: FindingDeps,
  findings: readonly Finding[],
  mirror: string | null = null,
): Html {
  return html`<ul class="findings">${findings.map((finding) => renderFindingItem(say, deps, finding, mirror))}</ul>`;
}

function renderFindingItem(say: PageSay, deps: FindingDeps, finding: Finding, mirror: string | null): Html {
  const { config, now, probe } = deps;
  const isAboutUs = finding.registry === null;
  return html`<li class="finding ${finding.state}${isAboutUs && ' about-us'}" id="finding-${finding.id}">
<span class="kind ${finding.kind}">${say(`kind.${finding.kind}`)}</span> <span class="said">${sentence(say, finding, mirror)}</span>
<span class="muted">${lasted(say, finding, now().wallMs)}${say('list.clause')}${say('finding.confidence', { how: say(`confidence.${finding.confidence}`) })}${vantageNote(say, finding)}${scopeNote(say, finding)}</span>
${probeLinks(say, finding, (id) => probe(id) !== null)}${sidesOf(say, finding)}${statementsOf(say, finding)}${ackNote(say, finding, config())}</li>`;
}

function lasted(say: PageSay, finding: Finding, nowMs: number): Html {
  const { closedAtMs } = finding;
  const fromMs = onsetOf(finding, finding.openedAtMs);
  return closedAtMs === null
    ? say.html('finding.since', { at: dated(fromMs), span: span(say, nowMs - fromMs) })
    : say.html('finding.lasted', { from: dated(fromMs), to: dated(closedAtMs), span: span(say, closedAtMs - fromMs) });
}

function sentence(say: PageSay, finding: Finding, mirror: string | null): Html {
  const { registry } = finding;
  const text = renderIn(say.language, finding);
  if (registry === null || registry === mirror) return html`<bdi>${text}</bdi>`;
  const rest = text.startsWith(`${registry} `) ? text.slice(registry.length) : ` ${text}`;
  return html`<a href="${mirrorPathOf(registry)}">${registry}</a><bdi>${rest}</bdi>`;
}

function vantageNote(say: PageSay, { vantage }: Finding): Html | null {
  if (vantage === 'ok') return null;
  return vantage === 'suspect'
    ? html`${say('list.clause')}<b>${say('finding.suspect')}</b>`
    : html`${say('list.clause')}<b>${say('finding.unverified')}</b>${say('list.colon')}${say('finding.unverifiedWhy')}`;
}

function scopeNote(say: PageSay, { scope }: Finding): Html | null {
  const first = scope[0];
  if (first === undefined) return null;
  const what = itemName(say, first);
  return html`${say('list.clause')}${scope.length > 1 ? say('what.more', { first: what, count: scope.length - 1 }) : what}`;
}

function itemName(say: PageSay, item: ScopeItem): string {
  const name = refTextOf(item);
  return name === '' ? item.step : say('finding.stepOf', { step: item.step, name });
}

function probeLinks(say: PageSay, { evidence }: Finding, isKept: (probeId: string) => boolean): Html | null {
  const shown = probesShown(evidence);
  if (shown.length === 0) return null;
  const kept = shown.filter(({ id }) => isKept(id));
  if (kept.length === 0) return html`<span class="walk muted">${say('finding.wireGone')}</span>`;
  const gone = shown.length - kept.length;
  return html`<span class="walk">${say('finding.wire')} ${kept.map((one) => html`<a href="${probePath(one.id)}">${probeName(say, one, evidence)}</a> `)}${gone > 0 && html`<span class="muted">${say('finding.wireSome', { count: gone })}</span>`}</span>`;
}

interface ShownProbe {
  readonly id: string;
  /** The number of this probe among the probes that the finding cites, from 1. */
  readonly n: number;
}

function probesShown({ probeIds, slowest }: Finding['evidence']): readonly ShownProbe[] {
  const from = probeIds.length <= allShown ? 0 : probeIds.length - lastShown;
  return probeIds
    .map((id, i) => ({ id, n: i + 1 }))
    .filter(({ id, n }) => n === 1 || n > from || id === slowest?.probeId);
}

function probeName(say: PageSay, { id, n }: ShownProbe, { probeIds, slowest }: Finding['evidence']): string {
  if (probeIds.length === 1) return say('finding.probe', { n });
  if (id === slowest?.probeId) return say('finding.slowest', { time: durationHtml(say, slowest.ms) });
  if (n === 1) return say('finding.first');
  return n === probeIds.length ? say('finding.newest') : say('finding.probe', { n });
}

function sidesOf(say: PageSay, { evidence: { sides = [] } }: Finding): Html | null {
  if (sides.length === 0) return null;
  return html`<ul class="sides">${sides.map((side) => sideItem(say, side))}</ul>`;
}

function statementsOf(say: PageSay, { id, evidence: { statements = [] } }: Finding): Html | null {
  if (statements.length === 0) return null;
  return html`<details class="statements" id="statements-${id}"><summary>${say('finding.statements')}</summary>${statements.map((one) => html`<pre>${one}</pre>`)}</details>`;
}

function sideItem(say: PageSay, side: Side): Html {
  const { item, registries, algorithm, digest, sinceMs, seen } = side;
  const what = html`<span class="muted"><bdi>${itemName(say, item)}</bdi>${say('list.colon')}</span>`;
  const bytesNamed = html`${bareDigestOf(side) === digest && `${algorithm} `}<code>${digest}</code>`;
  const who =
    registries.length === 0
      ? say.html('finding.sideAuthority', { digest: bytesNamed })
      : say.html('finding.side', { who: registries.join(say('list.comma')), digest: bytesNamed });
  const since =
    sinceMs !== null && html` <span class="muted">${say.html('finding.sideSince', { at: dated(sinceMs) })}</span>`;
  const begins = seen && {
    bytes: bytes(seen.bytes),
    first: html`<code>${seen.firstHex}</code> <q><bdi>${firstBytesTextOf(seen)}</bdi></q>`,
  };
  return html`<li>${what}${who}${since}${begins && html` <span class="muted">${say.html('finding.sideBegins', begins)}</span>`}</li>`;
}

/** Returns the reason of an acknowledgement; of an open finding that ends only by one, the command and a form for it. */
function ackNote(say: PageSay, { id, kind, state, acknowledged }: Finding, config: Config): Html | null {
  if (acknowledged !== null)
    return html`<span class="muted">${say.html('finding.acknowledged', { reason: html`<bdi>${acknowledged.reason}</bdi>` })}</span>`;
  if (!kindTraits[kind].endsByHand || state !== 'open') return null;
  const command = html`<code>${formatCommand`mirrorwatch ack ${id} --reason ${['…', ...reach(config)]}`}</code>`;
  return html`<span class="muted">${say.html('finding.ack', { command })}</span>${renderAckForm(say, config, id)}`;
}
