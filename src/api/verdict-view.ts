import type { Blocker, UpstreamVerdict } from '../core/verdict.ts';
import { stamp } from '../core/views.ts';
import { messageOf } from '../words/tell.ts';
import { blockerText, stayMessageOf } from '../words/verdict.ts';

/** A verdict as the API shows it (docs/api.md#verdict). A reason has a kind, its text, and the values of the text. */
export function verdictView({ atMs, mirrors, stay, back, head, ...rest }: UpstreamVerdict): object {
  const reasonOf = (blocker: Blocker | null): object | null =>
    blocker && { kind: blocker.kind, ...messageOf(blockerText(blocker, head ?? '')) };
  return {
    ...rest,
    at: stamp(atMs),
    head,
    mirrors: mirrors.map(({ blocker, ...mirror }) => ({ ...mirror, blocker: reasonOf(blocker) })),
    stay: stay && { kind: stay.kind, ...stayMessageOf(head ?? '', stay) },
    back: reasonOf(back),
  };
}
