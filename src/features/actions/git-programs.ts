import type { ActionDeed } from '../../core/action.ts';
import { limits } from '../../core/limits.ts';
import { resolveGitServer } from '../../io/git-copy.ts';
import { runProgram } from '../../io/run-program.ts';
import { phrase } from '../../words/tell.ts';
import { commandFailureOf } from './command.ts';
import { type Means, StepFailed } from './means.ts';

export type GitDeed = Extract<ActionDeed, { kind: 'git' }>;

/** The ref of the fetched branch in the local copy. */
export const ref = 'refs/mirrorwatch/base';

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
export async function resolveServer({ repository, allow }: GitDeed, means: Means): Promise<readonly string[]> {
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
export class GitCopy {
  readonly folder: string;
  readonly #repository: string;
  readonly #means: Means;
  readonly #pin: readonly string[];

  constructor(folder: string, repository: string, means: Means, pin: readonly string[]) {
    this.folder = folder;
    this.#repository = repository;
    this.#means = means;
    this.#pin = pin;
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
    const git = ['git', ...settings, ...this.#pin, '--literal-pathspecs', '--git-dir', more.dir ?? this.folder];
    const end = await runProgram({
      argv: ['sh', '-c', limited, 'sh', ...git, ...args],
      cwd: '/',
      env: { GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'file:http:https:ssh', LC_ALL: 'C', ...more.env },
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
