import type { Metric } from '../metric.ts';

export const doorOutcomes = [
  'redirected',
  'passed',
  'relayed',
  'absent',
  'failed',
  'private',
  'refused',
  'withdrawn',
  'not_found',
  'method',
  'unauthorized',
  'limited',
] as const;
export type DoorOutcome = (typeof doorOutcomes)[number];

type DoorMetric = Omit<Metric, 'per' | 'absent' | 'exemplars' | 'only'>;

/** Metrics of the front door, which is a separate process with its own `/metrics`. */
export const doorMetrics = {
  mirrorwatch_door_requests_total: {
    type: 'counter',
    help: 'Requests of clients. Label registry is the mirror to which the client was redirected, or which sent the response. Labels ecosystem and registry are empty if there is none.',
    labels: ['ecosystem', 'registry', 'outcome'],
  },
  mirrorwatch_door_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the head of a request to the end of its response.',
    labels: ['ecosystem', 'registry', 'outcome'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.1, 2.5, 5.5, 10.5, 30.5, 60.5],
  },
  mirrorwatch_door_seconds: {
    type: 'histogram',
    help: 'Deprecated: use mirrorwatch_door_request_duration_seconds, which has the same values.',
    labels: ['ecosystem', 'registry', 'outcome'],
  },
  mirrorwatch_door_order_position: {
    type: 'gauge',
    help: 'Position of a mirror in the current order. 1 is used first, 0 is not used.',
    labels: ['ecosystem', 'upstream', 'registry'],
  },
  mirrorwatch_door_daemon_up: {
    type: 'gauge',
    help: '1 while the door follows the daemon, 0 while it cannot reach the daemon and keeps the last order.',
    labels: [],
  },
  process_open_fds: { type: 'gauge', help: 'File descriptors in use.', labels: [] },
  process_max_fds: {
    type: 'gauge',
    help: 'Limit of file descriptors. It bounds client connections and concurrent relayed responses.',
    labels: [],
  },
} as const satisfies Record<string, DoorMetric>;
