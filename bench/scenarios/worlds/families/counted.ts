import { type Draft, familiesOf, hourMs, minuteMs, type Row, secondMs } from './draft.ts';
import { allAlong, declareOurs, failing, failings, mirrorAt, stretch, strike, strikeHead } from './spoil.ts';

/**
 * Makes every mirror count requests. A client with more than 20 to 40 requests a minute gets 429 for a while. The
 * simulated builds stay below that.
 */
function count(draft: Draft, waitMinutes: readonly [number, number] = [1.5, 20]): void {
  const { draw } = draft;
  const requests = draw.whole(20, 40);
  const waitMs = draw.scaled(...waitMinutes) * minuteMs;
  for (const mirror of draft.mirrors) mirror.allowance = { requests, windowMs: minuteMs, waitMs };
}

/** Makes the head dead for 3 to 8 seconds every 15 to 40 minutes. */
function blink(draft: Draft): void {
  const { draw } = draft;
  const gate = { kind: 'pulse', onMs: draw.between(3, 8) * secondMs, offMs: draw.between(15, 40) * minuteMs } as const;
  strike(mirrorAt(draft, 0), allAlong(draft), { failing: draw.pick([failings.refused, failings.error503]), gate });
}

const rows: readonly Row[] = [
  {
    name: 'counts-beside-a-tail',
    what: 'mirrors send 429 with Retry-After for more than 20 to 40 requests a minute; 3 to 8 % of all responses take 1 to 5 s more',
    spoil: (draft) => {
      draft.durationMs = 5 * hourMs;
      count(draft);
      const missShare = draft.draw.between(0.03, 0.08);
      const missMs = draft.draw.scaled(1000, 5000);
      for (const mirror of draft.mirrors) Object.assign(mirror, { missShare, missMs });
      declareOurs(draft, 'counted', allAlong(draft));
    },
  },
  {
    name: 'counts-beside-blinks',
    what: 'mirrors send 429 with Retry-After for more than 20 to 40 requests a minute; the head is dead for 3 to 8 s, once every 15 to 40 minutes',
    spoil: (draft) => {
      draft.durationMs = 5 * hourMs;
      count(draft);
      blink(draft);
      declareOurs(draft, 'counted', allAlong(draft));
    },
  },
  {
    name: 'counts-for-seconds',
    what: 'mirrors send 429 with Retry-After: 10 to 60 s for more than 20 to 40 requests a minute; the head is dead for 3 to 8 s, once every 15 to 40 minutes',
    spoil: (draft) => {
      draft.durationMs = 5 * hourMs;
      count(draft, [1 / 6, 1]);
      blink(draft);
      declareOurs(draft, 'counted', allAlong(draft));
    },
  },
  {
    name: 'throttled-by-chance',
    what: 'the head sends 429 with Retry-After: 10 to 60 s to one of 1000 to 5000 requests',
    spoil: (draft) => {
      const { draw } = draft;
      draft.durationMs = 5 * hourMs;
      const harm = failing('throttled', { status: 429, retryAfterMs: draw.whole(10, 60) * secondMs });
      strikeHead(draft, '429 by chance', { failing: harm, share: draw.scaled(0.0002, 0.001) }, allAlong(draft));
    },
  },
  {
    name: 'counts-and-dies',
    what: 'mirrors send 429 with Retry-After for more than 20 to 40 requests a minute; the head dies',
    spoil: (draft) => {
      count(draft);
      strikeHead(draft, 'dead', { failing: draft.draw.pick([failings.refused, failings.error502, failings.hanging]) });
    },
  },
  {
    name: 'slows-and-refuses-all',
    what: 'the head gets 4 to 10 times slower for 1 to 4 minutes, then sends 429 with Retry-After: 30 min',
    spoil: (draft) => {
      const { draw } = draft;
      const slow = stretch(draft, draft.window.fromMs, draw.between(1, 4) * minuteMs, 0);
      const full = stretch(draft, slow.toMs, draw.between(30, 90) * minuteMs, 40 * minuteMs);
      strike(mirrorAt(draft, 0), slow, { factor: draw.scaled(4, 10) });
      const harm = { failing: failing('throttled', { status: 429, retryAfterMs: 30 * minuteMs }) };
      strikeHead(draft, 'overloaded', harm, full);
    },
  },
];

/** Families with status 429: mirrors count our requests, refuse some at random, or are overloaded. */
export const countedFamilies = familiesOf('refused for our pace', rows);
