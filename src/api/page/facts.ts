import type { Facts } from '../../core/transcript.ts';
import { firstBytesText } from '../../core/views.ts';
import { authorityText, costText, signatureText } from '../../words/facts.ts';
import { bytes } from './format.ts';
import { type Html, html } from './html.ts';
import type { PageSay } from './say.ts';

/** What a probe learned beside its outcome; `null`: nothing. */
export function learned(say: PageSay, facts: Facts): Html | null {
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
  if (compared) rows.push([say('fact.compared'), digest(compared)]);
  if (signature) rows.push([say('fact.signature'), html`<bdi>${signatureText(signature, say)}</bdi>`]);
  if (seen) {
    const first = html`<code>${seen.firstHex}</code> <q><bdi>${firstBytesText(seen)}</bdi></q>`;
    rows.push([say('fact.bytes'), say.html('fact.begins', { bytes: bytes(seen.bytes), first })]);
  }
  if (treeHead) rows.push([say('fact.head'), say('fact.records', { name: treeHead.name, size: treeHead.size })]);
  if (authority) rows.push([say('fact.authority', { name: authority.name }), authorityText(facts, say) ?? '']);
  if (authorityCost) rows.push([say('fact.cost'), costText(authorityCost, say)]);
  if (forked)
    rows.push([
      say('fact.fork', { name: forked.name }),
      html`${say('fact.forkSays')}${forked.statements.map((one) => html`<pre>${one}</pre>`)}`,
    ]);
  if (rows.length === 0) return null;
  return html`<section aria-labelledby="h-facts"><h2 id="h-facts">${say('fact.title')}</h2><dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}

/** A hash in the configuration, a signature, or the name of an authority. */
function againstText(say: PageSay, against: string): string {
  return against === 'pinned' || against === 'signature' ? say(`fact.against.${against}`) : against;
}
