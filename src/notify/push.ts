import type { AdviceChange } from '../core/advice.ts';
import type { Finding } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import { showsAlerts } from '../core/receiver-format.ts';
import { draftOfFinding } from './news.ts';
import { enqueueEach } from './notices.ts';
import type { State } from './outbox.ts';
import { isMeant, type Queue } from './queue.ts';

/** Records that a finding was queued for a receiver. The finding is queued again after `limits.pushEveryMs`. */
export function recordPushed({ pushAtMs, now }: State, queue: Queue, finding: Finding): void {
  pushAtMs.set(keyOf(queue, finding), now.monotonicMs + limits.pushEveryMs);
}

/**
 * Records the advice to leave each mirror. If the advice changes, the open findings of that mirror are queued again at
 * once.
 */
export function recordAdvice(state: State, changes: readonly AdviceChange[]): void {
  for (const { advice } of changes) {
    if (advice.state === 'proposed') state.advised.set(advice.from, advice);
    else if (state.advised.get(advice.from)?.id === advice.id) state.advised.delete(advice.from);
    else continue;
    for (const finding of state.live.values())
      if (finding.registry === advice.from)
        for (const queue of state.queues.values()) state.pushAtMs.delete(keyOf(queue, finding));
  }
}

export function dropPushed(state: State, finding: Finding): void {
  state.live.delete(finding.id);
  for (const queue of state.queues.values()) state.pushAtMs.delete(keyOf(queue, finding));
}

/**
 * Queues open findings again for Alertmanagers: at once after a start, then every `limits.pushEveryMs`. A finding with
 * a waiting notice is not queued twice, because that notice gets a new end time when it is sent.
 */
export function enqueueRepeats(state: State): void {
  for (const queue of state.queues.values()) {
    const { receiver } = queue;
    if (!showsAlerts(receiver) || queue.disabled) continue;
    for (const finding of state.live.values()) {
      if (!receiver.on.includes(finding.kind)) continue;
      if ((state.pushAtMs.get(keyOf(queue, finding)) ?? Number.NEGATIVE_INFINITY) > state.now.monotonicMs) continue;
      const draft = draftOfFinding({ change: 'opened', finding }, state.origin.vantage);
      if (draft === null || !isMeant(receiver, draft)) continue;
      recordPushed(state, queue, finding);
      if (!queue.entries.some((entry) => entry.findingId === finding.id)) enqueueEach(state, [queue], draft);
    }
  }
}

function keyOf(queue: Queue, finding: Finding): string {
  return `${queue.receiver.name}/${finding.id}`;
}
