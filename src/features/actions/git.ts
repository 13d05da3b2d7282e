import { join } from 'node:path';
import type { ActionDeed, ActionEnd, ActionRow } from '../../core/action.ts';
import { limits } from '../../core/limits.ts';
import { partOf } from '../../core/part.ts';
import { printable } from '../../core/printable.ts';
import { isGitCopyUsable, removeGitCopy, resolveGitServer } from '../../io/git-copy.ts';
import { runProgram } from '../../io/run-program.ts';
import { phrase } from '../../words/tell.ts';
import { commandFailureOf } from './command.ts';
import { createForge } from './http.ts';
import { type Means, StepFailed, valueFrom } from './means.ts';
import { diffOf, renderAdvice } from './render.ts';

/** What an undo needs: the file's text before the change (`null`: there was no file), and the pushed text. */
interface Kept {
  readonly before: string | null;
  readonly after: string;
  readonly request?: number | undefined;
}

const trailer = 'Mirrorwatch-Action';
/**
 * The action `git`: commits to a branch without a working tree, without hooks and without following links. Only a
 * fast-forward is pushed.
 * With `mergeRequest` the commit gets a branch and a merge request of its own. An undo closes that request or, if it is
 * merged, opens one that reverts it.
 */
export const gitAction = {
  async prepare(row: ActionRow, deed: GitDeed, means: Means): Promise<ActionEnd> {
    const branch = await fetchBranch(row.action, deed, means);
    const before = await branch.read();
    const { after } = valueFrom(await renderAdvice(row.advice, deed.as, before));
    const kept: Kept = { before, after };
    return { tag: 'ok', output: diffOf(deed.path, before, after), kept };
  },
  async act(row: ActionRow, deed: GitDeed, means: Means): Promise<ActionEnd> {
    const forge = deed.mergeRequest && createForge(deed.mergeRequest, means);
    const head = headOf(row, deed);
    const found = await forge?.find(head);
    if (found != null)
      return {
        tag: 'ok',
        output: withUrl(row.output, found),
        kept: { ...(row.kept as Kept), request: found.number },
      };
    const branch = await fetchBranch(row.action, deed, means);
    const mark = `${trailer}: ${row.id}`;
    const earlier = await branch.find(mark);
    // The file may have changed after `prepare`. So its texts before and after the change are read from the commit that
    // was pushed earlier.
    if (earlier !== null) return { tag: 'ok', output: row.output, kept: await branch.changeOf(earlier, row.kept) };
    const before = await branch.read();
    const { after } = valueFrom(await renderAdvice(row.advice, deed.as, before));
    const kept: Kept = { before, after };
    const output = diffOf(deed.path, before, after);
    if (before === after) return { tag: 'ok', output, kept };
    const { advice } = row;
    const message = [`Use ${advice.to} for ${advice.upstream}`, '', advice.reason, '', mark];
    await branch.push(head, after, message, means.madeAt());
    const opened = await forge?.open(head, deed.branch, message);
    return { tag: 'ok', output: withUrl(output, opened), kept: { ...kept, request: opened?.number } satisfies Kept };
  },
  async undo(row: ActionRow, deed: GitDeed, means: Means): Promise<ActionEnd> {
    const kept = row.kept as Kept | null;
    const forge = deed.mergeRequest && createForge(deed.mergeRequest, means);
    // If the merge request was not merged, it is only closed. Nothing must be reverted.
    const request = await forge?.withdraw(headOf(row, deed), kept?.request);
    if (forge !== null && request?.state !== 'merged') return { tag: 'ok', output: request?.url ?? '' };
    const head = headOf(row, deed, '+undo');
    const found = await forge?.find(head);
    if (found != null) return { tag: 'ok', output: found.url };
    const branch = await fetchBranch(row.action, deed, means);
    const mark = `${trailer}: ${row.id} undo`;
    const now = await branch.read();
    if (kept === null || now === kept.before || (await branch.find(mark)) !== null) return { tag: 'ok', output: '' };
    if (now !== kept.after)
      throw new StepFailed(phrase('acted.changedSince', { what: printable(deed.path, 200) }), false);
    const { advice } = row;
    const message = [`Go back to ${advice.from} for ${advice.upstream}`, '', mark];
    await branch.push(head, kept.before, message, means.madeAt());
    const opened = await forge?.open(head, deed.branch, message);
    return { tag: 'ok', output: withUrl(diffOf(deed.path, now, kept.before), opened) };
  },
} as const;

