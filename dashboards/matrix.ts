import { built } from './board.ts';
import { type Frame, type Mark, noNumber, variable, whenKnown } from './frame.ts';
import { addressOf, columnName, dataLink, link, rowKey } from './links.ts';
import { heatColour, verdict } from './palette.ts';
import { colouredCell, heat, type TablePanelBuilder, table } from './panels.ts';
import { chosenSteps, distribution, growth, quantile, selector, versionOrder } from './promql.ts';
import { percentiles } from './shared.ts';
import {
  connection,
  daemonUrl,
  datasource,
  ecosystem,
  module,
  registry,
  step,
  vantage,
  version,
  window,
} from './variables.ts';

const select = selector(['vantage', 'ecosystem', 'registry', 'module', 'version']);
const path = { step: chosenSteps, connection: '$connection' } as const;
const roundTrips = select('mirror_probe_rtt_seconds', path);

/** Grey is "no ok sample"; each cell has its number. */
const heatMarks: readonly Mark[] = [
  [0, heatColour.fast],
  [0.3, heatColour.brisk],
  [0.8, heatColour.slow],
  [2.5, heatColour.verySlow],
];

/** Rows come as they come (`histogram_quantile` has no order): columns by name, rows by name or newest version first. */
function ordered(row: 'module' | 'version') {
  const corner = `${row}\\registry`;
  const sorted = (field: string, desc = false) => ({ id: 'sortBy', options: { fields: {}, sort: [{ field, desc }] } });
  const crossed = {
    id: 'groupingToMatrix',
    options: { columnField: 'registry', rowField: row, valueField: 'Value', emptyValue: 'null' },
  };
  const header = { [corner]: row === 'module' ? 'Module' : 'Version' };
  const named = { id: 'organize', options: { excludeByName: {}, indexByName: {}, renameByName: header } };
  return row === 'module'
    ? [sorted('registry'), crossed, sorted(corner), named]
    : [sorted('registry'), sorted('order', true), crossed, named];
}

/** `NaN` was asked and not answered well; what is not there at all was not probed. */
const nanOnly = { match: 'nan', result: { text: 'no ok sample', color: verdict.unknown } };

/** p95 by two labels as a matrix; a pair without an ok sample keeps its cell and says so. */
function matrixOf(
  row: 'module' | 'version',
  frame: Omit<Frame, 'queries' | 'unit' | 'none'>,
  links: readonly ReturnType<typeof link>[],
): TablePanelBuilder {
  const measured = quantile(0.95, [row, 'registry'], roundTrips, '$__range');
  const asked = growth([row, 'registry'], select('mirror_probe_attempts_total', { step: chosenSteps }), '$__range');
  const all = `(${measured}) or (${asked} * NaN)`;
  const panel = table({
    ...frame,
    unit: 's',
    none: 'not probed',
    queries: [{ expr: row === 'version' ? versionOrder(all) : all, as: 'table' }],
  });
  for (const one of ordered(row)) panel.withTransformation(one);
  return panel
    .thresholds(whenKnown(...heatMarks))
    .mappings([{ ...noNumber('no ok sample', verdict.unknown), options: nanOnly } as ReturnType<typeof noNumber>])
    .overrideByName(row === 'module' ? 'Module' : 'Version', [{ id: 'custom.minWidth', value: 260 }])
    .overrideByFieldType('number', [
      colouredCell,
      { id: 'links', value: [...links] },
      { id: 'custom.align', value: 'center' },
    ]);
}

const coordinates = {
  step: variable('step', 'percentencode'),
  connection: variable('connection', 'percentencode'),
  registry: columnName,
};

const byModule = matrixOf(
  'module',
  {
    id: 1,
    title: 'p95 of the round trip over the time range: module × mirror',
    says: 'The 95th percentile for all selected versions together. Yellow from 0.8 s, red from 2.5 s. A yellow column: that mirror is slow. A yellow row: that module is slow at every mirror. A single yellow cell: the mirror has to fetch that module first; open the cell. Grey: no successful probe; the details show whether it was probed.',
    size: [24, 10],
  },
  [
    link(
      'Versions of this module, at this mirror (unfold "By version")',
      addressOf('matrix', { ...coordinates, module: rowKey }),
    ),
    link('This module at this mirror, in detail', addressOf('mirror', { ...coordinates, module: rowKey })),
  ],
);

const byVersion = matrixOf(
  'version',
  {
    id: 2,
    title: 'p95 of the round trip over the time range: versions of $module × mirror',
    says: 'The versions of one module. If several modules are selected, each has its own matrix. If only the newest version is slow, the mirror has not fetched it yet. Grey: no successful probe; the details show whether it was probed.',
    size: [24, 7],
  },
  [
    link(
      'This version at this mirror, in detail',
      addressOf('mirror', { ...coordinates, module: variable('module', 'percentencode'), version: rowKey }),
    ),
  ],
)
  .repeat('module')
  .repeatDirection('v');

/** Where it is slow: module × mirror, version × mirror, the whole distribution and its percentiles. */
export const matrix = built({
  board: 'matrix',
  title: 'mirrorwatch / RTT matrix',
  says: 'How long fetches take, by module, version and mirror. Each cell links to the time series behind it.',
  from: 'now-6h',
  variables: [datasource, vantage, ecosystem, registry, module, version, step, connection, window, daemonUrl],
  select,
  sections: [
    { id: 0, title: '', panels: [byModule] },
    {
      id: 102,
      title: 'Over time',
      panels: [
        heat({
          id: 3,
          title: 'All round trips',
          says: 'All successful probes of the selection, in the buckets of the histogram. The points are single probes. Two bands: there are two network paths to the mirror, or a cache that sometimes misses. A rising band: most probes become slower, not only the slowest ones.',
          size: [12, 10],
          unit: 's',
          none: 'no good response in this time',
          queries: [
            { expr: distribution(roundTrips, '$__interval'), legend: '{{le}}', as: 'heatmap', exemplars: true },
          ],
        }).dataLinks([dataLink('This time, mirror by mirror', addressOf('mirror', {}))]),
        percentiles(5, select, { path, quantiles: [0.95, 0.5], size: [12, 10] }),
      ],
    },
    // Last and folded: a matrix for each module is pages long, and asks nothing until it is opened.
    { id: 101, title: 'By version', panels: [byVersion], collapsed: true },
  ],
});
