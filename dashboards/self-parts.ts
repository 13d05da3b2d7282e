import type { DeliveryOutcome } from '../src/core/notice.ts';
import { columnsOf } from './columns.ts';
import { noNumber, words } from './frame.ts';
import { colour, ink } from './palette.ts';
import { bars, colouredText, colourNames, lines, linesWithMarks, table } from './panels.ts';
import { growth, quantile, selector } from './promql.ts';
import { unknowns } from './shared.ts';

const select = selector(['vantage']);
const noDaemon = 'no daemon is scraped';

/** Is each part of each daemon in order, and what it costs. */
export function inOrder() {
  const isOne = (yes: string, no: string) => [
    { id: 'mappings', value: [words({ 1: [yes, 'text'], 0: [no, ink.bad] }), noNumber('not known', ink.unknown)] },
    ...colouredText([null, 'text']),
  ];
  const beside = `on (job, instance) group_left () ${select('mirrorwatch_build_info')}`;
  const from = (bad: number) => [{ id: 'decimals', value: 0 }, ...colouredText([null, 'text'], [bad, ink.bad])];
  const columns = [
    { name: 'Network', expr: `1 - ${select('mirror_vantage_suspect')}`, properties: isOne('trusted', 'suspect') },
    {
      name: 'Configuration',
      expr: select('mirrorwatch_config_last_reload_successful'),
      properties: isOne('in force', 'refused'),
    },
    { name: 'State file', expr: select('mirrorwatch_state_writable'), properties: isOne('writable', 'stuck') },
    {
      name: 'Findings',
      expr: `sum by (vantage, instance) (${select('mirror_findings_open', { kind: '=~vantage|self' })})`,
      properties: from(1),
    },
    {
      name: 'Rows set aside',
      expr: `increase(${select('mirrorwatch_state_set_aside_total', { what: 'row' })}[$__range])`,
      properties: from(0.5),
    },
    {
      name: 'Lines left out',
      expr: `increase(${select('mirrorwatch_exposition_lines_dropped_total')}[$__range])`,
      properties: from(0.5),
    },
    { name: 'Lines', expr: `scrape_samples_scraped * ${beside}`, properties: [] },
    { name: 'Scrape', expr: `scrape_duration_seconds * ${beside}`, properties: [{ id: 'unit', value: 's' }] },
    {
      name: 'Descriptors',
      expr: `${select('process_open_fds')} / ${select('process_max_fds')}`,
      properties: [{ id: 'unit', value: 'percentunit' }, ...colouredText([null, 'text'], [0.9, ink.bad])],
    },
  ];
  const refs = columns.map((_, index) => `Value #${String.fromCharCode(66 + index)}`);
  const panel = table({
    id: 1,
    title: 'Daemons',
    says: 'The scraped daemons; if one is missing, check the targets page of Prometheus. Network suspect: repair the network of the daemon first. Configuration refused: the log lists the mistakes, the previous one stays active. State file stuck: the disk is full or read-only. Findings: about the daemon or its network. Rows set aside: unreadable rows of the state file. Lines left out by limits.lines: remove modules or raise the limit; the same if a scrape takes nearly 10 s. Descriptors above 90 %: raise the limit of the process.',
    size: [24, 6],
    unit: 'none',
    none: noDaemon,
    queries: [
      { expr: `max by (vantage, instance, version) (${select('mirrorwatch_build_info')})`, as: 'table' },
      ...columns.map(({ expr }) => ({ expr: `max by (vantage, instance) (${expr})`, as: 'table' }) as const),
    ],
  })
    .minWidth(80)
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation(
      columnsOf(
        ['vantage', 'instance', 'version', ...refs],
        { 'Value #A': true },
        Object.fromEntries(columns.map(({ name }, index) => [refs[index] ?? '', name])),
      ),
    );
  for (const { name, properties } of columns) panel.overrideByName(name, [...properties]);
  return panel;
}

/** Is it on time, does its news get out, and does it leak. */
export function overTime() {
  return [
    linesWithMarks(
      {
        id: 10,
        title: 'Delays of this machine, p99 over $window',
        says: 'How late probes start, and how long a probing thread was blocked. Start above 1 s (dashed): too many probes for this machine or for perHost; mirrorwatch check prints the load. A blocked thread makes samples unknown (contaminated): give the daemon a core, or move other programs off this machine.',
        size: [12, 8],
        unit: 's',
        none: noDaemon,
        queries: [
          {
            expr: quantile(0.99, [], select('mirrorwatch_schedule_delay_seconds'), '$window'),
            legend: 'start of probes',
          },
          {
            expr: quantile(0.99, ['worker'], select('mirrorwatch_worker_loop_delay_seconds'), '$window'),
            legend: 'worker {{worker}} blocked',
          },
        ],
      },
      [null, 'transparent'],
      [1, ink.bad],
    ),
    unknowns(13, select, [12, 8]),
    linesWithMarks(
      {
        id: 21,
        title: 'Age of the oldest notice',
        says: 'The age is 0 while the queue is empty. Above 15 min (dashed) people do not get notices: see MirrorwatchNoticesLost in the runbook; mirrorwatch webhook test NAME shows the response of the receiver.',
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
    colourNames(
      bars({
        id: 22,
        title: 'Notices, and alerts received',
        says: 'Notices by outcome. delivered and replaced: no problem. retried: another attempt follows. expired, overflow, rejected and disabled: the notice is lost; check the receiver. Alerts from Alertmanager that were not accepted: unavailable: the state file or the queue is full, and Alertmanager retries; malformed: another program posts there.',
        size: [8, 8],
        unit: 'none',
        none: 'no receiver is configured',
        queries: [
          {
            expr: growth(['outcome'], select('mirrorwatch_webhook_deliveries_total'), '$__interval'),
            legend: '{{outcome}}',
          },
          {
            expr: `${growth(['outcome'], select('mirrorwatch_alertmanager_notifications_total', { outcome: '=~unavailable|malformed' }), '$__interval')} > 0`,
            legend: 'alert {{outcome}}',
          },
        ],
      }),
      {
        delivered: colour.blue,
        replaced: colour.sky,
        retried: colour.gold,
        expired: colour.magenta,
        overflow: colour.magenta,
        rejected: colour.magenta,
        disabled: colour.magenta,
      } satisfies Record<DeliveryOutcome, string>,
    ),
    lines({
      id: 33,
      title: 'Memory',
      says: 'The memory of the daemon in RAM, all threads included. If the line rises for days, the daemon leaks memory: please report it.',
      size: [8, 8],
      unit: 'bytes',
      none: noDaemon,
      queries: [{ expr: `max by (instance) (${select('process_resident_memory_bytes')})`, legend: '{{instance}}' }],
    }),
  ] as const;
}
