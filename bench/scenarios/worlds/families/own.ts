import { type Draft, familiesOf, hourMs, minuteMs, type Row, secondMs } from './draft.ts';
import { declareOurs, failing, failings, stretch, strikeLine } from './spoil.ts';

/**
 * Makes the daemon's own network lose the share `loss` of packets. A response needs four round trips, and it fails if
 * the packet of one of them is lost three times.
 */
function lose(draft: Draft, loss: number, window = draft.window): void {
  strikeLine(draft, 'lossy', { share: 1 - (1 - loss ** 3) ** 4, failing: failings.hanging }, window);
  strikeLine(draft, 'lossy', { share: 1 - (1 - loss) ** 4, addMs: 1000 }, window);
  strikeLine(draft, 'lossy', { share: 1 - (1 - loss ** 2) ** 4, addMs: 2000 }, window);
}

const rows: readonly Row[] = [
  {
    name: 'own-slow',
    what: 'our line is 4 to 10 times slower',
    wishes: { quickZips: true },
    spoil: (draft) => strikeLine(draft, 'slow', { factor: draft.draw.scaled(4, 10) }),
  },
  {
    name: 'own-slow-spell',
    what: 'our line is 8 times slower for 1 to 4 minutes at intervals',
    spoil: (draft) => {
      const slotMs = draft.draw.between(1, 4) * minuteMs;
      strikeLine(draft, 'slow spells', { factor: 8, gate: { kind: 'slots', slotMs, share: 0.15 } });
    },
  },
  {
    name: 'own-lossy',
    what: 'our line loses 5 to 15 % of packets',
    spoil: (draft) => lose(draft, draft.draw.between(0.05, 0.15)),
  },
  {
    name: 'own-very-lossy',
    what: 'our line loses 20 to 45 % of packets',
    spoil: (draft) => lose(draft, draft.draw.between(0.2, 0.45)),
  },
  {
    name: 'own-loses-45',
    what: 'our line loses 45 % of packets for one to three hours, and two or three controls respond most of the time',
    wishes: (draw) => ({ controls: draw.whole(2, 3) }),
    spoil: (draft) => {
      const lengthMs = draft.draw.between(1, 3) * hourMs;
      lose(draft, 0.45, stretch(draft, draft.window.fromMs, lengthMs, 40 * minuteMs));
    },
  },
  {
    name: 'own-fails-evenly',
    what: 'our line drops 5 to 45 % of all responses, of any mirror, while controls respond intermittently',
    wishes: (draw) => ({ controls: draw.whole(1, 3), upstreams: draw.whole(1, 2) }),
    spoil: (draft) => {
      strikeLine(draft, 'drops', { share: draft.draw.between(0.05, 0.45), failing: failings.hanging });
    },
  },
  {
    name: 'own-cut',
    what: 'our line is cut',
    wishes: (draw) => ({ upstreams: draw.whole(1, 2) }),
    spoil: (draft) => {
      strikeLine(draft, 'cut', { failing: draft.draw.pick([failings.unreachable, failings.hanging]) });
    },
  },
  {
    name: 'own-flapping',
    what: 'our line is cut for 5 to 60 s, up for 10 to 120 s',
    spoil: (draft) => {
      const onMs = draft.draw.scaled(5, 60) * secondMs;
      const gate = { kind: 'pulse', onMs, offMs: draft.draw.scaled(10, 120) * secondMs } as const;
      strikeLine(draft, 'flaps', { failing: failings.hanging, gate });
    },
  },
  {
    name: 'own-frays-and-is-cut',
    what: 'our line drops some responses for 1 to 6 minutes, is cut for 5 to 60, and drops some again; this occurs one to three times',
    spoil: (draft) => {
      const { draw } = draft;
      let atMs = draft.window.fromMs;
      for (let round = draw.whole(1, 3); round > 0; round -= 1) {
        const frays = { share: draw.between(0.15, 0.6), failing: failings.hanging };
        const before = stretch(draft, atMs, draw.between(1, 6) * minuteMs, 0);
        const cut = stretch(draft, before.toMs, draw.scaled(5, 60) * minuteMs, 0);
        const after = stretch(draft, cut.toMs, draw.between(1, 6) * minuteMs, 40 * minuteMs);
        strikeLine(draft, `frays ${round}`, frays, before);
        strikeLine(draft, `cut ${round}`, { failing: draw.pick([failings.unreachable, failings.hanging]) }, cut);
        strikeLine(draft, `heals ${round}`, frays, after);
        atMs = after.toMs + draw.between(2, 20) * minuteMs;
      }
    },
  },
  {
    name: 'own-slows-and-is-cut',
    what: 'most responses over our line take 1 to 6 s more for 1 to 5 minutes; then it is cut for 5 to 60 minutes, then slow again',
    spoil: (draft) => {
      const { draw } = draft;
      const slow = { share: draw.between(0.4, 0.9), addMs: draw.scaled(1, 6) * secondMs };
      const before = stretch(draft, draft.window.fromMs, draw.between(1, 5) * minuteMs, 0);
      const cut = stretch(draft, before.toMs, draw.scaled(5, 60) * minuteMs, 0);
      const after = stretch(draft, cut.toMs, draw.between(1, 5) * minuteMs, 50 * minuteMs);
      strikeLine(draft, 'slows', slow, before);
      strikeLine(draft, 'cut', { failing: draw.pick([failings.unreachable, failings.hanging]) }, cut);
      strikeLine(draft, 'recovers', slow, after);
    },
  },
  {
    name: 'own-resolver-dead',
    what: 'our resolver is dead',
    spoil: (draft) => {
      strikeLine(draft, 'resolver dead', {
        failing: failing('resolve_failed', { seen: 'connect', unknown: 'resolver' }),
      });
    },
  },
  {
    name: 'own-resolver-lying',
    what: 'our resolver reports that all names, or 50 to 90 % of them, do not exist',
    spoil: (draft) => {
      const share = draft.draw.pick([1, draft.draw.between(0.5, 0.9)]);
      // A real daemon blames a mirror only if its resolver finds another name.
      const unknown = share === 1 ? 'resolver' : null;
      strikeLine(draft, 'resolver lies', {
        share,
        failing: failing('resolve_not_found', { seen: 'connect', unknown }),
      });
    },
  },
  {
    name: 'own-portal',
    what: 'a captive portal responds for every mirror',
    spoil: (draft) => strikeLine(draft, 'portal', { failing: failings.portal }),
  },
  {
    name: 'own-interception',
    what: 'a proxy on our line shows a certificate that no client trusts, for every name',
    spoil: (draft) => {
      strikeLine(draft, 'interception', { failing: failing('tls_untrusted', { seen: 'answer' }) });
    },
  },
  {
    name: 'own-proxy-dead',
    what: 'our proxy refuses to connect us',
    spoil: (draft) => {
      strikeLine(draft, 'proxy dead', { failing: failing('proxy') });
    },
  },
  {
    name: 'clock-jump',
    what: 'our clock jumps by minutes to hours, forwards or back, one to three times',
    spoil: (draft) => {
      for (let i = draft.draw.whole(1, 3); i > 0; i -= 1) {
        const atMs = draft.draw.between(0.2, 0.9) * draft.durationMs;
        const byMs = draft.draw.pick([-1, 1]) * draft.draw.scaled(2 * minuteMs, 6 * hourMs);
        draft.events.push({ atMs, kind: 'clock_jump', byMs });
        draft.incidents.push({
          upstream: draft.upstreams[0] ?? '',
          ...around(draft, atMs),
          whose: 'us',
          what: 'clock',
        });
      }
    },
  },
  {
    name: 'stalled',
    what: 'our process stops for 20 s to 20 minutes, one to three times',
    spoil: (draft) => {
      for (let i = draft.draw.whole(1, 3); i > 0; i -= 1) {
        const forMs = draft.draw.scaled(20 * secondMs, 20 * minuteMs);
        const window = stretch(draft, draft.window.fromMs + i * 30 * minuteMs, forMs, 30 * minuteMs);
        draft.events.push({ atMs: window.fromMs, kind: 'stall', forMs });
        declareOurs(draft, `stall ${i}`, window);
      }
    },
  },
];

function around(draft: Draft, atMs: number) {
  return { fromMs: atMs, toMs: Math.min(draft.durationMs, atMs + 5 * minuteMs) };
}

/** Families with a fault of the daemon's own network or process. A move helps no client. */
export const ownFamilies = familiesOf('own line', rows);
