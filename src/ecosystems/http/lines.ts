import { phrase } from '../../words/tell.ts';
import type { Chain } from '../client.ts';
import { headUrl, type Lines } from './profile.ts';

/** Where URLs stand in files of a client, and how one is told from another that begins alike. */
interface Edit {
  readonly before: Chain;
  readonly after: Chain;
  /** Files, as a shell expands them. */
  readonly files: string;
  /** An extended regular expression of what stands behind a URL, and what is put there again. */
  readonly behind: string;
  readonly kept: string;
}

/** Lines that put one base URL in the place of another wherever a client's own files name it; they suit any suite or branch. */
export function editLines({ before, after, files, behind, kept }: Edit): Lines {
  const [from, to] = [headUrl(before), headUrl(after)];
  const line = (old: string, next: string): string =>
    `grep -rlF '${old}' ${files} | xargs -r sed -Ei 's#${escaped(old)}${behind}#${next}${kept}#g'`;
  return {
    text: line(from, to),
    rollback: line(to, from),
    notes: [phrase('note.entries', { from, files })],
  };
}

/** A pasteable URL as an extended regular expression. */
function escaped(url: string): string {
  return url.replace(/[.+]/g, '\\$&');
}
