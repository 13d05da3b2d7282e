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
      says: 'Each daemon that is scraped. None, or one missing: look at the targets page of Prometheus; nothing else on these boards is news until it is back.',
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
      'Suspect: failures are held to be our own network; mend that first, verdicts stand still until then.',
      `1 - max(${select('mirror_vantage_suspect')})`,
      'trusted',
      'suspect',
    ),
    word(
      3,
      'Configuration',
      'refused: a newer configuration has mistakes, which are in the log and in the answer to the reload; the old one goes on.',
      `min(${select('mirrorwatch_config_last_reload_successful')})`,
      'in force',
      'refused',
    ),
    word(
      4,
      'State file',
      'stuck: the state file takes no writes (disk full, read-only); it goes on watching, but a restart would forget findings and undelivered notices.',
      `min(${select('mirrorwatch_state_writable')})`,
      'writable',
      'stuck',
    ),
    stat({
      id: 5,
      title: 'Findings about us',
      says: 'Findings whose subject is this daemon or its place. Above 0: the panels below say whether it is the machine (delays) or the network (controls).',
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
      says: 'How late probes start. p99 above a second: too many slots for this machine or for perHost; check prints the shares. Late starts do not lengthen round trips, they thin them out.',
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
      says: 'How long a worker could not look at its sockets. Above 20 ms it starts to spoil samples, which are then told as contaminated: give it a core, or move what shares the machine.',
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
        says: 'Samples that our own delays spoiled, of all slots. Above 5 % (dashed) the daemon opens a finding about itself and sheds load.',
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
        says: 'Slots without a verdict, by why. defect is a bug of ours: please report it with the log. "none" stands at 0 while every slot gave one.',
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
      says: 'Probes in flight. A line that only climbs: answers do not end; look at timeouts on the Overview.',
      size: [12, 7],
      unit: 'none',
      none: noDaemon,
      queries: [{ expr: `sum by (instance) (${select('mirrorwatch_probes_in_flight')})`, legend: '{{instance}}' }],
    }).decimals(0),
    lines({
      id: 15,
      title: 'Probes judged a second',
      says: 'The pace that really happens. Lower than planned: slots are skipped, see "Unknown probes".',
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
      says: 'Length of the queue of each receiver. Growing: the receiver is away or refuses; mirrorwatch webhook test NAME says what it answers.',
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
        says: '0 while the queue is empty. Above 15 min (dashed) people are not told: see MirrorwatchNoticesLost in the runbook.',
        size: [8, 8],
        unit: 's',
        none: 'no receiver is configured',
        queries: [
          {
            expr: `max by (receiver) (${select('mirrorwatch_webhook_oldest_seconds')}) or 0 * max by (receiver) (${select('mirrorwatch_webhook_queue_length')} == 0)`,
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
      says: 'delivered and replaced are well, retried is patience; expired, overflow, rejected and disabled are lost: look at the receiver.',
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
      says: 'What became of alerts that Alertmanager sent us. evidence started a look of our own, duplicate and own are well; unavailable: the state file or the queue is full, Alertmanager tries again; malformed: something else posts there.',
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
      says: 'Size of one answer. Near limits.lines: take modules away, or raise the limit and give Prometheus the memory.',
      size: [8, 8],
      unit: 'none',
      none: noDaemon,
      queries: [{ expr: `max by (instance) (scrape_samples_scraped * ${daemons})`, legend: '{{instance}}' }],
    }).decimals(0),
    lines({
      id: 31,
      title: 'Left out, set aside',
      says: 'Lines that the cap limits.lines left out of answers: the last configured targets are probed but not shown. Rows of the state file that could not be read and were set aside.',
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
      says: 'How long Prometheus waits for the answer. Near the scrape timeout (10 s): fewer lines, or a longer timeout.',
      size: [8, 8],
      unit: 's',
      none: noDaemon,
      queries: [{ expr: `max by (instance) (scrape_duration_seconds * ${daemons})`, legend: '{{instance}}' }],
    }),
    lines({
      id: 33,
      title: 'Memory',
      says: 'Memory of the daemon in RAM, threads included. A line that climbs for days is a leak: please report it.',
      size: [16, 7],
      unit: 'bytes',
      none: noDaemon,
      queries: [{ expr: `max by (instance) (${select('process_resident_memory_bytes')})`, legend: '{{instance}}' }],
    }),
    lines({
      id: 34,
      title: 'File descriptors in use',
      says: 'Share of the limit of the process. Clients and probes are bounded so that some are always left; above 90 %: raise the limit.',
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