function withUrl(output: string, request: { readonly url: string } | undefined): string {
  return request === undefined ? output : `${output}\n${request.url}`;
}

/**
 * The branch to push to. With `mergeRequest` each row has its own branch; `end` distinguishes the branch of the undo.
 */
function headOf({ id }: ActionRow, { branch, mergeRequest }: GitDeed, end = ''): string {
  return mergeRequest === null ? branch : `mirrorwatch/${id.replace(/\.(?=\.|lock$|$)|[^\w.-]/g, '+')}${end}`;
}

/** The copies that this process made. Another copy may be a stranger's: its settings name programs that Git runs. */
const madeCopies = new Set<string>();

/**
 * Fetches the branch into the action's local copy of the repository; if the branch does not exist, `HEAD`. If the copy
 * is damaged, or of an earlier process, it is created again.
 */
async function fetchBranch(action: string, deed: GitDeed, means: Means) {
  const { repository, branch } = deed;
  const copy = createGitCopy(join(means.folder, `git-${action}`), repository, means, await resolveServer(deed, means));
  if (!madeCopies.has(copy.folder) || !(await isGitCopyUsable(copy.folder))) await copy.init();
  const may = ['1', '128'];
  if (!(await copy.fetch(`refs/heads/${branch}`, may)).isOk) {
    const from = (await copy.isThere(branch)) ? `refs/heads/${branch}` : 'HEAD';
    if (from !== 'HEAD' || !(await copy.fetch(from, may)).isOk) {
      // The repository responds, so the copy must be damaged.
      await copy.init();
      await copy.fetch(from);
    }
  }
  return branchOf(copy, deed);
}

