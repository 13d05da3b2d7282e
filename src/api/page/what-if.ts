import { limits } from '../../core/limits.ts';
import { type Upstream, upstreamsOf } from '../../core/mirror.ts';
import { maskChain } from '../../core/secret.ts';
import {
  type ChainOutlook,
  notesOf,
  type WhatIf,
  type WhatIfAgainst,
  type WhatIfAsked,
  type WhatIfMember,
} from '../../core/what-if.ts';
import { chainsOf, compareWithOthers, memberNoteFor, rowsOf, type WhatIfRow } from '../../words/what-if.ts';
import type { ApiDeps } from '../deps.ts';
import { chainProblemOf } from '../lists.ts';
import { mirrorPathOf } from './badges.ts';
import { duration, type Html, html, type PageSay, percent, span } from './html.ts';

/** The page that shows the effect of an edited chain; its form works without the script. */
export function renderWhatIf(say: PageSay, deps: ApiDeps, asked: WhatIfAsked): Html {
  const groups = upstreamsOf(deps.config().mirrors);
  const named = groups.find(
    (one) => one.ecosystem === asked.ecosystem && (asked.upstream === null || one.upstream === asked.upstream),
  );
  const first = named ?? groups[0];
  const isFresh = asked.chain === '' && first !== undefined;
  const answer = deps.whatIf(
    isFresh ? { ...asked, ...first, chain: deps.chainInForce(first.ecosystem, first.upstream) } : asked,
  );
  const result = answer.tag === 'ok' ? answer.value : null;
  const group = result ?? first;
  const chain = result?.edited.chain ?? maskChain(asked.chain);
  return html`<div class="whatif"><h1>${say('whatif.title')}</h1>
<p class="lead" data-still>${say('whatif.lead')}</p>
${groups.length > 1 && groupLinks(say, groups, group)}
${form(say, deps, { chain, group, client: result?.client ?? asked.client, result })}
<section aria-labelledby="h-outcome"><h2 id="h-outcome">${say('whatif.outcome')}</h2>
<p id="whatif-summary" role="status" data-failed="${say('whatif.failed')}" data-held="${say('whatif.held')}" data-half="${say('whatif.half')}">${answer.tag === 'ok' ? summary(say, answer.value) : chainProblemOf(answer.error, say)}</p>
<div id="whatif-outcome">${result !== null && outcome(say, result)}</div>
</section></div>`;
}

/** The mirrors' hosts (`host` or `host:port`), which the script may send before a submit. */
function hostsOf(deps: ApiDeps): readonly string[] {
  return [...new Set(deps.config().mirrors.map(({ url }) => new URL(url).host))];
}

function pathOf(query: Readonly<Record<string, string | null | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value == null ? [] : [[name, value] as [string, string]],
  );
  return `/what-if?${new URLSearchParams(given)}`;
}

function groupLinks(say: PageSay, groups: readonly Upstream[], current: Upstream | undefined): Html {
  const link = ({ ecosystem, upstream }: Upstream): Html => {
    const isHere = ecosystem === current?.ecosystem && upstream === current.upstream;
    return html`<a href="${pathOf({ ecosystem, upstream })}"${isHere && html` aria-current="page"`}>${ecosystem}/${upstream}</a> `;
  };
  return html`<nav class="groups" aria-label="${say('whatif.groups')}"><span class="muted">${say('whatif.groups')}</span> ${groups.map(link)}</nav>`;
}

interface Filled {
  readonly chain: string;
  readonly group: Upstream | undefined;
  readonly client: string | null;
  readonly result: WhatIf | null;
}

