import type { EcosystemId } from '../core/mirror.ts';
import type { Conversation, ProbeContext } from '../core/ports.ts';
import type { Step, Target } from '../core/target.ts';
import type { Answer, Ask } from '../core/transcript.ts';

/** One step as an ecosystem declares it. */
export interface StepDeclaration {
  /** Light steps are judged by spikes and outages, heavy ones by throughput and outages. */
  readonly weight: 'light' | 'heavy';
  /** How often and with which deadline it is usually asked, milliseconds; the configuration may differ. */
  readonly usualPace: { readonly everyMs: number; readonly timeoutMs: number };
}

/** One ecosystem: declarations first, then its conversation. */
export interface Ecosystem {
  readonly id: EcosystemId;
  /** Protocol documents, down to the section. */
  readonly spec: readonly string[];
  /** Closed: bounds the label `step`. */
  readonly steps: Readonly<Partial<Record<Step, StepDeclaration>>>;
  readonly canary: Step;
  /** One step of one target: yields what to ask, is handed the answer, returns the verdict. Opens no socket. */
  readonly probe: (target: Target, context: ProbeContext) => Conversation;
}

/** A part of a conversation that gives a value. */
export type Talk<T> = Generator<Ask, T, Answer>;

const minuteMs = 60_000;

/** A light step, asked every so many minutes with 10 seconds for an answer. */
export function light(everyMinutes: number): StepDeclaration {
  return { weight: 'light', usualPace: { everyMs: everyMinutes * minuteMs, timeoutMs: 10_000 } };
}

/** A heavy step, asked every so many minutes with 2 minutes for an answer. */
export function heavy(everyMinutes: number): StepDeclaration {
  return { weight: 'heavy', usualPace: { everyMs: everyMinutes * minuteMs, timeoutMs: 2 * minuteMs } };
}
