import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { adviceStates, columnsOf, daysLeft, stateWords } from './columns.ts';
import { noNumber, steps, variable, whenKnown, words } from './frame.ts';
import { addressOf, dataLink, link } from './links.ts';
import { ink, verdict } from './palette.ts';
import { colouredCell, colouredText, type StatPanelBuilder, stat, type TablePanelBuilder, table } from './panels.ts';
import {
  canarySteps,
  errorRatio,
  growth,
  orNaN,
  orNone,
  quantile,
  type Selector,
  sinceSuccess,
  stateCode,
} from './promql.ts';

/** The row of numbers on top: states, advice, our own view, daemons, integrity. */
export function numbers(select: Selector): readonly StatPanelBuilder[] {
  const states = stat({
    id: 1,
    title: 'Mirrors by state',
    says: 'The number of mirrors in each state. If vantages differ, a mirror counts in several states. Down or degraded: the table below names the mirrors and links to details. Unknown: there is no verdict, so the mirror counts neither as up nor as down.',
    size: [10, 4],
    unit: 'none',
    none: 'no verdict yet: no daemon is scraped, or it is starting',
    queries: [
      {
        expr: `sum by (state) (max by (ecosystem, registry, state) (${select('mirror_state')}))`,
        legend: '{{state}}',
        as: 'instant',
      },
    ],
  }).dataLinks([dataLink('Mirrors in detail', addressOf('mirror', {}))]);
  for (const [state, color] of Object.entries({
    up: verdict.fine,
    degraded: verdict.watch,
    down: verdict.bad,
    unknown: verdict.unknown,
  }))
    states.overrideByName(state, [{ id: 'thresholds', value: steps([null, 'transparent'], [1, color]).build() }]);
  return [
    states,
    stat({
      id: 2,
      title: 'Advice',
      says: 'The number of proposed changes of client settings, without those whose cause is over. Above 0: the table "What to set, and why" shows each change, its cause, and the command that prints the lines to paste.',
      size: [4, 4],
      unit: 'none',
      none: 'no daemon is scraped',
      queries: [
        {
          expr: `count(${select('mirror_advice_since_timestamp_seconds', { state: 'proposed' })}) or 0 * sum(${select('mirrorwatch_build_info')})`,
          legend: 'proposed',
          as: 'instant',
        },
      ],
    })
      .mappings([words({ 0: ['none', verdict.fine] })])
      .thresholds(whenKnown([0, verdict.fine], [1, verdict.watch])),
    stat({
      id: 3,
      title: 'Our own view',
      says: 'Whether the daemon attributes failures to its own network. Suspect: repair the network of the daemon first. Until then samples count as unknown, and mirror states become unknown.',
      size: [4, 4],
      unit: 'none',
      none: 'not known yet',
      queries: [{ expr: `max(${select('mirror_vantage_suspect')})`, legend: 'vantage', as: 'instant' }],
    }).mappings([words({ 0: ['trusted', verdict.fine], 1: ['suspect', verdict.bad] })]),
    stat({
      id: 4,
      title: 'Daemons',
      says: 'The number of scraped daemons. None: these boards show no current data. Check the targets page of Prometheus.',
      size: [3, 4],
      unit: 'none',
      none: 'Prometheus gave no answer',
      queries: [{ expr: `count(${select('mirrorwatch_build_info')}) or vector(0)`, legend: 'scraped', as: 'instant' }],
    }).thresholds(whenKnown([0, verdict.bad], [1, verdict.fine])),
    stat({
      id: 5,
      title: 'Wrong contents',
      says: 'Artifacts that a mirror served with wrong bytes, and that are not acknowledged. At least two responses were wrong, over two connections. Cases in which the right bytes are not known do not count. Above 0: stop using that mirror now, and see MirrorContentMismatch in the runbook.',
      size: [3, 4],
      unit: 'none',
      none: 'nothing was verified yet',
      queries: [
        {
          expr: `sum(${select('mirror_integrity_mismatch_active', { cause: '!~peers|retag' })})`,
          legend: 'active',
          as: 'instant',
        },
      ],
    }).thresholds(whenKnown([0, verdict.fine], [1, verdict.bad])),
  ];
}

