import { dayMs, familiesOf, hourMs, minuteMs, type Row } from './draft.ts';
import { allAlong, declare, failings, mirrorAt, slowDown, stretch, strike, strikeHead } from './spoil.ts';

const steps: readonly Row[] = [
  {
    name: 'slow-step',
    what: 'every response of the head takes 0.9 to 6 s more',
    spoil: (draft) => strikeHead(draft, 'slow', { addMs: draft.draw.scaled(900, 6000) }),
  },
  {
    name: 'slow-factor',
    what: 'every response of the head takes 3 to 12 times as long, and more than 800 ms',
    wishes: { quickZips: true },
    spoil: (draft) =>
      strikeHead(draft, 'slow', { factor: draft.draw.scaled(3, 12), addMs: draft.draw.between(700, 1000) }),
  },
  {
    name: 'slow-then-hanging',
    what: 'the head gets slower over some minutes and then no longer responds',
    spoil: (draft) => {
      const { fromMs, toMs } = draft.window;
      const turnMs = fromMs + (toMs - fromMs) * draft.draw.between(0.3, 0.7);
      const riseMs = draft.draw.between(2, 15) * minuteMs;
      strike(mirrorAt(draft, 0), { fromMs, toMs: turnMs }, { addMs: 9000, shape: { kind: 'ramp', riseMs } });
      strike(mirrorAt(draft, 0), { fromMs: turnMs, toMs }, { failing: failings.hanging });
      declare(draft, draft.window, 'slow, then hanging');
    },
  },
  {
    name: 'slow-spell',
    what: 'the head is 1.5 to 8 s slower for 3 to 12 minutes',
    spoil: (draft) => {
      const window = stretch(draft, draft.window.fromMs, draft.draw.between(3, 12) * minuteMs, 60 * minuteMs);
      strikeHead(draft, 'slow spell', { addMs: draft.draw.scaled(1500, 8000) }, window);
    },
  },
  {
    name: 'slow-again-and-again',
    what: 'the head is 3 to 8 times slower for 2 to 5 minutes of every 12 to 25, for five to eight hours',
    wishes: { quickZips: true },
    spoil: (draft) => {
      const { draw } = draft;
      const window = stretch(draft, draft.window.fromMs, draw.between(5, 8) * hourMs, 40 * minuteMs);
      const onMs = draw.between(2, 5) * minuteMs;
      const gate = { kind: 'pulse', onMs, offMs: draw.between(12, 25) * minuteMs - onMs } as const;
      strikeHead(draft, 'slow again', { factor: draw.scaled(3, 8), gate }, window);
    },
  },
  {
    name: 'slow-now-and-then',
    what: 'the head takes 1 to 5 s more for 3 to 10 minutes of every 35 to 75, for six to nine hours',
    spoil: (draft) => {
      const { draw } = draft;
      const window = stretch(draft, draft.window.fromMs, draw.between(6, 9) * hourMs, 40 * minuteMs);
      const onMs = draw.between(3, 10) * minuteMs;
      const gate = { kind: 'pulse', onMs, offMs: draw.between(35, 75) * minuteMs - onMs } as const;
      strikeHead(draft, 'slow now and then', { addMs: draw.scaled(1000, 5000), gate }, window);
    },
  },
  {
    name: 'slow-each-day',
    what: 'the head is 3 times slower for three hours of each of three days',
    wishes: { quickZips: true },
    spoil: (draft) => {
      for (let day = 0; day < 3; day += 1) {
        const window = stretch(draft, draft.window.fromMs + day * dayMs, 3 * hourMs, hourMs);
        strikeHead(draft, `slow on day ${day + 1}`, { factor: 3 }, window);
      }
    },
  },
  {
    name: 'slow-and-timing-out',
    what: 'the head is slow and a third to a half of its responses never arrive',
    spoil: (draft) => {
      strike(mirrorAt(draft, 0), draft.window, { failing: failings.hanging, share: draft.draw.between(0.3, 0.5) });
      strikeHead(draft, 'slow and timing out', { addMs: draft.draw.scaled(1500, 6000) });
    },
  },
];

