import type { WorldMirror, WorldStep } from '../../world.ts';
import type { Allowance } from './allowance.ts';
import type { Effect } from './effect.ts';

/** How a mirror responds without a fault, and its effects (faults). */
export interface MirrorModel extends WorldMirror {
  /**
   * The time of one round trip, milliseconds. A response over a new connection takes three: connect, TLS handshake,
   * request.
   */
  readonly rttMs: number;
  /** The σ of the log-normal factor on each response time; 0: no variation. */
  readonly sigma: number;
  /** The median time that the server needs for each step, milliseconds. */
  readonly processingMs: Readonly<Record<WorldStep, number>>;
  /** The median download rate of a zip, bytes a second. */
  readonly bytesPerSecond: number;
  /** The share of responses that lose a packet. Most of them are 200 ms later, a sixth 1 s, one in thirty 3 s. */
  readonly retransmitShare: number;
  /** The variation of times over a day: 0.3 is 30 % above and below. The highest times are at `dailyPeakMs`. */
  readonly dailySwing: number;
  readonly dailyPeakMs: number;
  /** The share of responses that fail at random, also without a fault. */
  readonly failureShare: number;
  /**
   * `missShare`: the share of responses that are not in the mirror's cache. `missMs`: how much longer they take,
   * milliseconds.
   */
  readonly missShare: number;
  readonly missMs: number;
  /** The address families of the mirror. With `both`, IPv6 is tried first. */
  readonly families: 'four' | 'six' | 'both';
  /** When its certificate expires, and when it is renewed; `null`: plain HTTP. */
  readonly certificate: { readonly endsAtMs: number; readonly renewedAtMs: number } | null;
  readonly effects: readonly Effect[];
  /** How many requests it accepts from one client; absent: any number. The simulated builds never reach the limit. */
  readonly allowance?: Allowance;
}

/** A control: a host that is not a mirror. Its response shows only whether the daemon's own network is up. */
export interface ControlModel {
  readonly name: string;
  readonly url: string;
  readonly rttMs: number;
  /**
   * True: it uses TLS, so that a captive portal or a TLS interception makes it fail. False: only a TCP connection is
   * opened.
   */
  readonly overTls: boolean;
}

/** The steps in the order of their numbers (`stepNumber`). */
export const stepOrder: readonly WorldStep[] = ['mod', 'info', 'list', 'latest', 'sumdb', 'zip'];

/** The number of each step. */
export const stepNumber: Readonly<Record<WorldStep, number>> = {
  mod: 0,
  info: 1,
  list: 2,
  latest: 3,
  sumdb: 4,
  zip: 5,
};

/** The delays by a lost packet, milliseconds, and the share of lost packets with each delay. */
export const retransmits = { shares: [0.8, 0.167, 0.033], addMs: [200, 1000, 3000] } as const;

/** The mean delay by a lost packet, milliseconds. */
export const retransmitMeanMs = 0.8 * 200 + 0.167 * 1000 + 0.033 * 3000;

/** The factor on all times of a mirror by the time of day. */
export function dailyFactor(mirror: MirrorModel, atMs: number): number {
  if (mirror.dailySwing === 0) return 1;
  return 1 + mirror.dailySwing * Math.cos((2 * Math.PI * (atMs - mirror.dailyPeakMs)) / 86_400_000);
}
