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
    says: 'From the start of the client to its end, in an empty home, of runs that fetched what they should; they are hours apart, so this looks back a day. Slow while our round trips are not: the client asks more than we do, or waits for something else.',
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
    says: 'Runs that failed at the mirror. Where our own steps fail too, that is told above; where they do not, the daemon has a finding about itself: mirrorwatch probe NAME --client WORD shows what the client says.',
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
