import { dirname, join, resolve } from 'node:path';
import type { Config } from '../core/config.ts';
import { descriptorBoundsFor } from '../core/descriptors.ts';
import type { Log } from '../core/ports.ts';
import { error, ok, type Result } from '../core/result.ts';
import { createActor } from '../features/actions/actor.ts';
import { cronCalendar } from '../io/calendar.ts';
import { systemClock } from '../io/clock.ts';
import { createLog } from '../io/log.ts';
import { countProbingThreads, readDescriptorLimit, yieldToProbingThreads } from '../io/machine.ts';
import { createPost } from '../io/post.ts';
import { systemRandom } from '../io/random.ts';
import { openStore, type StoreOpenFailure } from '../io/store.ts';
import { systemTimers } from '../io/timers.ts';
import { createWorkers } from '../io/workers.ts';
import { isSoundRow } from '../state/row-shapes.ts';
import type { DaemonPorts } from './assemble.ts';
import { clientsFor, type ProcessFacts } from './machine.ts';

export { readConfigAside } from '../io/config-thread.ts';
export { openEvents } from '../io/event-stream.ts';
export type { StoreOpenFailure } from '../io/store.ts';

export function processLog(facts: ProcessFacts): Log {
  return createLog(facts.log);
}

/** Creates the ports of a real daemon, and opens the state file. */
export function createSystemPorts(
  config: Config,
  facts: ProcessFacts,
  log: Log,
): Result<DaemonPorts, StoreOpenFailure> {
  const opened = openStore(config.state.path, {
    clock: systemClock,
    log,
    isSound: isSoundRow,
    onAnew: (note) => log.error('state began anew; what changes from now on is kept', { note }),
  });
  if (opened.tag === 'error') return error(opened.error);
  for (const note of opened.value.notes) log.warn('state', { note });
  const post = createPost({ clock: systemClock, timers: systemTimers });
  const descriptors = readDescriptorLimit();
  const { exchanges } = descriptorBoundsFor(descriptors);
  const folder = join(dirname(config.state.path), 'actions');
  return ok({
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    calendar: cronCalendar,
    log,
    store: opened.value.store,
    post,
    actor: createActor({
      folder,
      path: facts.path ?? '',
      post,
      clock: systemClock,
      ...(facts.votes && { votes: facts.votes }),
    }),
    workers(book) {
      const workers = workersFor(book, log, countProbingThreads(), exchanges);
      yieldToProbingThreads();
      return workers;
    },
    descriptors,
    statePath: config.state.path,
    clients: clientsFor(facts, resolve(dirname(config.state.path), 'clients')),
    version: facts.version,
    node: facts.node,
  });
}

export function workersFor(
  book: Parameters<DaemonPorts['workers']>[0],
  log: Log,
  count: number = countProbingThreads(),
  probesAtOnce?: number,
): ReturnType<DaemonPorts['workers']> {
  return createWorkers({
    count,
    book,
    ...(probesAtOnce === undefined ? {} : { probesAtOnce }),
    clock: systemClock,
    timers: systemTimers,
    log,
  });
}

export { cronCalendar } from '../io/calendar.ts';
export { type CopyFailure, copyStore, type StoreCopy } from '../io/store-copy.ts';
export { storeTroubleOf } from '../io/store-schema.ts';
