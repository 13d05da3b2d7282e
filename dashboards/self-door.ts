import type { doorMetrics } from '../src/export/catalog/door.ts';
import { columnsOf } from './columns.ts';
import { words } from './frame.ts';
import { ink } from './palette.ts';
import { colouredText, lines, table } from './panels.ts';
import { quantile } from './promql.ts';

/** What the front door does. Its metrics are of a process of its own, so the daemon's catalog has none of them. */
export function frontDoor() {
  const of = (name: keyof typeof doorMetrics) => `${name}{vantage=~"$vantage"}`;
  const none = 'no front door is scraped';
  return [
    lines({
      id: 40,
      title: 'Requests at the front door',
      says: 'Requests of clients per second, by outcome. failed: no mirror responded, see MirrorwatchDoorFails in the runbook. limited: a client exceeds perMinute, or the front door already relays 512 responses.',
      size: [8, 8],
      unit: 'cps',
      none,
      queries: [
        {
          expr: `sum by (outcome) (rate(${of('mirrorwatch_door_requests_total')}[$__rate_interval]))`,
          legend: '{{outcome}}',
        },
      ],
    }),
    lines({
      id: 41,
      title: 'Time of a request at the front door, p99 over $window',
      says: 'A redirect takes a few milliseconds at most. If it takes longer, the process has too little CPU; a proxy with the configuration that the door prints can take the load. The times of passed and relayed include the mirror and the client.',
      size: [8, 8],
      unit: 's',
      none,
      queries: [
        {
          expr: quantile(0.99, ['outcome'], of('mirrorwatch_door_request_duration_seconds'), '$window'),
          legend: '{{outcome}}',
        },
      ],
    }),
    table({
      id: 43,
      title: 'Order of mirrors at the front door',
      says: 'The mirrors to which the front door sends clients: 1 is used first, 0 is not used. The order changes with the advice. Follows "no": the front door does not follow the daemon and keeps its last order, even if mirrors fail: see MirrorwatchDoorFails in the runbook.',
      size: [8, 8],
      unit: 'none',
      none,
      queries: [
        {
          expr: `max by (instance, upstream, registry) (${of('mirrorwatch_door_order_position')})`,
          as: 'table',
        },
        {
          expr: `max by (instance, upstream, registry) (${of('mirrorwatch_door_order_position')} * 0 + on (instance) group_left () ${of('mirrorwatch_door_daemon_up')})`,
          as: 'table',
        },
      ],
    })
      .minWidth(60)
      .withTransformation({ id: 'merge', options: {} })
      .withTransformation(
        columnsOf(
          ['instance', 'upstream', 'registry', 'Value #A', 'Value #B'],
          {},
          { registry: 'Mirror', 'Value #A': 'Position', 'Value #B': 'Follows' },
        ),
      )
      .overrideByName('Follows', [
        { id: 'mappings', value: [words({ 1: ['yes', 'text'], 0: ['no', ink.bad] })] },
        ...colouredText([null, 'text']),
      ]),
  ] as const;
}