/** The file that an action changes, on the fetched branch. */
function branchOf(copy: GitCopy, { path, repository, branch, author, isSigned }: GitDeed) {
  let mode = '100644';
  /** The folders above the file that exist on the branch, with their trees. */
  let trees: ReadonlyMap<string, string> = new Map();

  /** Returns the file's texts before and after a commit; `otherwise` if the shallow copy lacks the commit's parent. */
  async function changeOf(commit: string, otherwise: unknown): Promise<unknown> {
    const parent = await copy.git(['rev-parse', '--verify', '--quiet', `${commit}^`], { may: ['1'] });
    if (!parent.isOk) return otherwise;
    const [before, after] = [await read(parent.stdout.trim()), await read(commit)];
    return { before, after: after ?? '' } satisfies Kept;
  }

  /** Returns the text of the file at a revision; `null`: the file does not exist. */
  async function read(at = ref): Promise<string | null> {
    const parts = path.split('/');
    const paths = parts.map((_, end) => parts.slice(0, end + 1).join('/'));
    const listed = (await copy.git(['ls-tree', '-t', '-z', at, '--', ...paths])).stdout.split('\0').slice(0, -1);
    const found = new Map(listed.map((entry) => [entry.slice(entry.indexOf('\t') + 1), entry]));
    const [entry, ...above] = paths.toReversed().map((one) => found.get(one));
    const [, as, blob] = /^(100\d{3}) blob ([0-9a-f]+)\t/.exec(entry ?? '') ?? [];
    // Neither the file nor a folder above it may be a link or a submodule.
    if ((entry !== undefined && as === undefined) || above.some((one) => one?.startsWith('040000 ') === false))
      throw new StepFailed(phrase('acted.noFile', { file: printable(path, 200) }), false);
    trees = new Map([...found].flatMap(([one, line]) => (one === path ? [] : [[one, line.split(/[ \t]/)[2] ?? '']])));
    if (as === undefined || blob === undefined) return null;
    mode = as;
    return (await copy.git(['cat-file', '-p', blob])).stdout;
  }

  async function push(head: string, text: string | null, message: readonly string[], at: string): Promise<void> {
    const made = await commit(text, `${message.map((line) => printable(line)).join('\n')}\n`, at);
    await copy
      .git(['push', '--quiet', '--', repository, `${made}:refs/heads/${head}`])
      .catch(async (cause: unknown) => {
        // Only this row pushes to the branch of its merge request. If the branch exists, an earlier attempt has pushed
        // it, so nothing failed.
        if (head === branch || !(await copy.isThere(head))) throw cause;
      });
  }

  /** Creates a commit on top of the fetched branch. @returns its hash */
  async function commit(text: string | null, message: string, at: string): Promise<string> {
    // `git fast-import` would need only one program, but Alpine has it in a separate package. An index would list the
    // whole repository: trees of 100 KiB can list millions of files.
    const parts = path.split('/');
    const hash = async (stdin: string, ...args: readonly string[]) => (await copy.git(args, { stdin })).stdout.trim();
    let entry = text === null ? '' : `${mode} blob ${await hash(text, 'hash-object', '-w', '--stdin')}`;
    for (let depth = parts.length - 1; depth >= 0; depth -= 1) {
      const tree = depth === 0 ? ref : trees.get(parts.slice(0, depth).join('/'));
      const others = await listBeside(copy, tree, quotedName(parts[depth] ?? ''));
      const all = entry === '' ? others : [...others, `${entry}\t${quotedName(parts[depth] ?? '')}`];
      entry = all.length === 0 && depth > 0 ? '' : `040000 tree ${await hash(`${all.join('\n')}\n`, 'mktree')}`;
    }
    const tree = entry.replace('040000 tree ', '');
    const signed = isSigned ? ['-S'] : [];
    const made = await copy.git(['commit-tree', ...signed, '-p', ref, tree], {
      stdin: message,
      env: identityOf(author, at),
    });
    return made.stdout.trim();
  }

  return { find: (line: string) => findCommit(copy, line), changeOf, read, push };
}

/** Returns the hash of the newest commit with this line in its message; `null`: no fetched commit has it. */
async function findCommit(copy: GitCopy, line: string): Promise<string | null> {
  const log = await copy.git(['log', '-F', `--grep=${line}`, '--format=%x00%H%n%B', '-n50', ref]);
  const found = log.stdout.split('\0').map((one) => one.split('\n'));
  return found.find((lines) => lines.includes(line))?.[0] ?? null;
}

/** Returns the entries of a tree as `mktree` reads them, without the entry `name`; empty: there is no tree. */
async function listBeside(copy: GitCopy, tree: string | undefined, name: string): Promise<readonly string[]> {
  if (tree === undefined) return [];
  const { stdout } = await copy.git(['ls-tree', tree]);
  return stdout.split('\n').filter((line) => line !== '' && line.slice(line.indexOf('\t') + 1) !== name);
}

function identityOf(author: string, at: string) {
  const [, name = '', email = ''] = /^(.*) <([^<>]*)>$/s.exec(author) ?? [];
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: at,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: at,
  };
}

