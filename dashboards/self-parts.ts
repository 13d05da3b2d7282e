import { columnsOf } from './columns.ts';
import { whenKnown, words } from './frame.ts';
import { colour, ink, verdict } from './palette.ts';
import { bars, colourNames, lines, linesWithMarks, stat, table } from './panels.ts';
import { growth, orNone, quantile, selector } from './promql.ts';

const select = selector(['vantage']);
const noDaemon = 'no daemon is scraped';
const yesNo = (yes: string, no: string) => [words({ 1: [yes, verdict.fine], 0: [no, verdict.bad] })];

/** Is each part of it in order, as a row of words. */
export function inOrder() {
  const word = (id: number, title: string, says: string, expr: string, yes: string, no: string) =>
    stat({
      id,
      title,
      says,
      size: [4, 4],
      unit: 'none',
      none: noDaemon,
      queries: [{ expr, legend: title, as: 'instant' }],
    }).mappings(yesNo(yes, no));
  return [
    table({
      id: 1,
      title: 'Daemons',
      says: 'The scraped daemons. If a daemon is missing, check the targets page of Prometheus. Until then these boards show no current data of that daemon.',
      size: [8, 4],
      unit: 'none',
      none: noDaemon,
      queries: [
        { expr: `max by (instance, vantage, version, node) (${select('mirrorwatch_build_info')})`, as: 'table' },
      ],
    })
      .minWidth(80)
      .withTransformation(columnsOf(['vantage', 'version', 'node', 'instance'], { Value: true })),
    word(
      2,
      'Our own view',
      'Suspect: the daemon attributes failures to its own network. Repair that network first; until then samples count as unknown, and mirror states become unknown.',
      `1 - max(${select('mirror_vantage_suspect')})`,
      'trusted',
      'suspect',
    ),
    word(
      3,
      'Configuration',
      'refused: a newer configuration has mistakes. The log and the response to the reload list them. The previous configuration stays active.',
      `min(${select('mirrorwatch_config_last_reload_successful')})`,
      'in force',
      'refused',
    ),
    word(
      4,
      'State file',
      'stuck: the state file cannot be written (the disk is full or read-only). Monitoring continues, but a restart would lose findings and undelivered notices.',
      `min(${select('mirrorwatch_state_writable')})`,
      'writable',
      'stuck',
    ),
    stat({
      id: 5,
      title: 'Findings about us',
      says: 'Open findings about this daemon or its network. Above 0: the delays below show whether this machine is the cause; the controls on the board Overview show whether the network is.',
      size: [4, 4],
      unit: 'none',
      none: 'no verdict: no daemon is scraped, or it is starting',
      queries: [
        { expr: `sum(${select('mirror_findings_open', { kind: '=~vantage|self' })})`, legend: 'open', as: 'instant' },
      ],
    }).thresholds(whenKnown([0, verdict.fine], [1, verdict.bad])),
  ] as const;
}

/** Does it keep its own time. */
export function ownTime() {
  const because = `${growth(['because'], select('mirror_probe_unknown_total'), '$__interval')} > 0`;
  const attempts = growth([], select('mirror_probe_attempts_total'), '$__interval');
  const spoiled = growth([], select('mirror_probe_unknown_total', { because: 'contaminated' }), '$window');
  const slots = `(${growth([], select('mirror_probe_attempts_total'), '$window')} + ${growth([], select('mirror_probe_unknown_total'), '$window')})`;
  return [
    lines({
      id: 10,
      title: 'Start of probes behind plan',
      says: 'How late probes start. If p99 is above one second, there are too many probes for this machine or for perHost; mirrorwatch check prints the load. Late starts do not lengthen round trips; they reduce the number of probes.',
      size: [12, 8],
      unit: 's',
      none: noDaemon,
      queries: [0.5, 0.99].map((q) => ({
        expr: quantile(q, [], select('mirrorwatch_schedule_delay_seconds'), '$window'),
        legend: `p${q * 100}`,
      })),
    }),
    lines({
      id: 11,
      title: 'Event loop of the workers, p99',
      says: 'How long the event loop of a probing thread was blocked. If a delay could have changed the verdict on a sample, the sample is unknown (contaminated). From 20 ms and 10 % of a round trip on, its time does not count in the baseline. Give the daemon a core, or move other programs off this machine.',
      size: [12, 8],
      unit: 's',
      none: noDaemon,
      queries: [
        {
          expr: quantile(0.99, ['worker'], select('mirrorwatch_worker_loop_delay_seconds'), '$window'),
          legend: 'worker {{worker}}',
        },
      ],
    }),
    linesWithMarks(
      {
        id: 12,
        title: 'Share of spoiled samples',
        says: 'The share of planned probes whose sample is unusable because of our own delays. Above 5 % (dashed) the daemon opens a finding about itself and sends fewer probes.',
        size: [12, 8],
        unit: 'percentunit',
        none: 'nothing was probed in this time',
        queries: [{ expr: `${spoiled} / (${slots} > 0)`, legend: 'contaminated' }],
      },
      [null, 'transparent'],
      [0.05, ink.bad],
    )
      .decimals(1)
      .axisSoftMax(0.1),
    colourNames(
      bars({
        id: 13,
        title: 'Unknown probes, all mirrors',
        says: 'Planned probes without a verdict, by reason. defect is a bug of mirrorwatch: please report it with the log. The line "none" is 0 while each probe has a verdict.',
        size: [12, 8],
        unit: 'none',
        none: 'nothing was probed in this time',
        queries: [{ expr: orNone(because, attempts, 'because', 'none'), legend: '{{because}}' }],
      }),
      { none: colour.grey },
    ),
    lines({
      id: 14,
      title: 'Probes under way',
      says: 'The number of running probes. If the line only rises, responses do not end; check the timeouts on the board Overview.',
      size: [12, 7],
      unit: 'none',
      none: noDaemon,
      queries: [{ expr: `sum by (instance) (${select('mirrorwatch_probes_in_flight')})`, legend: '{{instance}}' }],
    }).decimals(0),
    lines({
      id: 15,
      title: 'Probes judged a second',
      says: 'The actual number of probes with a verdict per second. If it is lower than planned, probes are skipped; see "Unknown probes, all mirrors".',
      size: [12, 7],
      unit: 'cps',
      none: noDaemon,
      queries: [
        {
          expr: `sum by (instance) (rate(${select('mirror_probe_attempts_total')}[$__rate_interval]))`,
          legend: '{{instance}}',
        },
      ],
    }),
  ] as const;
}

