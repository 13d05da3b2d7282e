import type { Timers } from '../../core/ports.ts';
import type { DemoText } from './news.ts';

/** The time between two faults of one mirror, milliseconds. It is long enough for clients to return to that mirror. */
const wellForMs = 120_000;
const pollMs = 1_000;

/**
 * When faults of the demo begin and end. `shown`: a fault lasts long enough for a user to open the page. `door`: a
 * fault ends once the demo has shown everything but the undo of the action, and after 90 s at the latest. The undo then
 * follows. `once`: the first fault begins as early as possible, and lasts until the demo has shown everything but the
 * undo, however slow the machine is.
 */
export type DemoPace = 'shown' | 'door' | 'once';

const paces: Readonly<Record<DemoPace, { readonly faultAfterMs: number; readonly faultForMs: number }>> = {
  shown: { faultAfterMs: 14_000, faultForMs: 90_000 },
  door: { faultAfterMs: 6_000, faultForMs: 90_000 },
  once: { faultAfterMs: pollMs, faultForMs: Number.POSITIVE_INFINITY },
};

export interface Faulty {
  readonly name: string;
  strike(isOn: boolean): void;
  readonly fault: { readonly stage: 'slowed' | 'failing'; readonly text: DemoText };
  /** True if the daemon has the baselines that it needs to detect slow responses. */
  isReady(): Promise<boolean>;
  isReported(): boolean;
  /** True if the remaining required stages can occur only after the fault has ended. */
  needsEnd(): boolean;
  report(stage: 'slowed' | 'failing' | 'well', text: DemoText): void;
}

/**
 * Gives each mirror repeated faults. The first fault of a mirror starts only after the previous mirror has reached its
 * required stages.
 */
export function startFaults(mirrors: readonly Faulty[], pace: DemoPace, timers: Timers): { stop(): void } {
  let isOver = false;
  const { faultAfterMs, faultForMs } = paces[pace];
  const running = new Map<Faulty, { cancel(): void }>();
  const after = (mirror: Faulty, ms: number, run: () => void): void => {
    if (!isOver) running.set(mirror, timers.after(ms, run));
  };
  const strike = (mirror: Faulty): void => {
    if (isOver) return;
    mirror.strike(true);
    mirror.report(mirror.fault.stage, mirror.fault.text);
    follow(mirror, faultForMs);
  };
  const follow = (mirror: Faulty, leftMs: number): void => {
    if (leftMs <= 0 || (pace !== 'shown' && mirror.needsEnd())) heal(mirror);
    else after(mirror, pollMs, () => follow(mirror, leftMs - pollMs));
  };
  const heal = (mirror: Faulty): void => {
    mirror.strike(false);
    mirror.report('well', (say) => say('demo.well', { mirror: mirror.name }));
    after(mirror, wellForMs, () => strike(mirror));
  };
  const poll = async (mirror: Faulty, before: Faulty | undefined): Promise<void> => {
    const isTurn = before === undefined || before.isReported();
    if (isTurn && (await mirror.isReady())) strike(mirror);
    else after(mirror, pollMs, () => void poll(mirror, before));
  };
  for (const [at, mirror] of mirrors.entries()) after(mirror, faultAfterMs, () => void poll(mirror, mirrors[at - 1]));
  return {
    stop() {
      isOver = true;
      for (const timer of running.values()) timer.cancel();
    },
  };
}
