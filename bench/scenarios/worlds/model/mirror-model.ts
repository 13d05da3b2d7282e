import type { WorldMirror, WorldStep } from '../../world.ts';
import type { Allowance } from './allowance.ts';
import type { Effect } from './effect.ts';

/** How a mirror answers on an ordinary day, and what happens to it. */
export interface MirrorModel extends WorldMirror {
  /** One round trip, milliseconds; a cold answer takes three: connect, handshake, question. */
  readonly rttMs: number;
  /** Spread of the log-normal factor on each answer; 0: always the same. */
  readonly sigma: number;
  /** Server's own time per step, milliseconds, median. */
  readonly processingMs: Readonly<Record<WorldStep, number>>;
  /** What a zip comes down with, bytes a second, median. */
  readonly bytesPerSecond: number;
  /** Share of answers that lose a packet: most wait 200 ms more, a sixth 1 s, one in thirty 3 s. */
  readonly retransmitShare: number;
  /** Swing of the time over a day: 0.3 is 30 % above and below; the peak stands at `dailyPeakMs`. */
  readonly dailySwing: number;
  readonly dailyPeakMs: number;
  /** Share of answers that fail by chance at any time. */
  readonly failureShare: number;
  /** Share of answers that miss its cache, and what that takes more, milliseconds. */
  readonly missShare: number;
  readonly missMs: number;
  /** Addresses of both families: 6 is tried first. */
  readonly families: 'four' | 'six' | 'both';
  /** When its certificate ends and when that is mended; `null`: plain HTTP. */
  readonly certificate: { readonly endsAtMs: number; readonly renewedAtMs: number } | null;
  readonly effects: readonly Effect[];
  /** What it lets one asker do; left out: anything. Clients, each from a place of their own, stay below it. */
  readonly allowance?: Allowance;
}

/** One more name in the setup that no upstream stands behind: only says whether the line is up. */
export interface ControlModel {
  readonly name: string;
  readonly url: string;
  readonly rttMs: number;
  /** Speaks TLS, so that a portal or interception shows on it; else a bare connection by address. */
  readonly overTls: boolean;
}

/** The steps in the order of their numbers. */
export const stepOrder: readonly WorldStep[] = ['mod', 'info', 'list', 'latest', 'sumdb', 'zip'];

/** The number of a step. */
export const stepNumber: Readonly<Record<WorldStep, number>> = {
  mod: 0,
  info: 1,
  list: 2,
  latest: 3,
  sumdb: 4,
  zip: 5,
};

/** What a lost packet adds, milliseconds, and how often each stands for one. */
export const retransmits = { shares: [0.8, 0.167, 0.033], addMs: [200, 1000, 3000] } as const;

/** Mean of what a lost packet adds, milliseconds. */
export const retransmitMeanMs = 0.8 * 200 + 0.167 * 1000 + 0.033 * 3000;

/** The factor of the hour of day on all times of `mirror`. */
export function dailyFactor(mirror: MirrorModel, atMs: number): number {
  if (mirror.dailySwing === 0) return 1;
  return 1 + mirror.dailySwing * Math.cos((2 * Math.PI * (atMs - mirror.dailyPeakMs)) / 86_400_000);
}
