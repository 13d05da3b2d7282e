import type { ActionDeed, ActionEnd, ActionKind, ActionRow, ActionStep, Actor } from '../../core/action.ts';
import type { Post } from '../../core/notice.ts';
import type { Clock } from '../../core/ports.ts';
import { stamp } from '../../core/views.ts';
import { createClientRunner } from '../../io/client-runner.ts';
import { isFlagSet, keepFlag } from '../../io/flag.ts';
import { stopRecordedGroups } from '../../io/process-groups.ts';
import { phrase } from '../../words/tell.ts';
import { commandAction } from './command.ts';
import { fileAction } from './file.ts';
import { gitAction } from './git.ts';
import { httpAction } from './http.ts';
import { type Means, StepFailed } from './means.ts';

type Kind<Deed> = Readonly<Record<ActionStep, (row: ActionRow, deed: Deed, means: Means) => Promise<ActionEnd>>>;

const kinds: { readonly [K in ActionKind]: Kind<Extract<ActionDeed, { readonly kind: K }>> } = {
  file: fileAction,
  command: commandAction,
  git: gitAction,
  http: httpAction,
};

/** Creates the runner of action steps. @param input.folder  the folder where actions store their files */
export function createActor(input: {
  readonly folder: string;
  readonly path: string;
  readonly post: Post;
  readonly clock: Clock;
  /** Returns how many places (locations with a daemon) of the group agree to a switch. Absent: not known. */
  readonly votes?: Actor['votes'];
}): Actor {
  const { folder, path, post, clock } = input;
  const clients = createClientRunner({ path });
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();
  const flag = `${folder}/stopped`;
  const marks = `${folder}/running`;
  let hasRun = false;
  return {
    async run(step, row, rule) {
      // Programs left over from an earlier process could undo the work of new ones, so they are stopped first.
      if (!hasRun) stopRecordedGroups(marks);
      hasRun = true;
      const { deed } = rule;
      const endMs = clock.monotonicMs() + rule.timeoutMs;
      const means: Means = {
        folder,
        marks,
        path,
        post,
        clients,
        signal: stopping.signal,
        leftMs: () => Math.max(1, endMs - clock.monotonicMs()),
        madeAt: () => stamp(clock.wallMs()),
      };
      const kind = kinds[deed.kind] as Kind<ActionDeed>;
      const end = kind[step](row, deed, means).catch((cause: unknown) =>
        cause instanceof StepFailed
          ? cause.end
          : new StepFailed(phrase('acted.defect', { why: String(cause) }), false).end,
      );
      running.add(end);
      return end.finally(() => running.delete(end));
    },
    votes: input.votes ?? (() => null),
    isStopped: () => isFlagSet(flag),
    keepStopped: (isStopped) => keepFlag(flag, isStopped),
    async close() {
      stopping.abort();
      await clients.close();
      await Promise.all(running);
    },
  };
}
