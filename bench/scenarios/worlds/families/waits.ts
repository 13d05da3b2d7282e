import { type Draft, familiesOf, hourMs, minuteMs, type Row, secondMs } from './draft.ts';
import { allAlong, declareOurs, failings, mirrorAt, serverErrors, strike, strikeHead } from './spoil.ts';

/** Makes all artifacts 5 to 80 KB large, like most of npm and PyPI. Their downloads take mainly the round trips. */
function makeSmall(draft: Draft): void {
  for (const module of draft.zipBytes.keys()) draft.zipBytes.set(module, draft.draw.scaled(5e3, 80e3));
}

const rows: readonly Row[] = [
  {
    name: 'downloads-40-times-slower',
    what: 'zips of the head come 25 to 60 times slower, all else is normal',
    wishes: { quickZips: true },
    spoil: (draft) => strikeHead(draft, 'zips crawl', { steps: ['zip'], factor: draft.draw.scaled(25, 60) }),
  },
  {
    name: 'downloads-trickle',
    what: 'the head begins each zip at once and goes on with 0.1 to 3 KB/s',
    spoil: (draft) =>
      strikeHead(draft, 'zips trickle', { steps: ['zip'], bytesPerSecond: draft.draw.scaled(100, 3000) }),
  },
  {
    name: 'small-downloads-fail',
    what: 'zips are small; those of the head are cut off, or fail with 5xx',
    spoil: (draft) => {
      makeSmall(draft);
      const failing = draft.draw.pick([...serverErrors, failings.reset, failings.cut]);
      strikeHead(draft, 'small zips fail', { steps: ['zip'], failing });
    },
  },
  {
    name: 'small-downloads-blink',
    what: 'zips are small; those of the head fail for 2 to 5 s of every 8 to 30 minutes',
    spoil: (draft) => {
      const { draw } = draft;
      draft.durationMs = 5 * hourMs;
      makeSmall(draft);
      const onMs = draw.between(2, 5) * secondMs;
      const gate = { kind: 'pulse', onMs, offMs: draw.between(8, 30) * minuteMs } as const;
      const failing = draw.pick([...serverErrors, failings.reset]);
      strike(mirrorAt(draft, 0), allAlong(draft), { steps: ['zip'], failing, gate });
      declareOurs(draft, 'blinks', allAlong(draft));
    },
  },
  {
    name: 'slow-or-never',
    what: 'for 1 to 6 s responses of the head take 1 to 4 s more; for the next 1 to 6 s they never arrive; and so on',
    spoil: (draft) => {
      const { draw } = draft;
      const [onMs, offMs] = [draw.between(1, 6) * secondMs, draw.between(1, 6) * secondMs];
      strike(mirrorAt(draft, 0), draft.window, { failing: failings.hanging, gate: { kind: 'pulse', onMs, offMs } });
      strikeHead(draft, 'slow or never', { addMs: draw.scaled(1000, 4000) });
    },
  },
  {
    name: 'late-answers',
    what: 'every response of the head arrives after 6 to 9 s, except the response to the canary',
    spoil: (draft) => strikeHead(draft, 'late', { sparesCanary: true, addMs: draft.draw.between(6000, 9000) }),
  },
];

/** Families in which responses take very long, or small downloads fail. */
export const waitFamilies = familiesOf('long waits', rows);
