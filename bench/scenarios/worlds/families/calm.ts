import type { Family } from '../../world.ts';
import { type Draft, dayMs, familiesOf, hourMs, minuteMs, type Row, secondMs, setupOf } from './draft.ts';

/** The length of a calm world, days. With it, the fourteen calm families make a year over ten seeds. */
export const usualCalmDays = 365 / 10 / 14;

/** Families of worlds without a fault, each `calmDays` days long. In them every move is a false move. */
export function calmFamilies(calmDays: number = usualCalmDays): readonly Family[] {
  return familiesOf('healthy noise', rowsOf(calmDays));
}

function rowsOf(calmDays: number): readonly Row[] {
  const calm = (spoil: (draft: Draft) => void) => (draft: Draft) => {
    draft.durationMs = calmDays * dayMs;
    draft.isCalm = true;
    spoil(draft);
  };
  return [
    { name: 'calm', what: 'nothing is wrong', spoil: calm(() => {}) },
    ...tails(calm),
    ...habits(calm),
    {
      name: 'calm-restarts',
      what: 'all is healthy and we are restarted every 2 to 12 hours',
      spoil: calm((draft) => {
        const everyMs = draft.draw.between(2, 12) * hourMs;
        for (let atMs = everyMs; atMs < draft.durationMs; atMs += everyMs) {
          draft.events.push({ atMs, kind: 'restart', downMs: draft.draw.scaled(2, 300) * secondMs });
        }
      }),
    },
    {
      name: 'calm-reloads',
      what: 'all is healthy and the configuration is reloaded every 3 to 12 hours with another probe interval',
      spoil: calm((draft) => {
        const everyMs = draft.draw.between(3, 12) * hourMs;
        for (let atMs = everyMs; atMs < draft.durationMs; atMs += everyMs) {
          const setup = { ...setupOf(draft), everyMs: draft.draw.pick([15, 30, 60]) * secondMs };
          draft.events.push({ atMs, kind: 'reload', setup });
        }
      }),
    },
    {
      name: 'calm-slow-pace',
      what: 'all is healthy, probed every 5 minutes, with heavy tails',
      wishes: { everyMs: 5 * minuteMs, sigma: 0.6, quickZips: true },
      spoil: calm(() => {}),
    },
  ];
}

type Calm = (spoil: (draft: Draft) => void) => (draft: Draft) => void;

function tails(calm: Calm): readonly Row[] {
  return [0.6, 0.8, 1].map((sigma) => ({
    name: `calm-sigma-${sigma}`,
    what: `times with heavy tails, in half of the worlds around 600 ms: log-normal, σ = ${sigma}`,
    wishes: { sigma, quickZips: true },
    spoil: calm((draft) => {
      if (draft.draw.chance(0.5)) return;
      for (const mirror of draft.mirrors) {
        const { processingMs, rttMs } = mirror;
        const modMs = Math.max(processingMs.mod, 600 - 3 * rttMs);
        mirror.processingMs = { ...processingMs, mod: modMs, info: modMs };
      }
    }),
  }));
}

function habits(calm: Calm): readonly Row[] {
  return [
    {
      name: 'calm-daily',
      what: 'every mirror is 30 to 60 % slower in its evening',
      spoil: calm((draft) => {
        const swing = draft.draw.between(0.3, 0.6);
        for (const mirror of draft.mirrors) mirror.dailySwing = swing * draft.draw.between(0.95, 1);
      }),
    },
    {
      name: 'calm-jitter',
      what: 'a tenth of the responses of every mirror takes 200 to 600 ms more',
      spoil: calm((draft) => {
        const addMs = draft.draw.between(200, 600);
        for (const mirror of draft.mirrors) {
          mirror.effects.push({ fromMs: 0, toMs: draft.durationMs, share: 0.1, addMs });
        }
      }),
    },
    {
      name: 'calm-retransmits',
      what: '2 to 5 % of the responses of every mirror lose a packet',
      spoil: calm((draft) => {
        const share = draft.draw.between(0.02, 0.05);
        for (const mirror of draft.mirrors) mirror.retransmitShare = share;
      }),
    },
    {
      name: 'calm-misses',
      what: '3 to 10 % of the responses of every mirror miss its cache and take 0.5 to 3 s more',
      spoil: calm((draft) => {
        const missShare = draft.draw.between(0.03, 0.1);
        const missMs = draft.draw.scaled(500, 3000);
        for (const mirror of draft.mirrors) Object.assign(mirror, { missShare, missMs });
      }),
    },
    ...[0.003, 0.01].map((failureShare) => ({
      name: `calm-failures-${failureShare * 1000}`,
      what: `every mirror fails ${failureShare * 100} % of requests`,
      wishes: { failureShare },
      spoil: calm(() => {}),
    })),
    {
      name: 'calm-twenty-modules',
      what: 'twenty modules and ten mirrors, some three times slower than others',
      wishes: { modules: 20, mirrors: 10 },
      spoil: calm(() => {}),
    },
  ];
}
