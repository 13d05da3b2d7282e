import { join } from 'node:path';
import type { ActionDeed, ActionRow } from '../../../../src/core/action.ts';
import type { Advice } from '../../../../src/core/advice.ts';
import type { Post } from '../../../../src/core/notice.ts';
import { createActor } from '../../../../src/features/actions/actor.ts';
import { systemClock } from '../../../../src/io/clock.ts';
import { adviceTo, ruleOf } from './advice.ts';

const noPost: Post = { send: () => Promise.reject(new Error('nothing is posted')) };

function rowOf(deed: ActionDeed, over: Partial<ActionRow> = {}, advice: Advice = adviceTo()): ActionRow {
  return {
    id: `${advice.id}.ci`,
    action: 'ci',
    kind: deed.kind,
    mode: 'auto',
    advice,
    state: 'running',
    held: null,
    plannedAtMs: 0,
    endedAtMs: null,
    attempts: 1,
    nextAtMs: null,
    because: null,
    output: '',
    kept: null,
    isInterrupted: false,
    undoneBy: null,
    ...over,
  };
}

/** An actor of real files and programs, what it keeps in a folder. */
export function actorIn(folder: string, post: Post = noPost, path = process.env['PATH'] ?? '') {
  return createActor({ folder: join(folder, 'kept'), path, post, clock: systemClock });
}

/** An actor, a deed and a row for it: each step with what the one before kept. */
export function acting(
  folder: string,
  deed: ActionDeed,
  advice: Advice = adviceTo(),
  {
    timeoutMs = 20_000,
    post = noPost,
    path,
  }: { readonly timeoutMs?: number; readonly post?: Post; readonly path?: string } = {},
  over: Partial<ActionRow> = {},
) {
  const actor = actorIn(folder, post, path);
  let row = rowOf(deed, over, advice);
  const rule = ruleOf({ deed, timeoutMs });
  return {
    actor,
    async step(step: 'prepare' | 'act' | 'undo') {
      const end = await actor.run(step, row, rule);
      if (end.kept !== undefined) row = { ...row, kept: end.kept };
      return end;
    },
    /** As after a kill before the end of a step was recorded. */
    isKilled() {
      row = { ...row, kept: null, isInterrupted: true };
    },
  };
}
