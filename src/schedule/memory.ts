import type { Pace } from '../core/config.ts';
import type { Due } from '../core/due.ts';
import type { Connection, Target } from '../core/mirror.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { ByteWindow } from './byte-window.ts';
import type { Plan, Slot } from './plan.ts';

/** Start order under contention: the canary, then light steps, then heavy ones. */
export const priorities = [0, 1, 2] as const;
export type Priority = (typeof priorities)[number];

/** One server (scheme, name, port) with all its mirrors: its slots and its byte budget. */
export interface Host {
  readonly key: string;
  readonly waiting: Readonly<Record<Priority, Series[]>>;
  readonly rechecks: Omit<Due, 'probeId' | 'plannedAtMs'>[];
  readonly bytes: ByteWindow;
  /** Artifacts delayed by the budget since their last probe: they start before those probed later. */
  readonly keptBack: Set<Series>;
  inFlight: number;
  heavyInFlight: number;
  /** Bytes that running heavy probes are expected to move. */
  bytesExpected: number;
  /** Upstreams whose rounds probe it now. */
  readonly confirming: Set<string>;
}

/** One target over one kind of connection, with its plan and its state. */
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
  /** The planned start that it last waited for. */
  waitsFor: Slot;
  state: 'idle' | 'waiting' | 'running';
  /** Monotonic time of that start. */
  plannedAtMs: number;
  /** Monotonic time of its last start; `-Infinity` before the first. */
  startedAtMs: number;
  /** Bytes of its last probe; `null` before the first. */
  lastBytes: number | null;
  /** The HTTP version of its last response; `null`: not known. */
  protocol: HttpProtocol | null;
  /** Its probes since its last build. */
  sinceBuild: number;
}
