import { columnsOf } from './columns.ts';
import { noNumber } from './frame.ts';
import { ink } from './palette.ts';
import { colouredText, dashed, lines, ofMirrors, table } from './panels.ts';
import { growth, orNaN, quantile, selector } from './promql.ts';

const ofMirror = selector(['vantage', 'ecosystem', 'registry']);
const ofModule = selector(['vantage', 'ecosystem', 'registry', 'module']);
const unknown = 'no lag is known for the selection: no mirror to compare with responds, or the ecosystem has no lag';

const columns = [
  {
    name: 'Missing versions',
    expr: `sum by (registry) (${ofModule('mirror_missing_versions')})`,
  },
  { name: 'Withdrawn versions', expr: `max by (registry) (${ofMirror('mirror_withdrawn_versions')})` },
  { name: 'Withheld items', expr: `max by (registry) (${ofMirror('mirror_withheld_items')})` },
  {
    name: 'Records behind',
    expr: `max by (registry) (${ofMirror('mirror_sync_lag_records')} or ${ofMirror('mirror_lag_records')})`,
  },
  { name: 'Went backwards', expr: growth(['registry'], ofMirror('mirror_regressions_total'), '$__range') },
  {
    name: 'Cache misses',
    unit: 'percentunit',
    expr: `${growth(['registry'], ofMirror('mirror_cache_answers_total', { cache: 'miss' }), '$__range')} / (${growth(['registry'], ofMirror('mirror_cache_answers_total'), '$__range')} > 0)`,
  },
  {
    name: 'Time of "not found"',
    unit: 's',
    expr: `${growth(['registry'], ofMirror('mirror_not_found_seconds', {}, '_sum'), '$__range')} / (${growth(['registry'], ofMirror('mirror_not_found_seconds', {}, '_count'), '$__range')} > 0)`,
  },
];

/** How far behind its upstream a mirror is, what it lacks, and how fast new releases arrive. */
export function freshness() {
  const lacks = table({
    id: 52,
    title: 'What it lacks now, and caches over the time range',
    says: 'Missing: versions that other mirrors have. Withdrawn: versions that the mirror still lists although its origin withdrew them, for example because they are malware. Withheld: items that it refuses by a policy of its operator. Went backwards: responses in which a list, a tag or a serial went backwards; if often, several servers with different content share one name. Many cache misses: the first builds of a day wait. A slow "not found": list private names in GOPRIVATE or a similar setting.',
    size: [24, 7],
    unit: 'none',
    none: unknown,
    queries: columns.map(({ expr }) => ({ expr: orNaN(expr, ofMirror), as: 'table' }) as const),
  })
    .decimals(0)
    .mappings([noNumber('not known', ink.unknown)])
    .withTransformation({ id: 'merge', options: {} });
  const values = Object.fromEntries(
    columns.map(({ name }, index) => [`Value #${String.fromCharCode(65 + index)}`, name]),
  );
  lacks.withTransformation(columnsOf(['registry', ...Object.keys(values)], {}, { registry: 'Mirror', ...values }));
  for (const { name, unit } of columns)
    lacks.overrideByName(
      name,
      unit === undefined ? [...colouredText([null, 'text'], [1, ink.watch])] : [{ id: 'unit', value: unit }],
    );
  return [
    ofMirrors(lines, {
      id: 50,
      title: 'Behind its upstream',
      says: 'By how much the module that is furthest behind is late at least, and dashed the whole mirror, from its checksum database or the date of its last synchronisation. Above detect.lag.limit the mirror lacks new versions: prefer another mirror for builds that need new releases. If it grows by one second per second, the mirror does not synchronise; contact its operator.',
      size: [12, 8],
      unit: 's',
      none: unknown,
      queries: [
        {
          expr: `max by (registry) (${ofModule('mirror_lag_seconds', { bound: 'lower' })})`,
          legend: '{{registry}}',
        },
        {
          expr: `max by (registry) (${ofMirror('mirror_sync_lag_seconds', { bound: 'lower' })})`,
          legend: '{{registry}}, whole mirror',
        },
      ],
    }).overrideByQuery('B', [...dashed]),
    ofMirrors(lines, {
      id: 54,
      title: 'How fast releases and withdrawals arrive, p90 over 7 days',
      says: 'The time from the first sight of a release at the origin to its first sight at the mirror, and dashed the same for versions that the origin withdrew. The error is at most one interval of the step. If it takes hours, builds that need new releases need another mirror.',
      size: [12, 8],
      unit: 's',
      none: 'no release arrived within a week: the origin is not monitored, or nothing was released',
      queries: [
        { expr: quantile(0.9, ['registry'], ofMirror('mirror_propagation_seconds'), '7d'), legend: '{{registry}}' },
        {
          expr: quantile(0.9, ['registry'], ofMirror('mirror_withdrawal_seconds'), '7d'),
          legend: '{{registry}}, withdrawals',
        },
      ],
    }).overrideByQuery('B', [...dashed]),
    lacks,
  ];
}
