import type { Section } from './board.ts';
import { bars, lines } from './panels.ts';
import { growth, quantile, selector } from './promql.ts';

const byMirror = selector(['vantage', 'ecosystem', 'registry']);
const none = 'no real client was run: clientRuns is off, or none is installed there';

/** What real clients say of a mirror: folded, since they are run only where the configuration says so. */
export function clientSection(): Section {
  const time = lines({
    id: 60,
    title: 'Real clients, median time',
    says: 'The time from start to end of a real client in an empty home folder, for runs that fetched everything. Runs are hours apart, so each point covers a day. If only the client is slow and our round trips are not, it sends more requests, or waits for something else.',
    size: [12, 8],
    unit: 's',
    none,
    queries: [
      {
        expr: quantile(0.5, ['registry', 'client'], byMirror('mirror_client_seconds'), '1d'),
        legend: '{{registry}} {{client}}',
      },
    ],
  });
  const failures = bars({
    id: 61,
    title: 'Real clients that failed',
    says: 'Runs of real clients that failed at the mirror. If our own steps fail too, the panels above show why. If they succeed, the daemon opens a finding about itself; mirrorwatch probe NAME --client WORD shows the error of the client.',
    size: [12, 8],
    unit: 'none',
    none,
    queries: [
      {
        expr: growth(['registry', 'client'], byMirror('mirror_client_failures_total'), '$__interval'),
        legend: '{{registry}} {{client}}',
      },
    ],
  });
  return { id: 106, title: 'Real clients (where clientRuns is on)', panels: [time, failures], collapsed: true };
}
