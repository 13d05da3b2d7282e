import { familiesOf, hourMs, minuteMs, type Row } from './draft.ts';
import { deadly, declare, failings, mirrorAt, serverErrors, stretch, strike, strikeHead } from './spoil.ts';

const turns: readonly Row[] = [
  {
    name: 'two-in-turn',
    what: 'the head and the next mirror are dead by turns, 8 to 40 minutes each, two to four times',
    spoil: (draft) => {
      let atMs = draft.window.fromMs;
      for (let round = draft.draw.whole(2, 4); round > 0; round -= 1) {
        const first = stretch(draft, atMs, draft.draw.between(8, 40) * minuteMs, 0);
        strikeHead(draft, 'dead in turn', { failing: draft.draw.pick(deadly) }, first);
        const gapMs = draft.draw.between(0, 3) * minuteMs;
        const second = stretch(draft, first.toMs + gapMs, draft.draw.between(8, 40) * minuteMs, 30 * minuteMs);
        strike(mirrorAt(draft, 1), second, { failing: draft.draw.pick(deadly) });
        atMs = second.toMs + draft.draw.between(0, 3) * minuteMs;
      }
    },
  },
  {
    name: 'flaky-in-turn',
    what: 'the head fails 15 to 40 % of requests for a while, then the next mirror does',
    spoil: (draft) => {
      const { draw } = draft;
      const first = stretch(draft, draft.window.fromMs, draw.between(20, 60) * minuteMs, 0);
      strikeHead(draft, 'flaky', { failing: draw.pick(serverErrors), share: draw.between(0.15, 0.4) }, first);
      const second = stretch(draft, first.toMs, draw.between(20, 60) * minuteMs, 60 * minuteMs);
      strike(mirrorAt(draft, 1), second, { failing: draw.pick(serverErrors), share: draw.between(0.15, 0.4) });
    },
  },
  {
    name: 'recovery-true',
    what: 'the head is dead for 20 to 90 minutes, then healthy for three hours',
    spoil: (draft) => {
      const window = stretch(draft, draft.window.fromMs, draft.draw.between(20, 90) * minuteMs, 3 * hourMs);
      strikeHead(draft, 'dead, then well', { failing: draft.draw.pick(deadly) }, window);
    },
  },
  {
    name: 'recovery-false',
    what: 'the head comes back for 2 to 15 minutes and dies again, two to four times',
    spoil: (draft) => {
      let atMs = draft.window.fromMs;
      for (let round = draft.draw.whole(2, 4); round >= 0; round -= 1) {
        const window = stretch(draft, atMs, draft.draw.between(10, 45) * minuteMs, 60 * minuteMs);
        strikeHead(draft, 'dead again', { failing: draft.draw.pick(deadly) }, window);
        atMs = window.toMs + draft.draw.between(2, 15) * minuteMs;
      }
    },
  },
  {
    name: 'recovery-half',
    what: 'the head dies and comes back, but then fails 8 to 25 % of requests for an hour or two',
    spoil: (draft) => {
      const { draw } = draft;
      const dead = stretch(draft, draft.window.fromMs, draw.between(10, 40) * minuteMs, 0);
      const half = stretch(draft, dead.toMs, draw.between(60, 120) * minuteMs, 60 * minuteMs);
      strike(mirrorAt(draft, 0), dead, { failing: draw.pick(deadly) });
      strike(mirrorAt(draft, 0), half, { failing: draw.pick(serverErrors), share: draw.between(0.08, 0.25) });
      declare(draft, { fromMs: dead.fromMs, toMs: half.toMs }, 'half recovered');
    },
  },
  {
    name: 'recovery-slow',
    what: 'the head dies and comes back 3 to 6 times slower for two or three hours',
    wishes: { quickZips: true },
    spoil: (draft) => {
      const { draw } = draft;
      const dead = stretch(draft, draft.window.fromMs, draw.between(10, 40) * minuteMs, 0);
      const slow = stretch(draft, dead.toMs, draw.between(120, 180) * minuteMs, 60 * minuteMs);
      strike(mirrorAt(draft, 0), dead, { failing: draw.pick(deadly) });
      strike(mirrorAt(draft, 0), slow, { factor: draw.scaled(3, 6) });
      declare(draft, { fromMs: dead.fromMs, toMs: slow.toMs }, 'back, but slow');
    },
  },
  {
    name: 'refuge-sours',
    what: 'the head dies and comes back somewhat slower; the others, one of them in use by then, get even slower',
    wishes: { quickZips: true },
    spoil: (draft) => {
      const { draw } = draft;
      const dead = stretch(draft, draft.window.fromMs, draw.between(15, 40) * minuteMs, 0);
      const after = stretch(draft, dead.toMs, draw.between(90, 150) * minuteMs, 40 * minuteMs);
      strike(mirrorAt(draft, 0), after, { factor: draw.between(1.1, 1.5) });
      for (const mirror of draft.mirrors.slice(1)) strike(mirror, after, { factor: draw.between(1.6, 4) });
      strikeHead(draft, 'dead, then the refuge sours', { failing: draw.pick(deadly) }, dead);
    },
  },
  {
    name: 'poisoned-gradually',
    what: 'a growing share of the zips of the head has wrong bytes, up to 20 to 100 % after one to three hours',
    spoil: (draft) => {
      const riseMs = draft.draw.between(1, 3) * hourMs;
      const window = stretch(draft, draft.window.fromMs, riseMs + hourMs, 30 * minuteMs);
      const share = draft.draw.between(0.2, 1);
      const shape = { kind: 'ramp', riseMs } as const;
      strikeHead(draft, 'poisoned', { steps: ['zip'], failing: failings.mismatch, share, shape }, window);
    },
  },
  {
    name: 'poisoned-module',
    what: 'the zip and mod of one module have wrong bytes at the head from one moment on',
    spoil: (draft) => {
      const modules = draft.draw.some(draft.modules, 1);
      strikeHead(draft, 'a module is poisoned', { steps: ['zip', 'mod'], modules, failing: failings.mismatch });
    },
  },
];

/** Families in which a fault changes over time: it moves to another mirror, ends, seems to end, or grows. */
export const courseFamilies = familiesOf('in turn, recovery, poisoning', turns);
