import { familiesOf, minuteMs, type Row, secondMs } from './draft.ts';
import { deadly, declare, failings, serverErrors, strike, strikeHead } from './spoil.ts';

const rows: readonly Row[] = [
  {
    name: 'one-mirror',
    what: 'the only mirror dies',
    wishes: { mirrors: 1 },
    spoil: (draft) => strikeHead(draft, 'dead', { failing: draft.draw.pick(deadly) }),
  },
  {
    name: 'two-mirrors-dead',
    what: 'one of two mirrors dies',
    wishes: { mirrors: 2 },
    spoil: (draft) => strikeHead(draft, 'dead', { failing: draft.draw.pick(deadly) }),
  },
  {
    name: 'two-mirrors-slow',
    what: 'one of two mirrors is 1.5 to 6 s slower',
    wishes: { mirrors: 2 },
    spoil: (draft) => strikeHead(draft, 'slow', { addMs: draft.draw.scaled(1500, 6000) }),
  },
  {
    name: 'ten-mirrors',
    what: 'the head of ten mirrors fails 15 to 40 % of requests',
    wishes: { mirrors: 10 },
    spoil: (draft) => {
      strikeHead(draft, 'fails', { failing: draft.draw.pick(serverErrors), share: draft.draw.between(0.15, 0.4) });
    },
  },
  {
    name: 'twenty-mirrors',
    what: 'the head of twenty mirrors dies or slows down',
    wishes: { mirrors: 20 },
    spoil: (draft) => {
      const harm = draft.draw.chance(0.5) ? { failing: draft.draw.pick(deadly) } : { addMs: 2500 };
      strikeHead(draft, 'trouble', harm);
    },
  },
  {
    name: 'three-upstreams',
    what: 'of three upstreams with three mirrors each, the head of the second dies',
    wishes: { upstreams: 3, mirrors: 3 },
    spoil: (draft) => {
      const upstream = draft.upstreams[1] ?? '';
      const head = draft.mirrors.find((mirror) => mirror.upstream === upstream);
      if (head === undefined) throw new RangeError('no second upstream');
      strike(head, draft.window, { failing: draft.draw.pick(deadly) });
      declare(draft, draft.window, 'dead', upstream);
    },
  },
  {
    name: 'upstream-dead-no-control',
    what: 'both mirrors of one upstream are dead, three of another are healthy, no control',
    wishes: { upstreams: 2, mirrors: [3, 2], controls: 0 },
    spoil: (draft) => {
      const upstream = draft.upstreams[1] ?? '';
      const how = draft.draw.pick([failings.refused, failings.hanging, failings.reset]);
      for (const mirror of draft.mirrors) {
        if (mirror.upstream === upstream) strike(mirror, draft.window, { failing: how });
      }
      declare(draft, draft.window, 'both dead', upstream);
    },
  },
  {
    name: 'every-5-seconds',
    what: 'probed every 5 s: the head dies, or fails 10 to 30 %',
    wishes: { everyMs: 5 * secondMs },
    spoil: (draft) => {
      const share = draft.draw.chance(0.4) ? 1 : draft.draw.between(0.1, 0.3);
      strikeHead(draft, 'trouble', { failing: draft.draw.pick(deadly), share });
    },
  },
  {
    name: 'every-5-minutes-dead',
    what: 'probed every 5 minutes: the head dies',
    wishes: { everyMs: 5 * minuteMs },
    spoil: (draft) => strikeHead(draft, 'dead', { failing: draft.draw.pick(deadly) }),
  },
  {
    name: 'every-5-minutes-slow',
    what: 'probed every 5 minutes: the head is 2 to 6 s slower',
    wishes: { everyMs: 5 * minuteMs },
    spoil: (draft) => strikeHead(draft, 'slow', { addMs: draft.draw.scaled(2000, 6000) }),
  },
];

/** Families with few or many mirrors and upstreams, or with short or long probe intervals. */
export const sizeFamilies = familiesOf('sizes and paces', rows);
