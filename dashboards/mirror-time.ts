import { phases } from '../src/core/failure.ts';
import { toDaemonMirror, toProbe } from './links.ts';
import { colour, ink, phaseColour } from './palette.ts';
import { areas, bars, colourNames, lines, linesWithMarks } from './panels.ts';
import { chosenSteps, growth, observations, quantile, type Selector, selector } from './promql.ts';

const path = { step: chosenSteps, connection: '$connection' } as const;
/** Phases and bytes are kept by mirror and step, not by module: their queries must not be narrowed by module. */
const byMirror = selector(['vantage', 'ecosystem', 'registry']);

/** Where the time goes: phases, cold against warm, what a cache had to fetch first. */
export function timeSpent(select: Selector) {
  const spent = (phase: string) =>
    growth(['registry'], byMirror('mirror_probe_phase_seconds', { ...path, phase }, '_sum'), '$window');
  const probes = observations(['registry'], byMirror('mirror_probe_rtt_seconds', path), '$window');
  const either = select('mirror_probe_rtt_seconds', { step: chosenSteps });
  return [
    colourNames(
      areas({
        id: 10,
        title: 'Where the time goes: $registry',
        says: 'The mean time of a round trip by phase, for all modules. resolve: the name server. connect: the network path. tls: the network path again, or a slow server. processing: the mirror itself, or its upstream. transfer: the bandwidth. The phase that grew shows the cause.',
        size: [24, 9],
        unit: 's',
        none: 'no good answer in the time looked back at',
        // A query each: Grafana stacks in the order of the queries, and by the alphabet within one.
        queries: phases.map((phase) => ({ expr: `${spent(phase)} / (${probes} > 0)`, legend: phase })),
      })
        .repeat('registry')
        .repeatDirection('h')
        .maxPerRow(2),
      phaseColour,
    ),
    lines({
      id: 11,
      title: 'Cold against warm, p95',
      says: 'New connections compared with kept ones, if the configuration probes both (connection: both). The difference is the time for connect and TLS. If the difference grows, the network path is slow. If both lines grow together, the mirror is slow.',
      size: [12, 8],
      unit: 's',
      none: 'no good answer in the time looked back at',
      queries: [
        {
          expr: quantile(0.95, ['registry', 'connection'], either, '$window'),
          legend: '{{registry}} {{connection}}',
          exemplars: true,
        },
      ],
    })
      .dataLinks([toDaemonMirror])
      .overrideByName('probe_id', [toProbe]),
    bars({
      id: 12,
      title: 'First fetches of a cache',
      says: 'Successful responses that a pull-through cache first had to fetch from its upstream. The round trips do not include them. 0: the cache had everything, or there is no cache. If the number stays high, the cache is too small or removes content too early.',
      size: [12, 8],
      unit: 'none',
      none: 'nothing was probed in this time',
      queries: [
        {
          expr: growth(
            ['registry'],
            byMirror('mirror_cold_fetch_seconds', { step: chosenSteps }, '_count'),
            '$__interval',
          ),
          legend: '{{registry}}',
        },
      ],
    }),
  ] as const;
}

/** Is it slow: round trips against the threshold of the spike rule, and how often in a row. */
export function spikes(select: Selector) {
  const last = select('mirror_probe_last_rtt_seconds', path);
  const baseline = select('mirror_probe_rtt_baseline_seconds', path);
  const warming = 'warming: too few samples for a baseline, or a step that is not the canary';
  return [
    linesWithMarks(
      {
        id: 20,
        title: 'Round trip ÷ threshold',
        says: 'The slowest canary of each mirror, divided by its threshold. The threshold is factor × baseline, and at least the floor. Above 1 a sample is slow; three slow ones in a row open a finding. No line: too few samples for a baseline. The status page has the baselines of all other steps.',
        size: [12, 8],
        unit: 'none',
        none: warming,
        queries: [
          { expr: `max by (registry) (${last} / clamp_min($factor * ${baseline}, $floor))`, legend: '{{registry}}' },
        ],
      },
      [null, 'transparent'],
      [1, ink.bad],
    )
      .decimals(2)
      .axisSoftMax(1.1)
      .dataLinks([toDaemonMirror]),
    linesWithMarks(
      {
        id: 21,
        title: 'Slow samples in a row',
        says: 'The number of consecutive slow samples of each mirror, for the light step with the most. At detect.spike.consecutive (3) a finding opens. It closes after detect.spike.clear (3) fast samples in a row.',
        size: [12, 8],
        unit: 'none',
        none: warming,
        queries: [{ expr: `max by (registry) (${select('mirror_probe_rtt_spike_streak')})`, legend: '{{registry}}' }],
      },
      [null, 'transparent'],
      [3, ink.bad],
    )
      .decimals(0)
      .axisSoftMax(4),
    colourNames(
      lines({
        id: 22,
        title: 'Round trip, baseline and threshold: $registry',
        says: 'The slowest of the selected canaries. Select one module and version to see a single series. A rising baseline: the mirror becomes slower permanently, and no spike opens because of that; see MirrorDegraded in the runbook.',
        size: [24, 9],
        unit: 's',
        none: warming,
        queries: [
          { expr: `max by (registry) (${last})`, legend: 'round trip' },
          { expr: `max by (registry) (${baseline})`, legend: 'baseline' },
          { expr: `max by (registry) (clamp_min($factor * ${baseline}, $floor))`, legend: 'threshold' },
        ],
      })
        .repeat('registry')
        .repeatDirection('h')
        .maxPerRow(2),
      { 'round trip': colour.sky, baseline: ink.unknown, threshold: ink.watch },
    ),
  ] as const;
}
