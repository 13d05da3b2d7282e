import { type Draft, familiesOf, minuteMs, type Row, secondMs, setupOf } from './draft.ts';
import { deadly, serverErrors, strikeHead } from './spoil.ts';

/** A time during the fault, at the given share of its duration. */
function within(draft: Draft, share: number): number {
  return draft.window.fromMs + share * (draft.window.toMs - draft.window.fromMs);
}

const rows: readonly Row[] = [
  {
    name: 'restart-in-trouble',
    what: 'the head is dead, and we are restarted in the middle of it',
    spoil: (draft) => {
      strikeHead(draft, 'dead, restart', { failing: draft.draw.pick(deadly) });
      const downMs = draft.draw.scaled(2, 120) * secondMs;
      draft.events.push({ atMs: within(draft, draft.draw.between(0.05, 0.9)), kind: 'restart', downMs });
    },
  },
  {
    name: 'restart-at-onset',
    what: 'we are restarted within a minute around the moment the head dies',
    spoil: (draft) => {
      strikeHead(draft, 'dead at restart', { failing: draft.draw.pick(deadly) });
      const atMs = draft.window.fromMs + draft.draw.between(-60, 20) * secondMs;
      draft.events.push({ atMs, kind: 'restart', downMs: draft.draw.scaled(2, 60) * secondMs });
    },
  },
  {
    name: 'restart-while-flaky',
    what: 'the head fails 15 to 35 % of requests, and we are restarted every 5 to 20 minutes',
    spoil: (draft) => {
      const share = draft.draw.between(0.15, 0.35);
      strikeHead(draft, 'flaky, restarts', { failing: draft.draw.pick(serverErrors), share });
      const everyMs = draft.draw.between(5, 20) * minuteMs;
      for (let atMs = draft.window.fromMs + everyMs; atMs < draft.window.toMs; atMs += everyMs) {
        draft.events.push({ atMs, kind: 'restart', downMs: 5 * secondMs });
      }
    },
  },
  {
    name: 'restart-at-recovery',
    what: 'we are down for 1 to 10 minutes while the head comes back',
    spoil: (draft) => {
      strikeHead(draft, 'dead, down at recovery', { failing: draft.draw.pick(deadly) });
      const downMs = draft.draw.between(1, 10) * minuteMs;
      draft.events.push({ atMs: draft.window.toMs - downMs / 2, kind: 'restart', downMs });
    },
  },
  {
    name: 'reload-in-trouble',
    what: 'the head is dead or slow, and the configuration is reloaded with another probe interval',
    spoil: (draft) => {
      const harm = draft.draw.chance(0.5) ? { failing: draft.draw.pick(deadly) } : { addMs: 3000 };
      strikeHead(draft, 'trouble, reload', harm);
      const setup = { ...setupOf(draft), everyMs: draft.draw.pick([15, 30, 60]) * secondMs };
      draft.events.push({ atMs: within(draft, draft.draw.between(0.05, 0.8)), kind: 'reload', setup });
    },
  },
];

/** Families in which the daemon is restarted or reloaded while the head has a fault. */
export const restartFamilies = familiesOf('restarts and reloads', rows);
