import { built } from './board.ts';
import { selector } from './promql.ts';
import { frontDoor } from './self-door.ts';
import { inOrder, overTime } from './self-parts.ts';
import { datasource, vantage, window } from './variables.ts';

/** Can I trust what I see: the daemon itself. */
export const self = built({
  board: 'self',
  title: 'mirrorwatch / Self',
  says: 'Whether the data of these boards can be trusted: whether the daemon probes on time, has verdicts and delivers its notices, and what it costs.',
  from: 'now-6h',
  variables: [datasource, vantage, window],
  select: selector(['vantage']),
  sections: [
    { id: 0, title: '', panels: [inOrder(), ...overTime()] },
    { id: 104, title: 'The front door', panels: [...frontDoor()] },
  ],
});
