import { familiesOf, minuteMs, type Row, secondMs } from './draft.ts';
import { deadly, failings, mirrorAt, serverErrors, strike, strikeHead } from './spoil.ts';

const flaky: readonly Row[] = [
  {
    name: 'fails-5-to-10',
    what: 'the head fails 5 to 10 % of requests',
    spoil: (draft) => strikeHead(draft, 'fails', share(draft.draw.between(0.05, 0.1), draft.draw.pick(serverErrors))),
  },
  {
    name: 'fails-10-to-20',
    what: 'the head fails 10 to 20 % of requests',
    spoil: (draft) => strikeHead(draft, 'fails', share(draft.draw.between(0.1, 0.2), draft.draw.pick(deadly))),
  },
  {
    name: 'fails-20-to-35',
    what: 'the head fails 20 to 35 % of requests',
    spoil: (draft) => strikeHead(draft, 'fails', share(draft.draw.between(0.2, 0.35), draft.draw.pick(deadly))),
  },
  {
    name: 'bursts',
    what: 'the head is dead for slots of 4 to 40 s, 5 to 30 % of the time',
    spoil: (draft) => {
      const slotMs = draft.draw.scaled(4, 40) * secondMs;
      const gate = { kind: 'slots', slotMs, share: draft.draw.between(0.05, 0.3) } as const;
      strikeHead(draft, 'bursts', { failing: draft.draw.pick(deadly), gate });
    },
  },
  {
    name: 'bad-minutes',
    what: 'the head fails half of its requests for one minute of every 4 to 12',
    spoil: (draft) => {
      const gate = { kind: 'slots', slotMs: minuteMs, share: 1 / draft.draw.whole(4, 12) } as const;
      strikeHead(draft, 'bad minutes', { failing: draft.draw.pick(serverErrors), share: 0.5, gate });
    },
  },
  {
    name: 'flapping-8s',
    what: 'the head is down for 8 s, up for 8 s',
    spoil: (draft) => strikeHead(draft, 'flaps', pulse(8 * secondMs, 8 * secondMs, draft.draw.pick(deadly))),
  },
  {
    name: 'flapping-30s',
    what: 'the head is down for 30 s, up for 30 s',
    spoil: (draft) => strikeHead(draft, 'flaps', pulse(30 * secondMs, 30 * secondMs, draft.draw.pick(deadly))),
  },
  {
    name: 'flapping-minutes',
    what: 'the head is down for 1 to 6 minutes, up for 1 to 10',
    spoil: (draft) => {
      const onMs = draft.draw.between(1, 6) * minuteMs;
      strikeHead(draft, 'flaps', pulse(onMs, draft.draw.between(1, 10) * minuteMs, draft.draw.pick(deadly)));
    },
  },
];

const tails: readonly Row[] = [
  {
    name: 'tail',
    what: '8 to 30 % of the responses of the head take 2 to 8 s more',
    spoil: (draft) =>
      strikeHead(draft, 'tail', { share: draft.draw.between(0.08, 0.3), addMs: draft.draw.scaled(2000, 8000) }),
  },
  {
    name: 'backend-dead',
    what: "one of the head's 2 to 6 backends is dead",
    spoil: (draft) => strikeHead(draft, 'one backend dead', share(1 / draft.draw.whole(2, 6), draft.draw.pick(deadly))),
  },
  {
    name: 'backend-slow',
    what: "one of the head's 2 to 4 backends is 5 to 20 times slower",
    spoil: (draft) =>
      strikeHead(draft, 'one backend slow', { share: 1 / draft.draw.whole(2, 4), factor: draft.draw.scaled(5, 20) }),
  },
  {
    name: 'backend-lacks',
    what: "one of the head's 2 to 4 backends sends 404 for one module",
    spoil: (draft) => {
      const modules = [draft.draw.pick(draft.modules)];
      strikeHead(draft, 'one backend lacks a module', {
        share: 1 / draft.draw.whole(2, 4),
        modules,
        failing: failings.absent,
      });
    },
  },
  {
    name: 'stalls',
    what: 'the head stalls for slots of 5 to 30 s, 10 to 30 % of the time: responses take 3 to 9 s more',
    spoil: (draft) => {
      const slotMs = draft.draw.scaled(5, 30) * secondMs;
      const gate = { kind: 'slots', slotMs, share: draft.draw.between(0.1, 0.3) } as const;
      strikeHead(draft, 'stalls', { addMs: draft.draw.between(3000, 9000), gate });
    },
  },
  {
    name: 'lossy-path',
    what: 'the path to the head loses packets: a fifth to a half of its responses take 1 s more, some 3 s, a few hang',
    spoil: (draft) => {
      const loss = draft.draw.between(0.05, 0.16);
      strike(mirrorAt(draft, 0), draft.window, { share: 1 - (1 - loss) ** 4, addMs: 1000 });
      strike(mirrorAt(draft, 0), draft.window, { share: 4 * loss ** 2, addMs: 3000 });
      strikeHead(draft, 'lossy path', { share: 4 * loss ** 3, failing: failings.hanging });
    },
  },
];

function share(of: number, failing: (typeof deadly)[number]) {
  return { share: of, failing };
}

function pulse(onMs: number, offMs: number, failing: (typeof deadly)[number]) {
  return { failing, gate: { kind: 'pulse', onMs, offMs } } as const;
}

/**
 * Families in which the head fails intermittently: evenly, in bursts, or with alternating times of failure and success.
 */
export const flakyFamilies = familiesOf('5–35 % failures, bursts, flapping', flaky);

/** Families in which most responses of the head are normal, and some are late or fail. */
export const tailFamilies = familiesOf('tail, one bad backend', tails);
