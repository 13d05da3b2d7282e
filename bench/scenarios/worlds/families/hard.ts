import { familiesOf, minuteMs, type Row } from './draft.ts';
import { failing, failings, serverErrors, stretch, strikeHead } from './spoil.ts';

const rows: readonly Row[] = [
  {
    name: 'refused',
    what: 'the head refuses connections',
    spoil: (draft) => strikeHead(draft, 'refused', { failing: failings.refused }),
  },
  {
    name: 'black-hole',
    what: 'the head never responds',
    spoil: (draft) => strikeHead(draft, 'hanging', { failing: failings.hanging }),
  },
  {
    name: 'reset',
    what: 'the head closes every connection',
    spoil: (draft) => strikeHead(draft, 'reset', { failing: failings.reset }),
  },
  {
    name: 'server-errors',
    what: 'the head sends 500, 502 or 503',
    spoil: (draft) => strikeHead(draft, '5xx', { failing: draft.draw.pick(serverErrors) }),
  },
  {
    name: 'masked-upstream',
    what: 'the head sends 404 for content that it cannot fetch; clients then request the next mirror, even if the separator is a comma',
    spoil: (draft) => strikeHead(draft, 'masked 404', { failing: failings.masked }),
  },
  {
    name: 'cut-in-body',
    what: 'the head cuts every response off in the middle',
    spoil: (draft) => strikeHead(draft, 'cut', { failing: failings.cut }),
  },
  {
    name: 'denied',
    what: 'the head sends 403 for everything',
    spoil: (draft) => strikeHead(draft, '403', { failing: failings.denied }),
  },
  {
    name: 'throttled-all',
    what: 'the head sends 429, without or with a short Retry-After',
    spoil: (draft) => {
      const retryAfterMs = draft.draw.chance(0.5) ? null : draft.draw.whole(5, 50) * 1000;
      strikeHead(draft, '429', { failing: failing('throttled', { status: 429, retryAfterMs }) });
    },
  },
  {
    name: 'short-outage',
    what: 'the head is dead for 2 to 8 minutes',
    spoil: (draft) => {
      const window = stretch(draft, draft.window.fromMs, draft.draw.between(2, 8) * minuteMs, 60 * minuteMs);
      const harm = { failing: draft.draw.pick([failings.refused, failings.hanging, failings.error503]) };
      strikeHead(draft, 'short outage', harm, window);
    },
  },
];

/** Families in which every request to the head fails, until it is repaired. */
export const hardFamilies = familiesOf('hard failure', rows);
