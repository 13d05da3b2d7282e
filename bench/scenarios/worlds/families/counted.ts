import { type Draft, familiesOf, hourMs, minuteMs, type Row, secondMs } from './draft.ts';
import { allAlong, declareOurs, failing, failings, mirrorAt, stretch, strike, strikeHead } from './spoil.ts';

/** Every mirror counts: who requests more than a schedule does is refused for some minutes. Clients stay below it. */
function count(draft: Draft): void {
  const { draw } = draft;
  const requests = draw.whole(20, 40);
  const waitMs = draw.scaled(1.5, 20) * minuteMs;
  for (const mirror of draft.mirrors) mirror.allowance = { requests, windowMs: minuteMs, waitMs };
}

const rows: readonly Row[] = [
  {
    name: 'counts-beside-a-tail',
    what: '429 with Retry-After to more than 20 to 40 requests a minute; 3 to 8 % of all answers take 1 to 5 s more',
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
    what: '429 with Retry-After to more than 20 to 40 requests a minute; the head is dead for 3 to 8 s each 15 to 40 minutes',
    spoil: (draft) => {
      const { draw } = draft;
      draft.durationMs = 5 * hourMs;
      count(draft);
      const gate = {
        kind: 'pulse',
        onMs: draw.between(3, 8) * secondMs,
        offMs: draw.between(15, 40) * minuteMs,
      } as const;
      strike(mirrorAt(draft, 0), allAlong(draft), { failing: draw.pick([failings.refused, failings.error503]), gate });
      declareOurs(draft, 'counted', allAlong(draft));
    },
  },
  {
    name: 'counts-and-dies',
    what: '429 with Retry-After to more than 20 to 40 requests a minute; the head dies',
    spoil: (draft) => {
      count(draft);
      strikeHead(draft, 'dead', { failing: draft.draw.pick([failings.refused, failings.error502, failings.hanging]) });
    },
  },
  {
    name: 'slows-and-refuses-all',
    what: 'the head gets 4 to 10 times slower for 1 to 4 minutes, then answers 429 with Retry-After: 30 min to everybody',
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

/** Mirrors that count what we request, and one that is full. */
export const countedFamilies = familiesOf('refused for our pace', rows);
