import type { doorMetrics } from '../src/export/catalog/door.ts';
import { lines } from './panels.ts';
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
      size: [6, 8],
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
      title: 'Time of a request at the front door, p99',
      says: 'A redirect takes a few milliseconds at most. If it takes longer, the process has too little CPU; a proxy with the configuration that the door prints can take the load. The times of passed and relayed include the mirror and the client.',
      size: [6, 8],
      unit: 's',
      none,
      queries: [
        {
          expr: quantile(0.99, ['outcome'], of('mirrorwatch_door_request_duration_seconds'), '$window'),
          legend: '{{outcome}}',
        },
      ],
    }),
    lines({
      id: 42,
      title: 'Front door follows the daemon',
      says: '1 while the front door follows the daemon. At 0 the front door keeps the last order of mirrors, even if mirrors fail: see MirrorwatchDoorFails in the runbook.',
      size: [6, 8],
      unit: 'none',
      none,
      queries: [{ expr: `min by (instance) (${of('mirrorwatch_door_daemon_up')})`, legend: '{{instance}}' }],
    })
      .decimals(0)
      .axisSoftMax(1),
    lines({
      id: 43,
      title: 'Order of mirrors at the front door',
      says: 'The mirrors to which the front door sends clients: 1 is used first, 0 is not used. The order changes with the advice.',
      size: [6, 8],
      unit: 'none',
      none,
      queries: [
        {
          expr: `max by (ecosystem, upstream, registry) (${of('mirrorwatch_door_order_position')})`,
          legend: '{{upstream}} {{registry}}',
        },
      ],
    }).decimals(0),
  ] as const;
}
