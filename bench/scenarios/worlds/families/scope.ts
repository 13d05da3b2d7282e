import { familiesOf, hourMs, minuteMs, type Row } from './draft.ts';
import { declare, failing, failings, mirrorAt, serverErrors, stretch, strike, strikeHead } from './spoil.ts';

const scopes: readonly Row[] = [
  {
    name: 'zip-errors',
    what: 'the head sends 500 for every zip and serves all else',
    spoil: (draft) => strikeHead(draft, 'zip 500', { steps: ['zip'], failing: failings.error500 }),
  },
  {
    name: 'zip-crawls',
    what: 'zips of the head come at 20 KB/s',
    spoil: (draft) => strikeHead(draft, 'zip 20 KB/s', { steps: ['zip'], bytesPerSecond: 20_000 }),
  },
  {
    name: 'zip-slower',
    what: 'zips of the head come 3 to 8 times slower',
    spoil: (draft) => strikeHead(draft, 'zip slow', { steps: ['zip'], factor: draft.draw.scaled(3, 8) }),
  },
  {
    name: 'one-module-of-20',
    what: 'one of 20 modules fails at the head',
    wishes: { modules: 20 },
    spoil: (draft) => {
      const modules = draft.draw.some(draft.modules, 1);
      const how = draft.draw.pick([...serverErrors, failings.absent]);
      strikeHead(draft, '1 of 20 modules', { modules, failing: how });
    },
  },
  {
    name: 'nine-modules-of-20',
    what: '9 of 20 modules fail at the head',
    wishes: { modules: 20 },
    spoil: (draft) => {
      const modules = draft.draw.some(draft.modules, 9);
      strikeHead(draft, '9 of 20 modules', { modules, failing: draft.draw.pick(serverErrors) });
    },
  },
  {
    name: 'denied-off-canary',
    what: 'the head sends 403 for everything but the canary',
    spoil: (draft) => strikeHead(draft, '403 off the canary', { sparesCanary: true, failing: failings.denied }),
  },
  {
    name: 'refused-off-canary',
    what: 'the head closes every connection but those of the canary',
    spoil: (draft) => strikeHead(draft, 'reset off the canary', { sparesCanary: true, failing: failings.reset }),
  },
  {
    name: 'retry-after-an-hour',
    what: 'the head sends 429 with Retry-After: 1 h',
    spoil: (draft) => {
      const window = stretch(draft, draft.window.fromMs, draft.draw.between(60, 150) * minuteMs, 40 * minuteMs);
      const harm = { failing: failing('throttled', { status: 429, retryAfterMs: hourMs }) };
      strikeHead(draft, '429 for an hour', harm, window);
    },
  },
  {
    name: 'list-only',
    what: 'the head sends 500 for list alone, which pinned builds never request',
    spoil: (draft) => strikeHead(draft, 'list 500', { steps: ['list'], failing: failings.error500 }),
  },
  {
    name: 'info-hangs',
    what: 'the head never responds to info',
    spoil: (draft) => strikeHead(draft, 'info hangs', { steps: ['info'], failing: failings.hanging }),
  },
  {
    name: 'module-gone',
    what: 'the head sends 404 for one of three or four modules that its siblings have',
    spoil: (draft) => {
      strikeHead(draft, 'a module is gone', { modules: draft.draw.some(draft.modules, 1), failing: failings.absent });
    },
  },
];

