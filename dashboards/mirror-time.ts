import { phases } from '../src/core/failure.ts';
import { toDaemonMirror } from './links.ts';
import { colour, grey, ink, phaseColour } from './palette.ts';
import { areas, colourNames, lines } from './panels.ts';
import { chosenSteps, growth, observations, type Selector, selector } from './promql.ts';

const path = { step: chosenSteps, connection: '$connection' } as const;
/** Phases are kept by mirror and step, not by module: their queries must not be narrowed by module. */
const byMirror = selector(['vantage', 'ecosystem', 'registry']);

/** Is it slow, and where does the time go. */
export function timeSpent(select: Selector) {
  const spent = (phase: string) =>
    growth(['registry'], byMirror('mirror_probe_phase_seconds', { ...path, phase }, '_sum'), '$window');
  const probes = observations(['registry'], byMirror('mirror_probe_rtt_seconds', path), '$window');
  const of = (name: 'last_rtt' | 'rtt_baseline' | 'rtt_threshold') =>
    `max by (registry) (${select(`mirror_probe_${name}_seconds`, path)})`;
  return [
    colourNames(
      lines({
        id: 22,
        title: 'Round trip, baseline and threshold: $registry',
        says: 'The slowest of the selected canaries. Select one module and version to see a single series. Above the threshold a sample is slow, and detect.spike.consecutive slow samples in a row open a finding. A rising baseline: the mirror becomes slower permanently, and no spike opens because of that; see MirrorDegraded in the runbook.',
        size: [24, 9],
        unit: 's',
        none: 'warming: too few samples for a baseline, or a step that is not the canary',
        queries: [
          { expr: of('last_rtt'), legend: 'round trip' },
          { expr: of('rtt_baseline'), legend: 'baseline' },
          { expr: of('rtt_threshold'), legend: 'threshold' },
        ],
      })
        .repeat('registry')
        .repeatDirection('h')
        .maxPerRow(2)
        .dataLinks([toDaemonMirror]),
      { 'round trip': colour.sky, baseline: grey, threshold: ink.bad },
    ),
    colourNames(
      areas({
        id: 10,
        title: 'Where the time goes: $registry, over $window',
        says: 'The mean time of a round trip by phase, for all modules. resolve: the name server. connect: the network path. tls: the network path again, or a slow server. processing: the mirror itself, or its upstream. transfer: the bandwidth. The phase that grew shows the cause.',
        size: [24, 9],
        unit: 's',
        none: 'no good response in the time looked back at',
        // One query for each phase: Grafana stacks in the order of queries, and within a query by the alphabet.
        queries: phases.map((phase) => ({ expr: `${spent(phase)} / (${probes} > 0)`, legend: phase })),
      })
        .repeat('registry')
        .repeatDirection('h')
        .maxPerRow(2),
      phaseColour,
    ),
  ] as const;
}
