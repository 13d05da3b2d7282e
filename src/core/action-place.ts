import { createHash } from 'node:crypto';
import type { ActionDeed } from './action.ts';

/** A hash (it may contain a token) of the place that an action changes; `null`: not known, for a program or a body. */
export function placeOf(deed: ActionDeed): string | null {
  const of =
    deed.kind === 'file'
      ? [deed.path]
      : deed.kind === 'git'
        ? [deed.repository, deed.branch, deed.path, ...(deed.mergeRequest === null ? [] : [deed.mergeRequest.api])]
        : deed.kind === 'http' && 'store' in deed.body
          ? [deed.url.reveal(), deed.key]
          : null;
  if (of === null) return null;
  return createHash('sha256')
    .update(JSON.stringify([deed.kind, ...of]))
    .digest('hex');
}
