import type { Delivery, Notice } from '../core/notice.ts';
import type { Now } from '../core/ports.ts';
import { notSent } from '../notify/queue.ts';
import type { Defects } from './asker.ts';
import type { Stages } from './assemble.ts';
import { createReceiverLog } from './publish.ts';

/** Sends the messages that are due, and reports how each delivery ended. */
export class Deliveries {
  readonly #stages: Stages;
  readonly #defects: Defects;
  readonly #ended: (notice: Notice, delivery: Delivery) => void;
  readonly #log: ReturnType<typeof createReceiverLog>;
  #inFlight = 0;

  /** @param ended  called when a delivery has ended, to request a turn of the main loop, which calls `record` */
  constructor(stages: Stages, defects: Defects, ended: (notice: Notice, delivery: Delivery) => void) {
    this.#stages = stages;
    this.#defects = defects;
    this.#ended = ended;
    this.#log = createReceiverLog(stages.log);
  }

  send(now: Now): void {
    for (const { notice, message } of this.#stages.notifier.takeDue(now)) {
      this.#inFlight += 1;
      void this.#defects
        .or(() => this.#stages.post.send(message), notSent)
        .then((delivery) => this.#ended(notice, delivery));
    }
  }

  record(notice: Notice, delivery: Delivery, now: Now) {
    const { notifier } = this.#stages;
    this.#inFlight -= 1;
    const change = notifier.delivered(notice, delivery, now);
    this.#log(notice, delivery, () => notifier.queues(now));
    return change;
  }

  inFlight(): number {
    return this.#inFlight;
  }
}
