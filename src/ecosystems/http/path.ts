import { limits } from '../../core/limits.ts';
import { phrase } from '../../words/tell.ts';

/** What URLs keep as it is written; anything else stands as `%` and two digits. */
const segment = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/;
const dots = /^(?:\.|%2e){1,2}$/i;

/** What was expected where `isFilePath` says no. */
export const filePathExpected = phrase('expected.filePathSuch');

/** True for a path that can be asked for below a mirror as it stands; a slash at its end is a folder. */
export function isFilePath(text: string): boolean {
  if (text.length > limits.moduleChars) return false;
  const segments = text.replace(/\/$/, '').split('/');
  return segments.every((one) => segment.test(one) && !dots.test(one));
}
