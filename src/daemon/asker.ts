import type { ControlAnswer, ControlDue, Due } from '../core/due.ts';
import type { Probed } from '../core/ports.ts';
import { lostControl, lostProbe } from '../io/worker-protocol.ts';
import type { Defects } from './defects.ts';
import type { Stages } from './stages.ts';

/** Starts probes and controls; results go to the loop. */
export interface Asker {
  probe(due: Due): void;
  control(due: ControlDue, round: Due['round']): void;
  /** Probes every control, outside rounds: is this host online? */
  controls(): void;
}

/** Makes the asker of a loop. */
export function createAsker(
  s: Stages,
  loop: {
    readonly defects: Defects;
    readonly probed: (due: Due, probed: Probed) => void;
    readonly answered: (answer: ControlAnswer, round: Due['round']) => void;
  },
): Asker {
  const { defects } = loop;
  const asker: Asker = {
    probe(due) {
      const lost = (): Probed => lostProbe(due, 'defect', 0, s.clock.now());
      void defects.or(() => s.workers.probe(due), lost).then((probed) => loop.probed(due, probed));
    },
    control(due, round) {
      const lost = (): ControlAnswer => lostControl(due, s.clock.now());
      void defects.or(() => s.workers.control(due), lost).then((answer) => loop.answered(answer, round));
    },
    controls() {
      const { timeoutMs } = s.config.schedule.pace;
      for (const { name, url } of s.config.controls) asker.control({ name, url, timeoutMs }, null);
    },
  };
  return asker;
}
