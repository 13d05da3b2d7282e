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
        says: 'Mean time of a round trip by phase, all modules. resolve: the name server. connect: the way there. tls: the way there twice, or a tired server. processing: the mirror itself, or its upstream. transfer: bandwidth. What grew is where to look.',
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
      says: 'Fresh connections against kept ones, where the configuration asks for both (connection: both). The gap is the price of connect and TLS; a gap that grows is the way there, both lines together are the mirror.',
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
      says: 'Good answers that a pull-through cache had to fetch from its upstream first; they are kept out of the round trips. 0 is a warm cache, or no cache at all. Many, again and again: the cache is too small, or forgets too soon.',
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
        says: 'The canaries of each mirror against their own threshold, which is factor × baseline and at least the floor: the slowest one. Above 1 a sample is slow; three in a row open a finding. Missing while warming: no verdict. The status page has the baselines of all other steps.',
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
        says: 'The longest streak of slow samples at each mirror, over all its light steps. At detect.spike.consecutive (3) a finding opens; it closes after as many good ones.',
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
        says: 'The slowest of the canaries chosen; choose one module and version to see one series alone. A baseline that creeps up: the mirror gets slower for good, and no spike will say so; see MirrorDegraded in the runbook.',
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