/** The colour of "not known": a ground where the column has grounds. */
const unknownOf = (name: string) => (name === 'State' ? verdict.unknown : ink.unknown);

const columns = [
  { name: 'State', none: 'no verdict' },
  { name: 'Availability', none: 'not judged' },
  { name: 'p95', none: 'no good answer' },
  { name: 'Rank', none: 'not ranked' },
  { name: 'Last good answer', none: 'none' },
  { name: 'Findings', none: 'no verdict' },
  { name: 'Certificate left', none: 'none known' },
] as const;

function columnProperties(name: (typeof columns)[number]['name']): readonly DynamicConfigValue[] {
  switch (name) {
    case 'State':
      return [colouredCell, { id: 'thresholds', value: whenKnown().build() }];
    case 'Availability':
      return [
        { id: 'unit', value: 'percentunit' },
        { id: 'decimals', value: 2 },
        ...colouredText([null, ink.bad], [0.99, ink.watch], [0.995, 'text']),
      ];
    case 'p95':
      return [{ id: 'unit', value: 's' }, ...colouredText([null, 'text'], [0.8, ink.watch], [2.5, ink.bad])];
    case 'Rank':
      return [{ id: 'unit', value: 'none' }, ...colouredText([null, 'text'])];
    case 'Last good answer':
      return [{ id: 'unit', value: 's' }, ...colouredText([null, 'text'], [300, ink.watch], [900, ink.bad])];
    case 'Findings':
      return [{ id: 'unit', value: 'none' }, ...colouredText([null, 'text'], [1, ink.watch])];
    case 'Certificate left':
      return daysLeft;
    default:
      return name satisfies never;
  }
}

/** One line for each mirror: how it is, how good, how fast. */
export function mirrors(select: Selector): TablePanelBuilder {
  const roundTrips = select('mirror_probe_rtt_seconds', { step: canarySteps, connection: 'cold' });
  // A mirror without an answer to one question keeps its row and its column, also when no mirror has an answer.
  const now = (expr: string) => ({ expr: orNaN(expr, select), as: 'table' }) as const;
  const expiry = `min by (registry) (${select('mirror_tls_certificate_expiry_timestamp_seconds')})`;
  const panel = table({
    id: 6,
    title: 'Mirrors',
    says: 'One row for each mirror. Availability and p95 (canary, cold connections) are over the time range. Down or degraded: click the name of the mirror. "not ranked": the gate of the mirror is neither ok nor current, and the page of the daemon shows why; or no daemon is scraped. A cell without a number shows the reason.',
    size: [24, 8],
    unit: 'none',
    none: 'no mirror is scraped',
    queries: [
      now(stateCode(select)),
      now(`1 - ${errorRatio(select, '$__range')}`),
      now(quantile(0.95, ['registry'], roundTrips, '$__range')),
      now(`min by (registry) (${select('mirror_advice_rank')})`),
      now(sinceSuccess(select)),
      now(`sum by (registry) (${select('mirror_findings_open', { registry: '!=' })})`),
      now(`floor((${expiry} - time()) / 86400)`),
    ],
  })
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        renameByName: {
          registry: 'Mirror',
          ...Object.fromEntries(columns.map(({ name }, index) => [`Value #${String.fromCharCode(65 + index)}`, name])),
        },
      },
    })
    .overrideByName('Mirror', [
      {
        id: 'links',
        value: [
          link('This mirror in detail', addressOf('mirror', { registry: variable('__value.raw', 'percentencode') })),
        ],
      },
    ]);
  for (const { name, none } of columns)
    panel.overrideByName(name, [
      { id: 'noValue', value: none },
      { id: 'mappings', value: [...(name === 'State' ? [stateWords] : []), noNumber(none, unknownOf(name))] },
      ...columnProperties(name),
    ]);
  return panel;
}