/** Does its news get out. */
export function news() {
  return [
    lines({
      id: 20,
      title: 'Notices not yet delivered',
      says: 'The length of the queue of each receiver. If it grows, the receiver does not respond or refuses messages; mirrorwatch webhook test NAME shows its response.',
      size: [8, 8],
      unit: 'none',
      none: 'no receiver is configured',
      queries: [{ expr: `sum by (receiver) (${select('mirrorwatch_webhook_queue_length')})`, legend: '{{receiver}}' }],
    })
      .decimals(0)
      .axisSoftMax(4),
    linesWithMarks(
      {
        id: 21,
        title: 'Age of the oldest notice',
        says: 'The age is 0 while the queue is empty. Above 15 min (dashed) people do not get notices: see MirrorwatchNoticesLost in the runbook.',
        size: [8, 8],
        unit: 's',
        none: 'no receiver is configured',
        queries: [
          {
            expr: `max by (receiver) (time() - ${select('mirrorwatch_webhook_oldest_timestamp_seconds')}) or 0 * max by (receiver) (${select('mirrorwatch_webhook_queue_length')} == 0)`,
            legend: '{{receiver}}',
          },
        ],
      },
      [null, 'transparent'],
      [900, ink.bad],
    ).axisSoftMax(1000),
    bars({
      id: 22,
      title: 'What became of notices',
      says: 'Notices by outcome. delivered and replaced: no problem. retried: another attempt follows. expired, overflow, rejected and disabled: the notice is lost; check the receiver.',
      size: [8, 8],
      unit: 'none',
      none: 'no receiver is configured',
      queries: [
        {
          expr: growth(['outcome'], select('mirrorwatch_webhook_deliveries_total'), '$__interval'),
          legend: '{{outcome}}',
        },
      ],
    }),
    bars({
      id: 23,
      title: 'Notifications from Alertmanager',
      says: 'Alerts from Alertmanager by outcome. evidence: the alert started a check by the daemon. duplicate and own: no problem. unavailable: the state file or the queue is full, and Alertmanager retries. malformed: another program posts there.',
      size: [24, 7],
      unit: 'none',
      none: noDaemon,
      queries: [
        {
          expr: growth(['outcome'], select('mirrorwatch_alertmanager_notifications_total'), '$__interval'),
          legend: '{{outcome}}',
        },
      ],
    }),
  ] as const;
}

/** What it costs to scrape. */
export function scrape() {
  const daemons = `on (job, instance) group_left () ${select('mirrorwatch_build_info')}`;
  return [
    lines({
      id: 30,
      title: 'Lines of /metrics',
      says: 'The number of lines of one response. Near limits.lines: remove modules, or raise the limit and give Prometheus more memory.',
      size: [8, 8],
      unit: 'none',
      none: noDaemon,
      queries: [{ expr: `max by (instance) (scrape_samples_scraped * ${daemons})`, legend: '{{instance}}' }],
    }).decimals(0),
    lines({
      id: 31,
      title: 'Left out, set aside',
      says: 'Lines that limits.lines excludes from responses: the last configured targets are probed but not shown. Rows of the state file that could not be read and were moved aside.',
      size: [8, 8],
      unit: 'none',
      none: noDaemon,
      queries: [
        {
          expr: growth(['instance'], select('mirrorwatch_exposition_lines_dropped_total'), '$__rate_interval'),
          legend: '{{instance}} lines',
        },
        {
          expr: growth(['instance'], select('mirrorwatch_state_set_aside_total', { what: 'row' }), '$__rate_interval'),
          legend: '{{instance}} rows',
        },
      ],
    })
      .decimals(0)
      .axisSoftMax(4),
    lines({
      id: 32,
      title: 'Time of a scrape',
      says: 'How long Prometheus waits for the response. Near the scrape timeout (10 s): reduce the number of lines, or set a longer timeout.',
      size: [8, 8],
      unit: 's',
      none: noDaemon,
      queries: [{ expr: `max by (instance) (scrape_duration_seconds * ${daemons})`, legend: '{{instance}}' }],
    }),
    lines({
      id: 33,
      title: 'Memory',
      says: 'The memory of the daemon in RAM, all threads included. If the line rises for days, the daemon leaks memory: please report it.',
      size: [16, 7],
      unit: 'bytes',
      none: noDaemon,
      queries: [{ expr: `max by (instance) (${select('process_resident_memory_bytes')})`, legend: '{{instance}}' }],
    }),
    lines({
      id: 34,
      title: 'File descriptors in use',
      says: 'The used share of the descriptor limit of the process. Client connections and probes are bounded, so that some descriptors are always left. Above 90 %: raise the limit.',
      size: [8, 7],
      unit: 'percentunit',
      none: noDaemon,
      queries: [
        {
          expr: `max by (instance) (${select('process_open_fds')} / ${select('process_max_fds')} * ${daemons})`,
          legend: '{{instance}}',
        },
      ],
    }),
  ] as const;
}
