import { escapeWord } from '../../core/command-line.ts';
import type { Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Chain,
  type ChainMember,
  type Client,
  chainOf,
  isPlainUrl,
  memberOfUrl,
  offersHttp1,
  offersHttp2,
  parseUrls,
  pasteableHeadOf,
  type Remedy,
  type Reply,
  variablesFor,
  type WalkEnd,
  walkInOrder,
} from '../client.ts';

/** Checks a list of indexes. Returns what was expected, or `null` if the text is valid. */
export function checkIndexes(chain: string): Sentence | null {
  const urls = chain.split(/\s+/).filter((url) => url !== '');
  if (urls.length === 0) return phrase('expected.pypiLocks');
  const isWrong = urls.some((url) => baseUrl(url) === null || /[,|;]/.test(memberOfUrl(url).plain));
  return isWrong ? phrase('expected.indexes') : null;
}

/**
 * Returns the chain with `to` in place of the first index. The extra indexes stay, except those in `dropped`. The
 * replaced index does not become an extra index, because clients would still request every project from it.
 */
function headed(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain {
  const own = chain.members.find(({ key }) => key === to.key) ?? to;
  const rest = chain.members.slice(1).filter(({ key }) => key !== to.key && !dropped.has(key));
  return chainOf([own, ...rest]);
}

const variables = ['PIP_INDEX_URL', 'UV_DEFAULT_INDEX'] as const;

/**
 * Returns the rollback lines for a shell. Below them, as comments, are those for the client's file, which the variables
 * override. So all lines can be pasted into a shell.
 */
function rollbackTo(before: Chain, { file, fileFor }: Pick<Own, 'file' | 'fileFor'>): string | Sentence {
  const url = pasteableHeadOf(before);
  if (url === null) return phrase('back.index');
  return `${variablesFor(variables, url).env}\n# ${file}:\n${fileFor(url).replace(/^/gm, '# ')}`;
}

function notesFor(before: Chain, after: Chain, privatePatterns: readonly string[]): readonly Sentence[] {
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

interface Own extends Pick<Client, 'describes' | 'walk' | 'protocols'> {
  readonly id: 'pip' | 'uv';
  /** The name of the client's file of settings. */
  readonly file: 'pip.conf' | 'uv.toml';
  fileFor(url: string): string;
  /** The note that replaces the lines if the index is not safe to paste. */
  readonly byHand: Sentence;
  notes(url: string): readonly Sentence[];
}

/**
 * Makes a client whose chain is a list of indexes. The first index replaces the public index; the others are extra
 * indexes. The remedy sets only the first index.
 */
function clientOf({ file, fileFor, byHand, notes, ...own }: Own): Client {
  return {
    ...own,
    expected: phrase('expected.pypiChain'),
    parse: (chain) => parseUrls(chain, /[\s|]+/),
    mistake: checkIndexes,
    usual: (url) => url ?? '',
    member: memberOfUrl,
    headed,
    forms: [own.id, 'env'],
    userFiles: { [own.id]: `/${own.id}/${file}` },
    variables: Object.fromEntries(variables.map((name) => [name, isPlainUrl])),
    remedy(before, after, privatePatterns): Remedy {
      const url = pasteableHeadOf(after);
      const rollback = rollbackTo(before, { file, fileFor });
      const notesHere = notesFor(before, after, privatePatterns);
      if (url === null) return { remedy: {}, rollback, notes: [...notesHere, byHand] };
      const { env, json } = variablesFor(variables, url);
      return { remedy: { env, [own.id]: fileFor(url), json }, rollback, notes: [...notesHere, ...notes(url)] };
    },
  };
}

/**
 * pip requests the project from all indexes. If several indexes have the same version, pip takes the file of the last
 * index. It skips an index that fails. But the fetch fails at a 401, where pip prompts for a password, and at a cut
 * page. The fetch also fails if the chosen file is wrong.
 * @see test/real/pypi-clients.test.ts, pypi-bodies.test.ts: pip 23.2 and 26.3
 */
function walkPip(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd {
  let tookMs = 0;
  let best: number | null = null;
  let isBestWrong = false;
  let unmeasured: number | null = null;
  for (const [at, member] of chain.members.entries()) {
    const reply = replyOf(member);
    if (reply.tag === 'unknown') {
      unmeasured ??= at;
      continue;
    }
    tookMs += reply.tookMs;
    const isWrong = reply.tag === 'failed' && reply.isArtifact === true;
    if (reply.tag === 'ok' || isWrong) {
      best = at;
      isBestWrong = isWrong;
    } else if (reply.status === 401 || (reply.tag === 'failed' && reply.isCut === true && reply.isHung !== true))
      return unmeasured === null ? { tag: 'failed', at } : { tag: 'unknown', at: unmeasured };
  }
  if (unmeasured !== null) return { tag: 'unknown', at: unmeasured };
  if (best === null) return { tag: 'failed', at: chain.members.length - 1 };
  return isBestWrong ? { tag: 'failed', at: best } : { tag: 'ok', at: best, tookMs };
}

/** The client pip. Advice for pip also applies to other clients that read pip's settings. */
export const pip: Client = clientOf({
  id: 'pip',
  // https://pip.pypa.io/en/stable/cli/pip_install/#finding-packages
  // https://pip.pypa.io/en/stable/topics/configuration/
  describes:
    'The current index-url of pip, then its extra-index-urls, separated by spaces. Default: the mirror of the highest weight.',
  walk: walkPip,
  protocols: () => offersHttp1,
  file: 'pip.conf',
  fileFor: (url) => `[global]\nindex-url = ${url}`,
  byHand: phrase('note.pipByHand'),
  notes: (url) => [phrase('note.pipWins'), phrase('note.poetry', { url: escapeWord(url), pdm: escapeWord(url) })],
});

/**
 * uv requests the extra indexes in order, and the default index last. It requests the next index only after a 404.
 * @see test/real/pypi-clients.test.ts: uv 0.13
 */
function walkUv(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd {
  const { members } = chain;
  const inOrder = { ...chain, members: [...members.slice(1), ...members.slice(0, 1)] };
  const end = walkInOrder(inOrder, replyOf, (reply) => reply.tag !== 'gone' || reply.status === 410);
  return { ...end, at: (end.at + 1) % members.length };
}

export const uv: Client = clientOf({
  id: 'uv',
  // https://docs.astral.sh/uv/concepts/indexes/
  // https://docs.astral.sh/uv/reference/environment/
  describes:
    "uv's current default index, then those of UV_INDEX (which uv requests first), separated by spaces. Default: the mirror of the highest weight.",
  walk: walkUv,
  protocols: () => offersHttp2,
  file: 'uv.toml',
  fileFor: (url) => `[[index]]\nname = "mirror"\nurl = "${url}"\ndefault = true`,
  byHand: phrase('note.uvByHand'),
  notes: () => [phrase('note.uvLock')],
});