const below: readonly Row[] = [
  {
    name: 'below-floor',
    what: 'every response of the head takes 150 to 600 ms more',
    spoil: (draft) => strikeHead(draft, 'slower', { addMs: draft.draw.scaled(150, 600) }),
  },
  {
    name: 'forty-to-240',
    what: 'light responses of the head go from about 40 ms to 240 ms; its zips take 200 ms more too',
    spoil: (draft) => {
      for (const mirror of draft.mirrors) {
        slowDown(mirror, 40 / (3 * mirror.rttMs + mirror.processingMs.mod));
      }
      strikeHead(draft, '40 to 240 ms', { addMs: 200 });
    },
  },
  {
    name: 'drift',
    what: 'the head gets slower by 3 to 7 % an hour for 40 hours',
    wishes: { quickZips: true },
    spoil: (draft) => {
      const fromMs = draft.window.fromMs;
      const window = stretch(draft, fromMs, 40 * hourMs, hourMs);
      const factor = 1 + draft.draw.between(0.03, 0.07);
      strike(mirrorAt(draft, 0), window, { factor, shape: { kind: 'drift' } });
      declare(draft, { fromMs: fromMs + (Math.log(1.2) / Math.log(factor)) * hourMs, toMs: window.toMs }, 'drift');
    },
  },
  {
    name: 'slow-for-good',
    what: 'the head gets 7.5 or 15 times slower and stays so for 50 to 70 hours',
    wishes: { quickZips: true },
    spoil: (draft) => {
      const window = stretch(draft, draft.window.fromMs, draft.draw.between(50, 70) * hourMs, 0);
      strikeHead(draft, 'slow for good', { factor: draft.draw.pick([7.5, 15]) }, window);
    },
  },
  {
    name: 'always-slow',
    what: 'the head has been 15 times slower than the others since before the start',
    wishes: { quickZips: true },
    spoil: (draft) => {
      draft.durationMs = draft.draw.between(2, 8) * hourMs;
      strikeHead(draft, 'always slow', { factor: 15 }, allAlong(draft));
    },
  },
  {
    name: 'always-slower',
    what: 'the head has been 2.4 to 6 times slower than usual since before the start',
    wishes: { quickZips: true },
    spoil: (draft) => {
      draft.durationMs = draft.draw.between(2, 8) * hourMs;
      strikeHead(draft, 'always slower', { factor: draft.draw.scaled(1.6, 4) * 1.5 }, allAlong(draft));
    },
  },
  {
    name: 'swell',
    what: 'the head gets 2 to 6 times slower and normal again, in waves of 40 to 120 minutes',
    wishes: { quickZips: true },
    spoil: (draft) => {
      const periodMs = draft.draw.between(40, 120) * minuteMs;
      const window = stretch(draft, draft.window.fromMs, 2 * periodMs, 40 * minuteMs);
      strikeHead(draft, 'swell', { factor: draft.draw.scaled(2, 6), shape: { kind: 'wave', periodMs } }, window);
    },
  },
  {
    name: 'creeping-queue',
    what: 'the head gets slower by 0.5 to 3 s over an hour or two, then is repaired',
    spoil: (draft) => {
      const riseMs = draft.draw.between(60, 120) * minuteMs;
      const window = stretch(draft, draft.window.fromMs, riseMs + 30 * minuteMs, 40 * minuteMs);
      strikeHead(draft, 'queue', { addMs: draft.draw.scaled(500, 3000), shape: { kind: 'ramp', riseMs } }, window);
    },
  },
];

/** Families in which the head is slower by more than 800 ms, the floor of the spike rule. */
export const stepFamilies = familiesOf('step above floor', steps);

/** Families in which the head is slow below every threshold, or for so long that the slowness becomes usual. */
export const belowFamilies = familiesOf('below floor, drift, slow for good', below);
