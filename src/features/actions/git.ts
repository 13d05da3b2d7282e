import { join } from 'node:path';
import type { ActionDeed, ActionEnd, ActionRow } from '../../core/action.ts';
import { limits } from '../../core/limits.ts';
import { printable } from '../../core/printable.ts';
import { removeGitCopy, removeGitLeftovers } from '../../io/git-copy.ts';
import { runProgram } from '../../io/run-program.ts';
import { phrase } from '../../words/tell.ts';
import { commandFailureOf } from './command.ts';
import { createForge } from './forge.ts';
import { checkLease, type Means, StepFailed, valueFrom } from './means.ts';
import { diffOf, renderAdvice } from './render.ts';

type GitDeed = Extract<ActionDeed, { kind: 'git' }>;
/** What an undo needs: the file's text before the change (`null`: there was no file), and the pushed text. */
interface Kept {
  readonly before: string | null;
  readonly after: string;
  readonly request?: number | undefined;
}

const trailer = 'Mirrorwatch-Action';
const safely = ['-c', 'core.hooksPath=/dev/null', '-c', 'protocol.ext.allow=never'];

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
    const after = valueFrom(await renderAdvice(row.advice, deed.as, before), false);
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
    const after = valueFrom(await renderAdvice(row.advice, deed.as, before), false);
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

const ref = 'refs/mirrorwatch/base';

/**
 * Fetches the branch into the action's local copy of the repository; if the branch does not exist, `HEAD`. If the copy
 * is damaged, it is created again.
 */
async function fetchBranch(action: string, deed: GitDeed, means: Means): Promise<Branch> {
  const { repository, branch } = deed;
  const copy = new GitCopy(join(means.folder, `git-${action}`), repository, means);
  if (!(await removeGitLeftovers(copy.folder))) await copy.init();
  const may = ['1', '128'];
  if (!(await copy.fetch(`refs/heads/${branch}`, may)).isOk) {
    const from = (await copy.isThere(branch)) ? `refs/heads/${branch}` : 'HEAD';
    if (from !== 'HEAD' || !(await copy.fetch(from, may)).isOk) {
      // The repository responds, so the copy must be damaged.
      await removeGitCopy(copy.folder);
      await copy.init();
      await copy.fetch(from);
    }
  }
  return new Branch(copy, deed, means);
}

/** A shallow copy of a repository, without a working tree. */
class GitCopy {
  readonly folder: string;
  readonly #repository: string;
  readonly #means: Means;

  constructor(folder: string, repository: string, means: Means) {
    this.folder = folder;
    this.#repository = repository;
    this.#means = means;
  }

