import type { Section } from './board.ts';
import { columnsOf } from './columns.ts';
import { ink } from './palette.ts';
import { colouredText, table } from './panels.ts';
import { growth, quantile, selector } from './promql.ts';

const byMirror = selector(['vantage', 'ecosystem', 'registry']);
const by = ['registry', 'client'];

/** What real clients measure at a mirror. It is folded, because they run only if the configuration has clientRuns. */
export function clientSection(): Section {
  const runs = table({
    id: 60,
    title: 'Real clients, last 24 h',
    says: 'Runs of a real client in an empty home folder: the median time of those that fetched everything, and how many failed. If only the client is slow and our round trips are not, it sends more requests, or waits for something else. If only the client fails, the daemon opens a finding about itself; mirrorwatch probe NAME --client WORD shows its error.',
    size: [24, 7],
    unit: 's',
    none: 'no real client was run: clientRuns is off, or none is installed there',
    queries: [
      { expr: quantile(0.5, by, byMirror('mirror_client_seconds'), '1d'), as: 'table' },
      { expr: growth(by, byMirror('mirror_client_failures_total'), '1d'), as: 'table' },
    ],
  })
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation(
      columnsOf(
        ['registry', 'client', 'Value #A', 'Value #B'],
        {},
        { registry: 'Mirror', 'Value #A': 'Median time', 'Value #B': 'Failed' },
      ),
    )
    .overrideByName('Failed', [
      { id: 'unit', value: 'none' },
      { id: 'decimals', value: 0 },
      ...colouredText([null, 'text'], [0.5, ink.bad]),
    ]);
  return { id: 106, title: 'Real clients (where clientRuns is on)', panels: [runs], collapsed: true };
}