function form(say: PageSay, deps: ApiDeps, { chain, group, client, result }: Filled): Html {
  const clients = deps.kinds.find(({ id }) => id === group?.ecosystem)?.clients ?? [];
  const of = { ecosystem: group?.ecosystem, upstream: group?.upstream, client };
  const start = (key: 'whatif.useInUse' | 'whatif.useAdvised', from: WhatIfAgainst | null): Html | false =>
    from !== null && html` <a href="${pathOf({ ...of, chain: from.outlook.chain })}">${say(key)}</a>`;
  const option = (id: string): Html => html`<option${id === client && html` selected`}>${id}</option>`;
  return html`<form id="whatif-form" action="/what-if" method="get" data-hosts="${hostsOf(deps).join(' ')}">
${group !== undefined && html`<input type="hidden" name="ecosystem" value="${group.ecosystem}"><input type="hidden" name="upstream" value="${group.upstream}">`}
<p class="field"><label for="whatif-chain">${say('whatif.field', { client: client ?? clients[0] ?? '' })}</label>
<textarea id="whatif-chain" name="chain" rows="2" maxlength="${limits.whatIfChars}" spellcheck="false" autocapitalize="off" autocomplete="off" aria-describedby="whatif-hint">
${chain}</textarea></p>
${clients.length > 1 && html`<p class="field short"><label for="whatif-client">${say('whatif.client')}</label> <select id="whatif-client" name="client">${clients.map(option)}</select></p>`}
<p class="press"><button type="submit">${say('whatif.work')}</button> <span id="whatif-start" class="muted">${say('whatif.start')}${start('whatif.useInUse', result?.inUse ?? null)}${start('whatif.useAdvised', result?.advised ?? null)}</span></p>
<p id="whatif-hint" class="muted">${say('whatif.hint')}<noscript> ${say('whatif.noScript')}</noscript></p>
</form>`;
}

/** The result in one line, which screen readers announce when it changes. */
function summary(say: PageSay, { edited, inUse }: WhatIf): string {
  if (edited.basis === 'none') return say('whatif.note.none');
  const first = rowsOf(say, unitsOf(say), String).filter(({ key }) => key === 'available' || key === 'fetch');
  const parts = [
    ...first.map(({ key, cell }) =>
      say('whatif.is', { what: say(`whatif.${key}`), value: cell(edited)?.[0] ?? say('rank.unmeasured') }),
    ),
    ...(inUse === null || inUse.time === null
      ? []
      : [say('whatif.beside', { which: say('whatif.inUse'), time: say(`whatif.time.${inUse.time}`) })]),
  ];
  return parts.join(' · ');
}

function outcome(say: PageSay, result: WhatIf): Html {
  const columns = chainsOf(result, say);
  const rows = rowsOf(say, unitsOf(say), (window) => span(say, window * 1000)).map(
    (row) =>
      html`<tr><th scope="row">${say(`whatif.${row.key}`)}</th>${columns.map((one) => html`<td class="n">${cellOf(say, row, one.outlook)}</td>`)}</tr>`,
  );
  return html`<table class="chains"><thead><tr><td><span class="hidden">${say('whatif.measure')}</span></td>${columns.map((one) => html`<th scope="col" class="n">${one.name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>
<ul class="beside">${compareWithOthers(result, say).map((line) => html`<li>${line}</li>`)}</ul>
<h3>${say('whatif.members')}</h3>
<ol class="members">${result.edited.members.map((one) => html`<li>${memberLine(say, one)}</li>`)}</ol>
<ul class="notes">${notesOf(result)
    .filter(({ kind }) => kind !== 'none')
    .map(({ kind, ...values }) => html`<li>${say(`whatif.note.${kind}`, values)}</li>`)}</ul>
<p class="legend">${say('whatif.model', { cost: duration(say, result.failureCostSeconds * 1000) })}</p>`;
}

function cellOf(say: PageSay, { key, cell }: WhatIfRow, outlook: ChainOutlook): Html | string {
  const found = cell(outlook);
  if (found === null) return html`<span class="muted">${say('rank.unmeasured')}</span>`;
  const [value, low = '', high = ''] = found;
  if (key !== 'available' && key !== 'fetch' && key !== 'build') return value;
  return html`<b>${value}</b>${low !== high && html`<small class="muted">${say('whatif.chance', { low, high })}</small>`}`;
}

/** Keeps a number and its unit on one line. */
function unitsOf(say: PageSay) {
  const whole = (text: string): string => text.replaceAll(' ', '\u00a0');
  return {
    share: (value: number) => whole(percent(say, value)),
    seconds: (value: number) => whole(duration(say, value * 1000)),
  };
}

function memberLine(say: PageSay, member: WhatIfMember): Html {
  const { shown, registry } = member;
  const name = registry !== null && html` <a href="${mirrorPathOf(registry)}">${registry}</a>`;
  return html`<code>${shown}</code>${name} <span class="muted">${memberNoteFor(member, say)}</span>`;
}
