import type { Pace } from '../core/config.ts';
import type { Due } from '../core/due.ts';
import type { Connection } from '../core/mirror.ts';
import type { Target } from '../core/target.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { ByteWindow } from './byte-window.ts';
import type { Plan, Slot } from './plan.ts';

/** What starts first where not all can: the canary, then light steps, then heavy ones. */
export const priorities = [0, 1, 2] as const;
export type Priority = (typeof priorities)[number];

/** One server (scheme, name, port), whichever mirrors live on it: its slots and its byte budget. */
export interface Host {
  readonly key: string;
  readonly waiting: Readonly<Record<Priority, Series[]>>;
  readonly rechecks: Omit<Due, 'probeId' | 'plannedAtMs'>[];
  readonly bytes: ByteWindow;
  /** Artifacts that the budget kept back since they were asked last: they come before those that were asked later. */
  readonly keptBack: Set<Series>;
  inFlight: number;
  heavyInFlight: number;
  /** What heavy probes in flight are expected to move. */
  bytesExpected: number;
  /** Upstreams whose rounds are asking it now. */
  readonly confirming: Set<string>;
}

/** One target over one kind of connection, with its plan and what it is doing. */
export interface Series {
  readonly id: string;
  readonly connection: Connection;
  target: Target;
  pace: Pace;
  priority: Priority;
  plan: Plan;
  host: Host;
  /** The next planned start. */
  slot: Slot;
  /** The planned start that it waits or waited for last. */
  waitsFor: Slot;
  state: 'idle' | 'waiting' | 'running';
  /** Monotonic time of the start it is waiting for. */
  plannedAtMs: number;
  /** Monotonic time of its last start; `-Infinity` before the first. */
  startedAtMs: number;
  /** What its last probe moved; `null` before the first. */
  lastBytes: number | null;
  /** The HTTP version of its last answer; `null`: not known. */
  protocol: HttpProtocol | null;
  /** Its probes since it was part of a build. */
  sinceBuild: number;
}
