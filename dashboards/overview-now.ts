import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { adviceStates, columnsOf, daysLeft, stateWords } from './columns.ts';
import { type Mark, noNumber, steps, variable, whenKnown, words } from './frame.ts';
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

/** The numbers on top: mirrors by state, and whether something else needs attention. */
export function numbers(select: Selector): readonly StatPanelBuilder[] {
  const states = stat({
    id: 1,
    title: 'Mirrors by state',
    says: 'The number of mirrors in each state. If vantages differ, a mirror counts in several states. Down or degraded: the table below names the mirrors and links to details. Unknown: there is no verdict, so the mirror counts neither as up nor as down.',
    size: [12, 4],
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
  const number = (legend: string, expr: string) => ({ legend, expr, as: 'instant' }) as const;
  const daemons = select('mirrorwatch_build_info');
  /** Only what needs attention has a colour; what is not known is grey. */
  const checked = (mapping: Parameters<typeof words>[0], ...marks: readonly Mark[]): DynamicConfigValue[] => [
    { id: 'mappings', value: [words(mapping)] },
    { id: 'thresholds', value: whenKnown(...marks).build() },
  ];
  const none = { 0: ['none', 'transparent'] } as const;
  const checks = stat({
    id: 3,
    title: 'Needs attention',
    says: 'Advice: proposed changes of client settings; see "What to set". Wrong contents: artifacts that a mirror served with wrong bytes; stop using that mirror now, see MirrorContentMismatch in the runbook. Our network: suspect while failures are attributed to the network of the daemon; repair it first. Daemons: at 0 these boards show no current data; check the targets page of Prometheus.',
    size: [12, 4],
    unit: 'none',
    none: 'Prometheus gave no answer',
    queries: [
      number(
        'advice',
        `count(${select('mirror_advice_since_timestamp_seconds', { state: 'proposed' })}) or 0 * sum(${daemons})`,
      ),
      number(
        'wrong contents',
        `sum(${select('mirror_integrity_mismatch_active', { cause: '!~peers|retag' })}) or 0 * sum(${daemons})`,
      ),
      number('our network', `max(${select('mirror_vantage_suspect')})`),
      number('daemons', `count(${daemons}) or vector(0)`),
    ],
  });
  return [
    states,
    checks
      .overrideByName('advice', checked(none, [0, 'transparent'], [1, verdict.watch]))
      .overrideByName('wrong contents', checked(none, [0, 'transparent'], [1, verdict.bad]))
      .overrideByName('our network', checked({ 0: ['fine', 'transparent'], 1: ['suspect', verdict.bad] }))
      .overrideByName('daemons', checked({ 0: ['no daemon', verdict.bad] }, [1, 'transparent'])),
  ];
}

/** The colour of "not known": a ground where the column has grounds. */
const unknownOf = (name: string) => (name === 'State' ? verdict.unknown : ink.unknown);

const columns = [
  { name: 'State', none: 'no verdict' },
  { name: 'For', none: 'not known' },
  { name: 'Availability, 24 h', none: 'not judged' },
  { name: 'p95, 1 h', none: 'no good response' },
  { name: 'Rank', none: 'not ranked' },
  { name: 'Last success', none: 'none' },
  { name: 'Findings', none: 'no verdict' },
  { name: 'Certificate', none: 'none known' },
] as const;

function columnProperties(name: (typeof columns)[number]['name']): readonly DynamicConfigValue[] {
  switch (name) {
    case 'State':
      return [colouredCell, { id: 'thresholds', value: whenKnown().build() }];
    case 'For':
      return [{ id: 'unit', value: 's' }, ...colouredText([null, 'text'])];
    case 'Availability, 24 h':
      return [
        { id: 'unit', value: 'percentunit' },
        { id: 'decimals', value: 2 },
        ...colouredText([null, ink.bad], [0.99, ink.watch], [0.995, 'text']),
      ];
    case 'p95, 1 h':
      return [{ id: 'unit', value: 's' }, ...colouredText([null, 'text'], [0.8, ink.watch], [2.5, ink.bad])];
    case 'Rank':
      return [{ id: 'unit', value: 'none' }, ...colouredText([null, 'text'])];
    case 'Last success':
      return [{ id: 'unit', value: 's' }, ...colouredText([null, 'text'], [300, ink.watch], [900, ink.bad])];
    case 'Findings':
      return [{ id: 'unit', value: 'none' }, ...colouredText([null, 'text'], [1, ink.watch])];
    case 'Certificate':
      return daysLeft;
    default:
      return name satisfies never;
  }
}

const inDetail: DynamicConfigValue = {
  id: 'links',
  value: [link('This mirror in detail', addressOf('mirror', { registry: variable('__value.raw', 'percentencode') }))],
};

/** One line for each mirror: how it is, how good, how fast. */
export function mirrors(select: Selector): TablePanelBuilder {
  const roundTrips = select('mirror_probe_rtt_seconds', { step: canarySteps, connection: 'cold' });
  // A mirror without a value keeps its row and its column, also when no mirror has one.
  const now = (expr: string) => ({ expr: orNaN(expr, select), as: 'table' }) as const;
  const expiry = `min by (registry) (${select('mirror_tls_certificate_expiry_timestamp_seconds')})`;
  const panel = table({
    id: 6,
    title: 'Mirrors',
    says: 'One row for each mirror, now. For: how long it has this state. p95: canary, new connections. Rank: the order by the expected time of one fetch now; "not ranked": the mirror may not be advised now, and the page of the daemon shows why. Certificate: what is left of it. Down or degraded: click the name of the mirror.',
    size: [24, 8],
    unit: 'none',
    none: 'no mirror is scraped',
    queries: [
      now(stateCode(select)),
      now(`time() - max by (registry) (${select('mirror_state_since_timestamp_seconds')})`),
      now(`1 - ${errorRatio(select, '24h')}`),
      now(quantile(0.95, ['registry'], roundTrips, '1h')),
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
    .overrideByName('Mirror', [inDetail]);
  for (const { name, none } of columns)
    panel.overrideByName(name, [
      { id: 'noValue', value: none },
      { id: 'mappings', value: [...(name === 'State' ? [stateWords] : []), noNumber(none, unknownOf(name))] },
      ...columnProperties(name),
    ]);
  return panel;
}

/** Each proposed switch with the labels `line` (what to set) and `first`: whether the advised mirror has rank 1, and if not, why. */
function advised(select: Selector): string {
  const since = select('mirror_advice_since_timestamp_seconds', { state: '!=accepted' });
  const of = 'job, instance, ecosystem, upstream';
  const first = (some: string, text: string, label = '', value = '') =>
    `label_replace(${some}, "first", "${text}", "${label}", "${value}")`;
  const ranked = first(`label_replace(${select('mirror_advice_rank')} == 1, "to", "$1", "registry", "(.+)")`, 'yes');
  const later = first(since, 'no: rank 1 is not yet clearly better');
  const home = first(later, 'no: the preferred mirror works again', 'cause', 'failback');
  const other = first(home, 'no: the cause is over', 'state', 'over');
  const lines = `(${select('mirror_advice_line_info')} or on (${of}) ${since})`;
  const ranks = `(${ranked} or on (${of}, to) ${other})`;
  const all = `${since} * on (${of}) group_left (line) ${lines} * on (${of}, to) group_left (first) ${ranks}`;
  return `max by (upstream, from, to, cause, state, line, first) (${all})`;
}

/** What to set now and why. */
export function adviceTable(select: Selector): TablePanelBuilder {
  const daemon = variable('daemon_url');
  return table({
    id: 7,
    title: 'What to set',
    says: 'The proposed switch of each upstream, its cause, and the line to set for clients. While the cause is over, clients that have not switched need not switch. The line links to the page of the daemon, which has the lines for all clients and the rollback; `mirrorwatch advice` prints the same. Rank 1: whether the advised mirror has rank 1 in "Mirrors", and if not, why.',
    size: [24, 5],
    unit: 'none',
    none: 'no daemon is scraped',
    queries: [
      {
        expr: orNone(advised(select), `max(${select('mirrorwatch_build_info')})`, 'upstream', 'nothing to set'),
        as: 'table',
      },
    ],
  })
    .minWidth(80)
    .withTransformation(
      columnsOf(
        ['upstream', 'from', 'to', 'cause', 'state', 'line', 'first'],
        { Value: true },
        { line: 'Line to set', first: 'Rank 1' },
      ),
    )
    .overrideByName('Line to set', [
      { id: 'links', value: [link('All lines, on the page of the daemon', `${daemon}/`, true)] },
      { id: 'custom.width', value: 620 },
    ])
    .overrideByName('Rank 1', [{ id: 'custom.width', value: 280 }])
    .overrideByName('State', [...adviceStates])
    .overrideByName('To', [inDetail])
    .overrideByName('From', [inDetail]);
}

/** What is wrong now, and what was advised in the last day. */
export function lists(select: Selector): readonly TablePanelBuilder[] {
  const known = `max(${select('mirrorwatch_build_info')})`;
  const issued = `${growth(['upstream', 'cause'], select('mirror_advice_issued_total'), '1d')} > 0`;
  const regretted = `${growth(['upstream'], select('mirror_advice_regret_total'), '1d')} > 0`;
  const found = `sum by (registry, kind) (${select('mirror_findings_open')}) > 0`;
  return [
    table({
      id: 8,
      title: 'Findings open',
      says: 'The open findings by mirror and kind. A finding without a mirror is about the daemon or its network. The runbook describes each kind.',
      size: [12, 6],
      unit: 'none',
      none: 'no verdict yet: no daemon is scraped, or it is starting',
      queries: [{ expr: orNone(found, known, 'kind', 'none open'), as: 'table' }],
    })
      .minWidth(80)
      .withTransformation(columnsOf(['registry', 'kind', 'Value'], {}, { registry: 'Mirror', Value: 'Open' }))
      .overrideByName('Mirror', [inDetail]),
    table({
      id: 9,
      title: 'Advice in the last 24 h',
      says: 'How often switches were proposed, by cause, without reminders. If switches often go back and forth, raise advise.hold. "regretted": the previous mirror performed better than the advised one; if this happens often, raise detect.spike.consecutive or advise.minGain.',
      size: [12, 6],
      unit: 'none',
      none: 'no daemon is scraped',
      queries: [
        {
          expr: orNone(
            `(${issued}) or label_replace(${regretted}, "cause", "regretted", "", "")`,
            known,
            'cause',
            'none',
          ),
          as: 'table',
        },
      ],
    })
      .decimals(0)
      .minWidth(80)
      .withTransformation(columnsOf(['upstream', 'cause', 'Value'], {}, { Value: 'Times' })),
  ];
}
