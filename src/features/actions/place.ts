import type { ActionRow } from '../../core/action.ts';
import type { Advice } from '../../core/advice.ts';

/** True for an advice that took the place of another at the end of its lifetime, with nothing else changed. */
export function isRenewed(advice: Advice, by: Advice): boolean {
  if (advice.id === by.id || by.issuedAtMs <= advice.issuedAtMs || advice.to !== by.to) return false;
  const told = (one: Advice): string =>
    JSON.stringify({ ...one, id: '', issuedAtMs: 0, expiresAtMs: 0, settledAtMs: 0, state: '' });
  return told(advice) === told(by);
}

/** How a program may end that has done half of its work. */
const halfDone: readonly string[] = ['acted.exit', 'acted.time', 'acted.output'];

/** True for a row with something to put back: it is done, or a program that ran has failed. */
export function isUndoable({ kind, state, because }: ActionRow): boolean {
  return state === 'done' || (kind === 'command' && state === 'failed' && halfDone.includes(because?.key ?? ''));
}
