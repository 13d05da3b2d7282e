import { Advisor } from '../../../src/advise/advisor.ts';
import type { Config } from '../../../src/core/config.ts';
import type { Without } from '../../../src/core/judge-rules.ts';
import type { Calendar, Now, Random } from '../../../src/core/ports.ts';
import { createDetector, type Detector } from '../../../src/detect/detector.ts';
import type { createKept } from '../../../src/features/replay/loop.ts';
import { createNotifier } from '../../../src/notify/notifier.ts';
import { createScheduler } from '../../../src/schedule/scheduler.ts';
import type { Scheduler } from '../../../src/schedule/scheduling.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { createEvidenceBook, type EvidenceBook } from '../../../src/state/evidence.ts';
import type { WorldSetup } from '../world.ts';
import { configOf, declaredBy } from './config.ts';

type Notifier = ReturnType<typeof createNotifier>;

/**
 * The daemon's stages that make decisions, as `src/daemon/assemble.ts` makes them. There are no probing threads, board,
 * exporter or log.
 */
export interface Stages {
  setup: WorldSetup;
  config: Config;
  declared: ReturnType<typeof declaredBy>;
  readonly scheduler: Scheduler;
  readonly detector: Detector;
  readonly evidence: EvidenceBook;
  readonly advisor: Advisor;
  readonly notifier: Notifier;
}

/** No world uses a cron expression. */
const calendar: Calendar = {
  nextAfter() {
    throw new Error('a world has no cron');
  },
};

/** Makes the stages of a daemon that starts now, and restores the stored state of `kept`. */
export function assemble(
  setup: WorldSetup,
  kept: ReturnType<typeof createKept>,
  random: Random,
  now: Now,
  without: Without,
): Stages {
  const config = configOf(setup);
  const targets = expandTargets(config);
  const declared = declaredBy(setup);
  const detector = createDetector({
    config,
    targets,
    restored: kept.all('detector', 'finding', 'seen'),
    random,
    now,
    without,
  });
  return {
    setup,
    config,
    declared,
    scheduler: createScheduler({ config, targets, seed: config.vantage, calendar, random, now }),
    detector,
    evidence: createEvidenceBook({ restored: kept.all('meta'), now }),
    advisor: new Advisor({ config, declared, restored: kept.all('advice', 'chain'), random, now, without }),
    notifier: createNotifier({
      config,
      restored: kept.all('outbox', 'meta'),
      open: detector.findings(),
      random,
      now,
    }),
  };
}
