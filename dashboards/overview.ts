import { LegendDisplayMode, LegendPlacement, VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import { type BoardPlan, built } from './board.ts';
import { stateWords } from './columns.ts';
import { words } from './frame.ts';
import { toDaemonMirror, toMirrorBoard } from './links.ts';
import { adviceTables, mirrors, numbers } from './overview-now.ts';
import { colour, findingColour, ink, reasonColour, verdict } from './palette.ts';
import { bars, colourNames, lines, linesWithMarks, timeline } from './panels.ts';
import {
  canarySteps,
  growth,
  growthSinceFirst,
  orNone,
  quantile,
  type Selector,
  selector,
  stateCode,
} from './promql.ts';
import { daemonUrl, datasource, ecosystem, registry, vantage, window } from './variables.ts';

const select = selector(['vantage', 'ecosystem', 'registry']);

function overTime(of: Selector) {
  return [
    timeline({
      id: 10,
      title: 'State of each mirror',
      says: 'The state over time: the worst one of the selected vantages. A gap is a time without a scrape. Unknown means a pause, a maintenance window, or no verdict; see "Unknown probes" below.',
      size: [24, 7],
      unit: 'none',
      none: 'no verdict yet: no daemon is scraped, or it is starting',
      queries: [{ expr: stateCode(of), legend: '{{registry}}' }],
    })
      .mappings([stateWords])
      .dataLinks([toMirrorBoard]),
    linesWithMarks(
      {
        id: 11,
        title: 'Round trip of the canary, p95',
        says: 'The 95th percentile of fetches of the canary over new connections. If only one line rises, that mirror is slow. If all lines rise, the cause is this network or the time of day.',
        size: [12, 8],
        unit: 's',
        none: 'no good answer in the time looked back at',
        queries: [
          {
            expr: quantile(
              0.95,
              ['registry'],
              of('mirror_probe_rtt_seconds', { step: canarySteps, connection: 'cold' }),
              '$window',
            ),
            legend: '{{registry}}',
            exemplars: true,
          },
        ],
      },
      [null, 'transparent'],
      [0.8, ink.watch],
    ).dataLinks([toMirrorBoard, toDaemonMirror]),
    bars({
      id: 12,
      title: 'Failures by reason',
      says: 'Failed probes by reason. The line "none" is 0 while nothing fails. If one mirror has the failures, open that mirror. If all mirrors fail for the same reason, see "Our own view over time".',
      size: [12, 8],
      unit: 'none',
      none: 'nothing was probed in this time',
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
    }).withOverride(noneOverride),
  ] as const;
}

/** Ten kinds without numbers fit into a legend. */
const noNumbers = new VizLegendOptionsBuilder()
  .displayMode(LegendDisplayMode.List)
  .placement(LegendPlacement.Bottom)
  .showLegend(true)
  .calcs([]);

const noneOverride = {
  matcher: { id: 'byName', options: 'none' },
  properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: colour.grey } }],
};

function changes(of: Selector) {
  return [
    lines({
      id: 13,
      title: 'Findings open, by kind',
      says: 'The number of open findings over time, by kind. Kinds without a finding are at 0. The marks over all panels name the mirror.',
      size: [8, 8],
      unit: 'none',
      none: 'no verdict yet: no daemon is scraped, or it is starting',
      queries: [{ expr: `sum by (kind) (${of('mirror_findings_open')})`, legend: '{{kind}}' }],
    })
      .decimals(0)
      .axisSoftMax(4)
      .legend(noNumbers)
      .overrides(
        Object.entries(findingColour).map(([kind, fixedColor]) => ({
          matcher: { id: 'byName', options: kind },
          properties: [{ id: 'color', value: { mode: 'fixed', fixedColor } }],
        })),
      ),
    bars({
      id: 14,
      title: 'Unknown probes',
      says: 'Planned probes without a verdict on a mirror, by reason. contaminated and local: this machine is too busy, see the board Self. vantage, proxy and resolver: this network has a problem. paused and over_budget: probes were not sent on purpose.',
      size: [8, 8],
      unit: 'none',
      none: 'nothing was probed in this time',
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
    }).withOverride(noneOverride),
    timeline({
      id: 15,
      title: 'Our own view over time',
      says: 'Whether the network of the daemon is trusted, and whether each control responded. If this is red while mirrors fail, check this network first.',
      size: [8, 8],
      unit: 'none',
      none: 'not known yet: the first pass over the canaries has not ended',
      queries: [
        { expr: `1 - max(${of('mirror_vantage_suspect')})`, legend: 'our vantage' },
        { expr: `min by (control) (${of('mirror_control_up')})`, legend: 'control {{control}}' },
      ],
    }).mappings([words({ 0: ['no', verdict.bad], 1: ['yes', verdict.fine] })]),
  ] as const;
}

/** Which mirrors are well, what to set and why, what changed in the last day, and whether we can tell. */
export const overview = (() => {
  const [states, rtt, failures] = overTime(select);
  const plan: BoardPlan = {
    board: 'overview',
    title: 'mirrorwatch / Overview',
    says: 'The state of each mirror, the settings that clients should use now and why, and the changes of the last day. It also shows whether the verdicts can be trusted.',
    from: 'now-24h',
    variables: [datasource, vantage, ecosystem, registry, window, daemonUrl],
    select,
    sections: [
      { id: 0, title: '', panels: [...numbers(select), mirrors(select), ...adviceTables(select)] },
      { id: 101, title: 'Over time', panels: [states, rtt, colourNames(failures, reasonColour)] },
      { id: 102, title: 'What changed, and could we tell', panels: [...changes(select)] },
    ],
  };
  return built(plan);
})();
