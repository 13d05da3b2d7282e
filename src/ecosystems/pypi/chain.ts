import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import { type Chain, type ChainMember, type ChainProblem, memberOfUrl } from '../client.ts';

/** A URL that is safe to paste: no character has a meaning in a shell, a quoted text or a settings file. */
const pasteableUrl = /^https?:\/\/[A-Za-z0-9._~%:/[\]+=@!,-]+$/;

/**
 * Parses a list of indexes as in pip and uv: the index that replaces the public one, then extra ones, separated by
 * spaces; `|`, as displayed, counts as a space.
 */
export function parseIndexes(chain: string): Result<Chain, ChainProblem> {
  const urls = chain.split(/[\s|]+/).filter((url) => url !== '');
  const wrong = urls.findIndex((url) => !/^https?:\/\//i.test(url) || !URL.canParse(url));
  if (wrong >= 0) return error({ kind: 'not_a_url', member: wrong });
  return urls.length === 0 ? error({ kind: 'empty' }) : ok(chainOf(urls.map(memberOfUrl)));
}

/** A chain of these members; the separators have no effect, because these clients have rules of their own. */
function chainOf(members: readonly ChainMember[]): Chain {
  return { members, separators: members.slice(1).map(() => '|') };
}

/** The expected form of a list of indexes; `null`: the text is valid. */
export function checkIndexes(chain: string): Sentence | null {
  const urls = chain.split(/\s+/).filter((url) => url !== '');
  if (urls.length === 0) return phrase('expected.pypiLocks');
  const isWrong = urls.some((url) => baseUrl(url) === null || /[,|;]/.test(memberOfUrl(url).plain));
  return isWrong ? phrase('expected.indexes') : null;
}

/**
 * Replaces the first index; the extra ones stay, without those in `dropped`. The replaced index does not become an
 * extra one, because clients would request everything from it, including names that `to` does not have.
 */
export function headed(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain {
  const own = chain.members.find(({ key }) => key === to.key) ?? to;
  const rest = chain.members.slice(1).filter(({ key }) => key !== to.key && !dropped.has(key));
  return chainOf([own, ...rest]);
}

/** The first index with the final slash that avoids a redirect; `null` if it is not safe to paste. */
export function pasteable(chain: Chain): string | null {
  const url = chain.members[0]?.plain;
  return url !== undefined && pasteableUrl.test(url) ? `${url.replace(/\/+$/, '')}/` : null;
}

/** The variables of pip and uv; each client reads only its own. */
export const variables = ['PIP_INDEX_URL', 'UV_DEFAULT_INDEX'] as const;

/** The line for each variable, and the same for programs. */
export function linesFor(url: string): { readonly env: string; readonly json: string } {
  return {
    env: variables.map((name) => `export ${name}='${url}'`).join('\n'),
    json: JSON.stringify(Object.fromEntries(variables.map((name) => [name, url]))),
  };
}

/**
 * The rollback for either form of the remedy: a variable would override the file.
 * @param fileFor  the lines of the client's own file for an index
 */
export function rollbackTo(before: Chain, fileFor: (url: string) => string): string | Sentence {
  const url = pasteable(before);
  if (url === null) return phrase('back.index');
  return `${fileFor(url)}\n# ${variables.join(', ')}:\n${linesFor(url).env}`;
}

/** The notes for the lines of either client. */
export function notesFor(before: Chain, after: Chain, privatePatterns: readonly string[]): readonly Sentence[] {
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
