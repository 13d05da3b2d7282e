import type { Metric } from '../metric.ts';

export const doorOutcomes = [
  'redirected',
  'passed',
  'relayed',
  'absent',
  'failed',
  'private',
  'refused',
  'not_found',
  'method',
  'unauthorized',
  'limited',
] as const;
export type DoorOutcome = (typeof doorOutcomes)[number];

type DoorMetric = Omit<Metric, 'per' | 'absent' | 'exemplars' | 'only'>;

/** Metrics of the front door, a process of its own: on its own `/metrics`, not on the daemon's. */
export const doorMetrics = {
  mirrorwatch_door_requests_total: {
    type: 'counter',
    help: 'Requests of clients; registry is the mirror that the response names or came from, ecosystem and registry are empty where none was reached.',
    labels: ['ecosystem', 'registry', 'outcome'],
  },
  mirrorwatch_door_seconds: {
    type: 'histogram',
    help: 'From the head of a request to the end of its response.',
    labels: ['ecosystem', 'registry', 'outcome'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.1, 2.5, 5.5, 10.5, 30.5, 60.5],
  },
  mirrorwatch_door_order_position: {
    type: 'gauge',
    help: 'Place of a mirror in the order in force; 1 is used first, 0 is left out.',
    labels: ['ecosystem', 'upstream', 'registry'],
  },
  mirrorwatch_door_daemon_up: {
    type: 'gauge',
    help: '1 while the daemon is followed, 0 while the last order stays in force without it.',
    labels: [],
  },
  process_open_fds: { type: 'gauge', help: 'File descriptors in use.', labels: [] },
  process_max_fds: {
    type: 'gauge',
    help: 'The limit of file descriptors. Connections of clients and relayed responses at once are bounded by it.',
    labels: [],
  },
} as const satisfies Record<string, DoorMetric>;