  /**
   * Runs git on this copy.
   * @param more.may  exit codes other than 0 that do not count as a failure
   */
  async git(
    args: readonly string[],
    more: { dir?: string; stdin?: string; may?: readonly string[]; env?: Record<string, string> } = {},
  ): Promise<{ readonly isOk: boolean; readonly stdout: string }> {
    const means = this.#means;
    const end = await runProgram({
      argv: ['git', ...safely, '--literal-pathspecs', '--git-dir', more.dir ?? this.folder, ...args],
      cwd: '/',
      env: { GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C', ...more.env },
      stdin: more.stdin ?? '',
      timeoutMs: means.leftMs(),
      path: means.path,
      signal: means.signal,
      marks: means.marks,
    });
    const failed = commandFailureOf(end);
    if (failed !== null && more.may?.includes(end.code) !== true) throw new StepFailed(failed, true, end.shown);
    return { isOk: failed === null, stdout: end.stdout };
  }

  async isThere(branch: string): Promise<boolean> {
    const listArgs = ['ls-remote', '--exit-code', '--heads', '--', this.#repository, `refs/heads/${branch}`];
    // Git gets `/dev/null` as its directory instead of the local copy, because the copy may be damaged.
    return (await this.git(listArgs, { dir: '/dev/null', may: ['2'] })).isOk;
  }

  init(): ReturnType<GitCopy['git']> {
    return this.git(['init', '--quiet', '--bare', '--template=', this.folder]);
  }

  fetch(from: string, may: readonly string[] = []): ReturnType<GitCopy['git']> {
    const depth = `--depth=${limits.actionRows}`;
    return this.git(['fetch', '--quiet', '--no-tags', depth, '--', this.#repository, `+${from}:${ref}`], { may });
  }
}

/** The file that an action changes, on the fetched branch. */
class Branch {
  readonly #copy: GitCopy;
  readonly #deed: GitDeed;
  readonly #means: Means;
  #mode = '100644';

  constructor(copy: GitCopy, deed: GitDeed, means: Means) {
    this.#copy = copy;
    this.#deed = deed;
    this.#means = means;
  }

  /** Returns the hash of the newest commit with this line in its message; `null`: no fetched commit has it. */
  async find(line: string): Promise<string | null> {
    const log = await this.#copy.git(['log', '-F', `--grep=${line}`, '--format=%x00%H%n%B', '-n50', ref]);
    const found = log.stdout.split('\0').map((one) => one.split('\n'));
    return found.find((lines) => lines.includes(line))?.[0] ?? null;
  }

  /** Returns the file's texts before and after a commit; `otherwise` if the shallow copy lacks the commit's parent. */
  async changeOf(commit: string, otherwise: unknown): Promise<unknown> {
    const parent = await this.#copy.git(['rev-parse', '--verify', '--quiet', `${commit}^`], { may: ['1'] });
    if (!parent.isOk) return otherwise;
    const [before, after] = [await this.read(parent.stdout.trim()), await this.read(commit)];
    return { before, after: after ?? '' } satisfies Kept;
  }

  /** Returns the text of the file at a revision; `null`: the file does not exist. */
  async read(at = ref): Promise<string | null> {
    const { path } = this.#deed;
    const parts = path.split('/');
    const paths = parts.map((_, end) => parts.slice(0, end + 1).join('/'));
    const listed = (await this.#copy.git(['ls-tree', '-t', '-z', at, '--', ...paths])).stdout.split('\0').slice(0, -1);
    const found = new Map(listed.map((entry) => [entry.slice(entry.indexOf('\t') + 1), entry]));
    const [entry, ...above] = paths.toReversed().map((one) => found.get(one));
    const [, as, blob] = /^(100\d{3}) blob ([0-9a-f]+)\t/.exec(entry ?? '') ?? [];
    // Neither the file nor a folder above it may be a link or a submodule.
    if ((entry !== undefined && as === undefined) || above.some((one) => one?.startsWith('040000 ') === false))
      throw new StepFailed(phrase('acted.noFile', { file: printable(path, 200) }), false);
    if (as === undefined || blob === undefined) return null;
    this.#mode = as;
    return (await this.#copy.git(['cat-file', '-p', blob])).stdout;
  }

  async push(head: string, text: string | null, message: readonly string[], at: string): Promise<void> {
    const { repository, branch } = this.#deed;
    const commit = await this.#commit(text, `${message.map((line) => printable(line)).join('\n')}\n`, at);
    await checkLease(this.#means);
    await this.#copy
      .git(['push', '--quiet', '--', repository, `${commit}:refs/heads/${head}`])
      .catch(async (cause: unknown) => {
        // Only this row pushes to the branch of its merge request. If the branch exists, an earlier attempt has pushed
        // it, so nothing failed.
        if (head === branch || !(await this.#copy.isThere(head))) throw cause;
      });
  }

  /** Creates a commit on top of the fetched branch. @returns its hash */
  async #commit(text: string | null, message: string, at: string): Promise<string> {
    const copy = this.#copy;
    const { path, author, isSigned } = this.#deed;
    // `git fast-import` would need only one program, but Alpine has it in a separate package.
    const index = { GIT_INDEX_FILE: join(copy.folder, 'index.mirrorwatch') };
    await copy.git(['read-tree', ref], { env: index });
    const blob =
      text === null ? null : (await copy.git(['hash-object', '-w', '--stdin'], { stdin: text })).stdout.trim();
    const entry = blob === null ? `0 ${'0'.repeat(40)}` : `${this.#mode} ${blob}`;
    await copy.git(['update-index', '-z', '--index-info'], { env: index, stdin: `${entry}\t${path}\0` });
    const tree = (await copy.git(['write-tree'], { env: index })).stdout.trim();
    const [, name = '', email = ''] = /^(.*) <(.*)>$/.exec(author) ?? [];
    const who = {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: at,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: at,
    };
    const signed = isSigned ? ['-S'] : [];
    const made = await copy.git(['commit-tree', ...signed, '-p', ref, tree], { stdin: message, env: who });
    return made.stdout.trim();
  }
}