/** What is advised now and why, and what was in the last day. */
export function adviceTables(select: Selector): readonly (TablePanelBuilder | StatPanelBuilder)[] {
  const known = `max(${select('mirrorwatch_build_info')})`;
  const issued = growth(['upstream', 'cause'], select('mirror_advice_issued_total'), '1d');
  const found = `sum by (registry, kind) (${select('mirror_findings_open')}) > 0`;
  const daemon = variable('daemon_url');
  // No metric carries a URL: the command asks the daemon for the line.
  const advised = `label_replace(max by (ecosystem, upstream, from, to, cause, state) (${select('mirror_advice_since_timestamp_seconds', { state: '!=accepted' })}), "line", "mirrorwatch advice --url ${daemon}", "", "")`;
  const ofRow = (column: string) => variable(`__data.fields.${column}`, 'percentencode');
  const paste = [
    link('The line to paste, on the page of the daemon', `${daemon}/`, true),
    link(
      'The same for programs',
      `${daemon}/api/v1/advice/${ofRow('Ecosystem')}/remedy?upstream=${ofRow('Upstream')}&as=json`,
      true,
    ),
  ];
  const inDetail = link(
    'This mirror in detail',
    addressOf('mirror', { registry: variable('__value.raw', 'percentencode') }),
  );
  return [
    table({
      id: 7,
      title: 'What to set, and why',
      says: 'The proposed switch of each upstream, and its cause. While the cause is over, clients that have not switched need not switch. To follow a switch, run the command in the last column: it prints the lines for each client, the limits of the advice, and the rollback. The page of the daemon shows the same.',
      size: [24, 5],
      unit: 'none',
      none: 'no daemon is scraped',
      queries: [
        {
          // In the column without a link: there is no line to paste.
          expr: orNone(advised, known, 'upstream', 'nothing advised'),
          as: 'table',
        },
      ],
    })
      .minWidth(80)
      .withTransformation(
        columnsOf(
          ['ecosystem', 'upstream', 'from', 'to', 'cause', 'state', 'line'],
          { Value: true },
          { line: 'What prints the line to paste' },
        ),
      )
      .overrideByName('What prints the line to paste', [
        { id: 'links', value: paste },
        { id: 'custom.width', value: 520 },
      ])
      .overrideByName('State', [...adviceStates])
      .overrideByName('To', [{ id: 'links', value: [inDetail] }])
      .overrideByName('From', [{ id: 'links', value: [inDetail] }]),
    table({
      id: 8,
      title: 'Findings open',
      says: 'The open findings by mirror and kind. A finding without a mirror is about the daemon or its network. The runbook describes each kind.',
      size: [10, 6],
      unit: 'none',
      none: 'no verdict yet: no daemon is scraped, or it is starting',
      queries: [{ expr: orNone(found, known, 'kind', 'none open'), as: 'table' }],
    })
      .minWidth(80)
      .withTransformation(columnsOf(['registry', 'kind', 'Value'], {}, { registry: 'Mirror', Value: 'Open' }))
      .overrideByName('Mirror', [{ id: 'links', value: [inDetail] }]),
    table({
      id: 9,
      title: 'Advice given in the last day',
      says: 'The number of proposed switches by cause, without reminders. If switches often go back and forth, two mirrors are about equally good; raise advise.hold.',
      size: [10, 6],
      unit: 'none',
      none: 'no daemon is scraped',
      queries: [{ expr: orNone(`${issued} > 0`, known, 'cause', 'none'), as: 'table' }],
    })
      .decimals(0)
      .minWidth(80)
      .withTransformation(columnsOf(['upstream', 'cause', 'Value'], {}, { Value: 'Times' })),
    stat({
      id: 16,
      title: 'Moves regretted',
      says: 'Accepted advice in the time range after which canary probes showed that the previous mirror performed better than the advised one. If this happens often, clients leave a mirror because of short spikes; raise detect.spike.consecutive or advise.minGain.',
      size: [4, 6],
      unit: 'none',
      none: 'no daemon is scraped',
      queries: [
        {
          expr: growth(['upstream'], select('mirror_advice_regret_total'), '$__range'),
          legend: '{{upstream}}',
          as: 'instant',
        },
      ],
    })
      .decimals(0)
      .thresholds(whenKnown([0, verdict.fine], [0.5, verdict.watch])),
  ];
}
