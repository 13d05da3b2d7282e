import { baseUrl } from '../../core/base-url.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
import type { Chain, ChainMember, ChainProblem } from '../client.ts';
import { urlMember } from '../url-member.ts';

/** Characters that a pasted URL may hold: none that a shell, a quote, or a settings file gives a meaning. */
const pasteableUrl = /^https?:\/\/[A-Za-z0-9._~%:/[\]+=@!,-]+$/;

/**
 * Reads a list of indexes as pip and uv have it: the one that stands in for the public index first, then the extra ones, with
 * spaces between; `|` as it is shown to people stands for a space.
 */
export function parseIndexes(chain: string): Result<Chain, ChainProblem> {
  const urls = chain.split(/[\s|]+/).filter((url) => url !== '');
  const wrong = urls.findIndex((url) => !/^https?:\/\//i.test(url) || !URL.canParse(url));
  if (wrong >= 0) return error({ kind: 'not_a_url', member: wrong });
  return urls.length === 0 ? error({ kind: 'empty' }) : ok(chainOf(urls.map(urlMember)));
}

/** A chain of these members: whatever one of them answers, clients have rules of their own. */
function chainOf(members: readonly ChainMember[]): Chain {
  return { members, separators: members.slice(1).map(() => '|') };
}

/** What was expected of indexes that an operator writes; `null`: they are fine. */
export function indexesMistake(chain: string): Sentence | null {
  const urls = chain.split(/\s+/).filter((url) => url !== '');
  if (urls.length === 0) return phrase('expected.pypiLocks');
  const isWrong = urls.some((url) => baseUrl(url) === null || /[,|;]/.test(urlMember(url).plain));
  return isWrong ? phrase('expected.indexes') : null;
}

/**
 * Puts another index in the place of the first; the extra ones stay as they are, less those in `dropped`. The index that was
 * first is not kept behind: as an extra one it would be asked for everything, the names that `to` does not know among it.
 */
export function headed(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain {
  const own = chain.members.find(({ key }) => key === to.key) ?? to;
  const rest = chain.members.slice(1).filter(({ key }) => key !== to.key && !dropped.has(key));
  return chainOf([own, ...rest]);
}

/** The first index as clients write it, with the slash that saves them a redirect; `null` where it is not safe to paste. */
export function pasteable(chain: Chain): string | null {
  const url = chain.members[0]?.plain;
  return url !== undefined && pasteableUrl.test(url) ? `${url.replace(/\/+$/, '')}/` : null;
}

/** The variables that a shell sets: of pip and of uv, as each of them reads its own alone. */
export const variables = ['PIP_INDEX_URL', 'UV_DEFAULT_INDEX'] as const;

/** The line that each of the variables gets, and the same for programs. */
export function linesFor(url: string): { readonly env: string; readonly json: string } {
  return {
    env: variables.map((name) => `export ${name}='${url}'`).join('\n'),
    json: JSON.stringify(Object.fromEntries(variables.map((name) => [name, url]))),
  };
}

/**
 * What goes back, each way the lines were set: a variable would shadow the file that it is to undo.
 * @param fileFor  the lines of the client's own file for an index
 */
export function rollbackTo(before: Chain, fileFor: (url: string) => string): string | Sentence {
  const url = pasteable(before);
  if (url === null) return phrase('back.index');
  return `${fileFor(url)}\n# ${variables.join(', ')}:\n${linesFor(url).env}`;
}

/** What has to be said beside the lines of either client. */
export function notesOn(before: Chain, after: Chain, privatePatterns: readonly string[]): readonly Sentence[] {
  const extras = new Set(after.members.slice(1).map(({ key }) => key));
  const notes: Sentence[] = [];
  const [head] = after.members;
  if (head?.hasCredentials === true)
    notes.push(phrase('note.credentials', { from: phrase('note.credentialsOfPython') }));
  if (head !== undefined && /^http:/i.test(head.plain) && !/^http:\/\/(127\.|localhost[:/]|\[::1\])/i.test(head.plain))
    notes.push(phrase('note.indexPlain'));
  if (before.members.slice(1).some(({ key }) => key !== head?.key && !extras.has(key)))
    notes.push(phrase('note.indexExtra'));
  if (privatePatterns.length > 0) notes.push(phrase('note.indexPrivate'));
  return notes;
}
