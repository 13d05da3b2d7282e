import { faultRows } from '../../test/support/faults.ts';
import { type Chance, chanceOf } from './random.ts';

/** How a receiver fails. */
export const receiverTroubles = ['down', 'slow', 'hang', 'reset', 'status 500', 'status 503', 'status 429'] as const;
export type ReceiverTrouble = (typeof receiverTroubles)[number];

/** How the whole line fails: every mirror and control at once. */
export const lineTroubles = ['refuse', 'hang-connect', 'reset-at-accept', 'close-at-accept'] as const;
export type LineTrouble = (typeof lineTroubles)[number];

/** What a changed configuration differs in. */
export const variants = [
  'as at first',
  'a mirror less',
  'a module more',
  'a slower pace',
  'other thresholds',
  'no control',
  'broken',
  'needs a restart',
] as const;
export type Variant = (typeof variants)[number];

/** One thing that goes wrong, or ends going wrong. */
export type Happening =
  /** `fault`: the name of a row of `faultRows`; `null` heals. `times`: so many connections or requests, `null` all. */
  | { readonly kind: 'mirror'; readonly mirror: string; readonly fault: string | null; readonly times: number | null }
  | { readonly kind: 'slow'; readonly mirror: string; readonly ms: number }
  | { readonly kind: 'line'; readonly trouble: LineTrouble | null }
  | { readonly kind: 'receiver'; readonly receiver: string; readonly trouble: ReceiverTrouble | null }
  | { readonly kind: 'disk'; readonly trouble: 'full' | null }
  | { readonly kind: 'clock'; readonly offsetSeconds: number }
  | { readonly kind: 'reload'; readonly variant: Variant; readonly by: 'signal' | 'post' }
  /** The process ends, and starts again after `downMs`; `readOnly`: on a state file that takes no writes, until `disk` heals. */
  | {
      readonly kind: 'restart';
      readonly signal: 'SIGKILL' | 'SIGTERM';
      readonly downMs: number;
      readonly readOnly: boolean;
    };

export interface SoakEvent {
  readonly atSeconds: number;
  readonly what: Happening;
}

/** Who can be hit. */
export interface Cast {
  readonly mirrors: readonly [string, ...string[]];
  readonly receivers: readonly [string, ...string[]];
}

/** Rows that plain HTTP on loopback can show; a 429 without a time would keep a host away for minutes, and a date too. */
const faultNames = faultRows
  .filter(({ tlsOnly, name }) => !tlsOnly && name !== 'status 429' && name !== '429 with a date')
  .map(({ name }) => name) as [string, ...string[]];

/** A kind of trouble: once in each span of so many seconds, at a random moment of it, for so long. */
interface Track {
  readonly name: string;
  readonly everySeconds: number;
  readonly lastsSeconds: readonly [least: number, most: number];
  /** What starts and, after its time, ends; `end: null`: nothing to end. */
  readonly make: (chance: Chance, cast: Cast) => { readonly start: Happening; readonly end: Happening | null };
}

const tracks: readonly Track[] = [
  {
    name: 'mirrors',
    everySeconds: 5,
    lastsSeconds: [1, 20],
    make(chance, { mirrors }) {
      const mirror = chance.pick(mirrors);
      const times = chance.next() < 0.4 ? Math.ceil(chance.between(0, 3)) : null;
      const start = { kind: 'mirror', mirror, fault: chance.pick(faultNames), times } as const;
      return { start, end: { kind: 'mirror', mirror, fault: null, times: null } };
    },
  },
  {
    name: 'slowness',
    everySeconds: 20,
    lastsSeconds: [5, 15],
    make(chance, { mirrors }) {
      const mirror = chance.pick(mirrors);
      const ms = Math.round(chance.between(200, 1_500));
      return { start: { kind: 'slow', mirror, ms }, end: { kind: 'slow', mirror, ms: 0 } };
    },
  },
  {
    name: 'line',
    everySeconds: 30,
    lastsSeconds: [3, 12],
    make: (chance) => ({
      start: { kind: 'line', trouble: chance.pick(lineTroubles) },
      end: { kind: 'line', trouble: null },
    }),
  },
  {
    name: 'receivers',
    everySeconds: 10,
    lastsSeconds: [2, 8],
    make(chance, { receivers }) {
      const receiver = chance.pick(receivers);
      return {
        start: { kind: 'receiver', receiver, trouble: chance.pick(receiverTroubles) },
        end: { kind: 'receiver', receiver, trouble: null },
      };
    },
  },
  {
    name: 'disk',
    everySeconds: 30,
    lastsSeconds: [3, 12],
    make: () => ({ start: { kind: 'disk', trouble: 'full' }, end: { kind: 'disk', trouble: null } }),
  },
  {
    name: 'clock',
    everySeconds: 30,
    lastsSeconds: [3, 15],
    make: (chance) => ({
      start: { kind: 'clock', offsetSeconds: chance.pick([-200, -40, -5, 5, 40, 200]) },
      end: { kind: 'clock', offsetSeconds: 0 },
    }),
  },
  {
    name: 'reloads',
    everySeconds: 12,
    lastsSeconds: [0, 0],
    make: (chance) => ({
      start: { kind: 'reload', variant: chance.pick(variants), by: chance.pick(['signal', 'post']) },
      end: null,
    }),
  },
  {
    name: 'restarts',
    everySeconds: 20,
    lastsSeconds: [3, 8],
    make(chance) {
      const signal = chance.next() < 0.8 ? 'SIGKILL' : 'SIGTERM';
      const readOnly = chance.next() < 0.25;
      const downMs = Math.round(chance.between(0, 2_000));
      return {
        start: { kind: 'restart', signal, downMs, readOnly },
        end: readOnly ? { kind: 'disk', trouble: null } : null,
      };
    },
  },
];

/** From this length on the middle third has no restarts, so that what grows has time to show. */
const longSeconds = 600;

/**
 * What happens when, in order: a function of seed and length alone. Whatever starts has ended at `seconds`, and each
 * kind of trouble comes at least once where there is room.
 */
export function scriptOf(seed: number, seconds: number, cast: Cast): readonly SoakEvent[] {
  const events = tracks.flatMap((track) => eventsOf(track, chanceOf(seed, track.name), seconds, cast));
  const end: SoakEvent = { atSeconds: seconds, what: { kind: 'reload', variant: 'as at first', by: 'post' } };
  return [...events.toSorted((a, b) => a.atSeconds - b.atSeconds), end];
}

function eventsOf(track: Track, chance: Chance, seconds: number, cast: Cast): readonly SoakEvent[] {
  const events: SoakEvent[] = [];
  const { everySeconds, lastsSeconds } = track;
  const [least, most] = lastsSeconds;
  for (let from = 0; from < seconds; from += everySeconds) {
    // Drawn in any case, so that a longer run begins as a shorter one does.
    const startsAt = from + chance.between(0, everySeconds);
    const lasts = chance.between(least, most);
    const { start, end } = track.make(chance, cast);
    const isLeftOut = track.name === 'restarts' && seconds >= longSeconds && isMiddle(startsAt, seconds);
    if (startsAt + lasts >= seconds || isLeftOut) continue;
    events.push({ atSeconds: startsAt, what: start });
    if (end !== null) events.push({ atSeconds: startsAt + lasts, what: end });
  }
  return events;
}

function isMiddle(atSeconds: number, seconds: number): boolean {
  return atSeconds > seconds / 3 && atSeconds < (2 * seconds) / 3;
}
