import { fixed } from './frame.ts';
import { toDaemonMirror, toProbe } from './links.ts';
import { becauseColour, grey, reasonColour } from './palette.ts';
import { bars, colourNames, dashed, type LinesPanelBuilder, lines, ofMirrors } from './panels.ts';
import { growth, growthSinceFirst, type Matchers, orNone, quantile, type Selector } from './promql.ts';

// Panels of several boards.

type Size = readonly [number, number];
const notProbed = 'nothing was probed in this time';

/** Failed probes by reason. */
export function failures(id: number, of: Selector, size: Size): LinesPanelBuilder {
  const panel = bars({
    id,
    title: 'Failures by reason',
    says: 'Failed probes of the selected mirrors by reason. Reasons of one family have one colour: connection, timeouts, TLS, refusals, responses. docs/reasons.md explains each reason. The line "none" is 0 while nothing fails. If all mirrors fail for the same reason, check this network first.',
    size,
    unit: 'none',
    none: notProbed,
    queries: [
      {
        expr: orNone(
          `${growthSinceFirst(['reason'], of('mirror_probe_failures_total'), '$__interval')} > 0`,
          growth([], of('mirror_probe_attempts_total'), '$__interval'),
          'reason',
          'none',
        ),
        legend: '{{reason}}',
      },
    ],
  });
  return colourNames(panel, { ...reasonColour, none: grey });
}

/** Probes without a verdict by reason. */
export function unknowns(id: number, of: Selector, size: Size): LinesPanelBuilder {
  const panel = bars({
    id,
    title: 'Unknown probes',
    says: 'Planned probes without a verdict on the mirror, by reason. contaminated and local: this machine is too busy, see the board Self. vantage, proxy and resolver: this network has a problem. paused and over_budget: probes were not sent on purpose. defect: a bug of mirrorwatch, please report it with the log.',
    size,
    unit: 'none',
    none: notProbed,
    queries: [
      {
        expr: orNone(
          `${growth(['because'], of('mirror_probe_unknown_total'), '$__interval')} > 0`,
          growth([], of('mirror_probe_attempts_total'), '$__interval'),
          'because',
          'none',
        ),
        legend: '{{because}}',
      },
    ],
  });
  return colourNames(panel, { ...becauseColour, none: grey });
}

/** Quantiles of round trips by mirror, the second one dashed, and the threshold of the spike rule. */
export function percentiles(
  id: number,
  of: Selector,
  { path, quantiles, size }: { path: Matchers<'mirror_probe_rtt_seconds'>; quantiles: readonly number[]; size: Size },
): LinesPanelBuilder {
  const roundTrips = of('mirror_probe_rtt_seconds', path);
  return ofMirrors(lines, {
    id,
    title: `Round trip, ${quantiles.map((q) => `p${q * 100}`).join(' and ')} over $window`,
    says: 'One probe in twenty takes longer than p95, half of them longer than p50 (dashed). Grey: the lowest threshold of the spike rule. If only one mirror rises, that mirror is slow: compare its phases on Mirror detail. If all rise, the cause is this network or the time of day. A point links to a single probe.',
    size,
    unit: 's',
    none: 'no good response in the time looked back at',
    queries: [
      ...quantiles.map((q) => ({
        expr: quantile(q, ['registry'], roundTrips, '$window'),
        legend: quantiles.length === 1 ? '{{registry}}' : `{{registry}} p${q * 100}`,
        exemplars: q === 0.95,
      })),
      { expr: `min(${of('mirror_probe_rtt_threshold_seconds')})`, legend: 'slow above' },
    ],
  })
    .overrideByName('slow above', [fixed(grey), ...dashed])
    .overrideByRegexp('/ p50$/', [...dashed])
    .overrideByName('probe_id', [toProbe])
    .dataLinks([toDaemonMirror]);
}