/** Returns a name as `ls-tree` prints it with `core.quotePath`. Names contain no backslash and no control character. */
function quotedName(name: string): string {
  const quoted = Array.from(Buffer.from(name), (byte) =>
    byte === 0x22 ? '\\"' : byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`,
  ).join('');
  return quoted === name ? name : `"${quoted}"`;
}

type GitDeed = Extract<ActionDeed, { kind: 'git' }>;

/** The ref of the fetched branch in the local copy. */
const ref = 'refs/mirrorwatch/base';

/** Settings of Git that apply to every command, whatever the operator's own configuration of Git says. */
const settings = [
  'core.hooksPath=/dev/null',
  // A server cannot send Git to another server: neither by a redirect, nor by URLs of packs and bundles, nor by
  // submodules.
  'http.followRedirects=false',
  'fetch.uriProtocols=',
  'transfer.bundleURI=false',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'push.recurseSubmodules=no',
  // The clean-up runs in the background, where no limit applies. A copy that grows too large is removed instead.
  'gc.auto=0',
  'maintenance.auto=false',
  // With these settings the memory that Git needs does not depend on the size of a blob, or on the number of cores.
  'core.bigFileThreshold=1m',
  'fetch.unpackLimit=1',
  'pack.threads=1',
  // `ls-tree` then prints names in the form that `mktree` reads, and in ASCII.
  'core.quotePath=true',
].flatMap((setting) => ['-c', setting]);
/** Runs a program with limits of its memory, and of the size of a file that it writes (in blocks of 512 bytes). */
const limited = `ulimit -d ${limits.gitMemoryBytes / 1024} && ulimit -f ${limits.gitFileBytes / 512} && exec "$@"`;

/**
 * Returns the setting with which Git connects only to the address that was checked; empty: the check needs none.
 * @throws StepFailed if the host name of an HTTP URL resolves to an address that the configuration does not allow
 */
async function resolveServer({ repository, allow }: GitDeed, means: Means): Promise<readonly string[]> {
  if (!/^https?:/.test(repository)) return [];
  const server = await resolveGitServer(new URL(repository), allow, means.leftMs());
  if (server.tag === 'pinned') return server.entry === null ? [] : ['-c', `http.curloptResolve=${server.entry}`];
  const why =
    server.tag === 'forbidden'
      ? phrase('acted.forbidden', { address: server.address, key: 'onAdvice[].git.allow' })
      : server.code;
  throw new StepFailed(phrase('acted.request', { why }), true);
}

/** A shallow copy of a repository, without a working tree. */
function createGitCopy(folder: string, repository: string, means: Means, pin: readonly string[]) {
  /**
   * Runs git on this copy.
   * @param more.may  exit codes other than 0 that do not count as a failure
   */
  async function git(
    args: readonly string[],
    more: { dir?: string; stdin?: string; may?: readonly string[]; env?: Record<string, string> } = {},
  ): Promise<{ readonly isOk: boolean; readonly stdout: string }> {
    const git = ['git', ...settings, ...pin, '--literal-pathspecs', '--git-dir', more.dir ?? folder];
    const end = await runProgram({
      argv: ['sh', '-c', limited, 'sh', ...git, ...args],
      cwd: '/',
      env: { GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'file:http:https:ssh', LC_ALL: 'C', ...more.env },
      stdin: more.stdin ?? '',
      timeoutMs: means.leftMs(),
      ...partOf(means, 'path', 'signal', 'marks'),
    });
    const failed = commandFailureOf(end);
    if (failed !== null && more.may?.includes(end.code) !== true) throw new StepFailed(failed, true, end.shown);
    return { isOk: failed === null, stdout: end.stdout };
  }

  return {
    folder,
    git,
    async isThere(branch: string): Promise<boolean> {
      const listArgs = ['ls-remote', '--exit-code', '--heads', '--', repository, `refs/heads/${branch}`];
      // Git gets `/dev/null` as its directory instead of the local copy, because the copy may be damaged.
      return (await git(listArgs, { dir: '/dev/null', may: ['2'] })).isOk;
    },
    async init(): ReturnType<typeof git> {
      await removeGitCopy(folder);
      madeCopies.add(folder);
      return git(['init', '--quiet', '--bare', '--template=', folder]);
    },
    fetch(from: string, may: readonly string[] = []): ReturnType<typeof git> {
      const depth = `--depth=${limits.actionRows}`;
      return git(['fetch', '--quiet', '--no-tags', depth, '--', repository, `+${from}:${ref}`], { may });
    },
  };
}

type GitCopy = ReturnType<typeof createGitCopy>;
