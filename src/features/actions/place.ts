import { createHash } from 'node:crypto';
import type { ActionDeed } from '../../core/action.ts';
import type { Advice } from '../../core/advice.ts';

/** A hash of the place that a deed changes, which may have a token in it; a program's is its own matter. */
export function placeOf(deed: ActionDeed): string {
  const of =
    deed.kind === 'file'
      ? [deed.path]
      : deed.kind === 'git'
        ? [deed.repository, deed.branch, deed.path]
        : deed.kind === 'http' && 'store' in deed.body
          ? [deed.url.reveal(), deed.key]
          : [];
  return createHash('sha256')
    .update(JSON.stringify([deed.kind, ...of]))
    .digest('hex');
}

/** True for an advice that took the place of another at the end of its lifetime, with nothing else changed. */
export function isRenewed(advice: Advice, by: Advice): boolean {
  if (advice.id === by.id || by.issuedAtMs <= advice.issuedAtMs || advice.to !== by.to) return false;
  const told = (one: Advice): string =>
    JSON.stringify({ ...one, id: '', issuedAtMs: 0, expiresAtMs: 0, settledAtMs: 0, state: '' });
  return told(advice) === told(by);
}
