import type { ControlAnswer, ControlDue, Due } from '../core/due.ts';
import type { Now, Probed } from '../core/ports.ts';
import type { Target } from '../core/target.ts';
import type { DetectTurn } from '../detect/detector.ts';
import { lostControl, lostProbe } from '../io/worker-protocol.ts';
import type { Defects } from './defects.ts';
import type { Stages } from './stages.ts';

/** Starts probes and controls; what comes back is handed to the loop. */
export interface Asker {
  probe(due: Due): void;
  /** Every control, outside rounds: says whether we are online. */
  controls(): void;
  /**
   * What a turn of detect asks for: second looks at wrong bytes, and one moment of each confirming round.
   * @param unasked  told for each member of a round that could not be asked
   */
  follow(turn: DetectTurn, now: Now, unasked: (roundId: string, moment: number, name: string) => void): void;
}

/**
 * Makes the asker of a loop. While `isRunning` is false nothing new is asked, were it to confirm: an end waits only for
 * what is under way.
 */
export function createAsker(
  s: Stages,
  loop: {
    readonly defects: Defects;
    readonly isRunning: () => boolean;
    readonly probed: (due: Due, probed: Probed) => void;
    readonly answered: (answer: ControlAnswer, round: Due['round']) => void;
  },
): Asker {
  const { defects, isRunning } = loop;
  const probe = (due: Due): void => {
    const lost = (): Probed => lostProbe(due, 'defect', 0, s.clock.now());
    void defects.or(() => s.workers.probe(due), lost).then((probed) => loop.probed(due, probed));
  };
  const ask = (due: ControlDue, round: Due['round']): void => {
    const lost = (): ControlAnswer => lostControl(due, s.clock.now());
    void defects.or(() => s.workers.control(due), lost).then((answer) => loop.answered(answer, round));
  };
  const reserve: typeof s.scheduler.reserve = (asked, now) => (isRunning() ? s.scheduler.reserve(asked, now) : null);
  return {
    probe,
    controls() {
      const { timeoutMs } = s.config.schedule.pace;
      for (const { name, url } of s.config.controls) ask({ name, url, timeoutMs }, null);
    },
    follow(turn, now, unasked) {
      for (const target of turn.rechecks) {
        const timeoutMs = timeoutOf(s, target);
        const due = reserve({ target, connection: 'cold', purpose: 'recheck', timeoutMs, round: null }, now);
        if (due) probe(due);
      }
      for (const { id, moment, dues, controls } of turn.rounds) {
        const round = { id, moment };
        for (const { target, timeoutMs } of dues) {
          const due = reserve({ target, connection: 'cold', purpose: 'confirm', timeoutMs, round }, now);
          if (due) probe(due);
          else unasked(id, moment, target.registry);
        }
        for (const { name, timeoutMs } of controls) {
          const control = s.config.controls.find((one) => one.name === name);
          if (control && isRunning()) ask({ name, url: control.url, timeoutMs }, round);
          else unasked(id, moment, name);
        }
      }
    },
  };
}

function timeoutOf(s: Stages, target: Target): number {
  return target.canary ? s.config.schedule.pace.timeoutMs : s.config.steps[target.step].timeoutMs;
}