const nexts: readonly Row[] = [
  {
    name: 'next-fails-15',
    what: 'the head dies, while the next mirror fails 15 % of requests from the start on',
    wishes: { chained: 2 },
    spoil: (draft) => {
      const { draw, window } = draft;
      strike(mirrorAt(draft, 1), everLong, { share: draw.between(0.12, 0.18), failing: draw.pick(serverErrors) });
      strikeHead(draft, 'dead, next fails 15 %', { failing: draw.pick(headDeaths) }, window);
    },
  },
  {
    name: 'next-slow',
    what: 'the head dies while the next mirror is 3 to 8 times slower than the one after it',
    wishes: { chained: 2 },
    spoil: (draft) => {
      strike(mirrorAt(draft, 1), everLong, { factor: draft.draw.scaled(3, 8) });
      strikeHead(draft, 'dead, next slow', { failing: draft.draw.pick(headDeaths) });
    },
  },
  {
    name: 'next-dead',
    what: 'the head dies while the next mirror is dead as well',
    wishes: { chained: 2 },
    spoil: (draft) => {
      strike(mirrorAt(draft, 1), everLong, { failing: draft.draw.pick(headDeaths) });
      strikeHead(draft, 'dead, next dead', { failing: draft.draw.pick(headDeaths) });
    },
  },
  {
    name: 'next-flaps',
    what: 'the head fails a third of requests, while the next mirror is down for one minute in three or four',
    wishes: { chained: 2 },
    spoil: (draft) => {
      const gate = { kind: 'pulse', onMs: minuteMs, offMs: draft.draw.whole(2, 3) * minuteMs } as const;
      strike(mirrorAt(draft, 1), everLong, { failing: draft.draw.pick(headDeaths), gate });
      strikeHead(draft, 'fails, next flaps', { failing: draft.draw.pick(serverErrors), share: 0.33 });
    },
  },
];

const shared: readonly Row[] = [
  {
    name: 'six-of-ten',
    what: 'the head and five more of ten mirrors share an upstream that is dead',
    wishes: { mirrors: 10 },
    spoil: (draft) => {
      const how = draft.draw.pick(headDeaths);
      for (const mirror of draft.draw.some(draft.mirrors.slice(1), 5)) strike(mirror, draft.window, { failing: how });
      strikeHead(draft, '6 of 10 dead', { failing: how });
    },
  },
  {
    name: 'refused-and-502',
    what: 'the head refuses connections, two mirrors send 502, one is healthy',
    wishes: { mirrors: 4 },
    spoil: (draft) => {
      strike(mirrorAt(draft, 2), draft.window, { failing: failings.error502 });
      strike(mirrorAt(draft, 3), draft.window, { failing: failings.error502 });
      strikeHead(draft, 'refused, others 502', { failing: failings.refused });
    },
  },
  {
    name: 'all-answer-503',
    what: 'every mirror sends 503: there is no mirror to move to',
    spoil: (draft) => {
      for (const mirror of draft.mirrors) strike(mirror, draft.window, { failing: failings.error503 });
      declare(draft, draft.window, 'all 503');
    },
  },
  {
    name: 'origin-dark',
    what: 'the origin, probed beside the mirrors, is dead; a third of the requests to the head waits for it',
    spoil: (draft) => {
      const origin = mirrorAt(draft, draft.mirrors.length - 1);
      origin.role = 'origin';
      origin.weight = null;
      draft.setup = { ...draft.setup, chains: { [origin.upstream]: draft.draw.pick(['a,direct', 'a|b,direct', 'a']) } };
      strike(origin, draft.window, { failing: draft.draw.pick(headDeaths) });
      strikeHead(draft, 'origin dark', { share: 0.3, addMs: draft.draw.scaled(800, 5000) });
    },
  },
  {
    name: 'seven-of-ten-one-flaky',
    what: '7 of 10 mirrors are dead, the head among them, one more fails half of its requests',
    wishes: { mirrors: 10, controls: 0 },
    spoil: (draft) => {
      const how = draft.draw.pick([failings.hanging, failings.refused]);
      const others = draft.draw.some(draft.mirrors.slice(1), 7);
      for (const mirror of others.slice(0, 6)) strike(mirror, draft.window, { failing: how });
      for (const mirror of others.slice(6)) strike(mirror, draft.window, { failing: how, share: 0.5 });
      strikeHead(draft, '7 of 10 dead', { failing: how });
    },
  },
];

const headDeaths = [failings.refused, failings.hanging, failings.error502, failings.reset];
const everLong = { fromMs: 0, toMs: Number.POSITIVE_INFINITY };

/** Families in which the head fails or is slow for only some kinds of requests. */
export const scopeFamilies = familiesOf('scope', scopes);

/** Families in which the next mirror in the configuration file is no better than the head. */
export const nextFamilies = familiesOf('bad next target', nexts);

/** Families in which several mirrors fail for the same reason. */
export const sharedFamilies = familiesOf('shared upstream', shared);
