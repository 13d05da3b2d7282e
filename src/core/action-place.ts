import { createHash } from 'node:crypto';
import type { ActionDeed } from './action.ts';

/** A hash of the place that a deed changes, which may have a token in it; `null`: a program's and a body's is their own matter. */
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
