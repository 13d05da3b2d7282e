import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import type { ActionDeed } from '../../../../src/core/action.ts';
import { tempDir } from '../../../support/paths.ts';

/** Git of these tests, in place of what the machine's user has set: no templates, no program that tidies up. */
const settings =
  '[user]\nname=t\nemail=t@example.com\n[init]\ntemplateDir=\n[maintenance]\nauto=false\n[receive]\nautogc=false\n';

/** A file of a commit: its text, or its mode, too. */
type Entry = string | Buffer | { readonly mode: string; readonly text: string };

/** A bare repository as a server has it: for each test a copy of one with a first commit of these files. */
export function deployRepository(first: Readonly<Record<string, Entry>>) {
  const root = tempDir('git');
  let folder = join(root, 'begun');
  const repository = () => join(folder, 'deploy.git');
  const git = (args: readonly string[], input: string | Buffer = ''): string =>
    execFileSync('git', ['--git-dir', repository(), ...args], {
      encoding: 'utf8',
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  /** Commits files over those that are there, as a person who pushes; and so many empty commits after it. */
  function commit(
    files: Readonly<Record<string, Entry>>,
    empty: readonly string[] = [],
    from = 'from refs/heads/main^0\n',
  ): void {
    const data = (text: string | Buffer) => [`data ${Buffer.byteLength(text)}\n`, text, '\n'];
    const head = ['commit refs/heads/main\n', 'committer t <t@example.com> 1770000000 +0000\n'];
    const parts = [...head, ...data('x'), from];
    for (const [path, entry] of Object.entries(files)) {
      const { mode, text } =
        typeof entry === 'string' || Buffer.isBuffer(entry) ? { mode: '100644', text: entry } : entry;
      parts.push(`M ${mode} inline ${path}\n`, ...data(text));
    }
    for (const message of empty) parts.push(...head, ...data(message));
    git(['fast-import', '--quiet'], Buffer.concat(parts.map((part) => Buffer.from(part))));
  }
  beforeAll(() => {
    mkdirSync(folder);
    writeFileSync(join(root, '.gitconfig'), settings);
    vi.stubEnv('HOME', root);
    git(['init', '--quiet', '--bare', '--initial-branch=main']);
    commit(first, [], '');
  });
  beforeEach(() => {
    folder = mkdtempSync(join(root, 'test-'));
    cpSync(join(root, 'begun'), folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  afterAll(() => vi.unstubAllEnvs());
  return {
    /** A folder of the test alone; the repository is in it. */
    folder: () => folder,
    repository,
    git,
    commit,
    /** What writes a file of the repository. */
    deed: (over: Partial<Extract<ActionDeed, { kind: 'git' }>> = {}): ActionDeed => ({
      kind: 'git',
      repository: repository(),
      branch: 'main',
      path: 'ci/goproxy.env',
      as: 'env',
      author: 'Mirrors <mirrors@example.com>',
      isSigned: false,
      allow: [],
      mergeRequest: null,
      ...over,
    }),
    /** Each of these (`branch:path`), as they are one after another. */
    shown: (...files: readonly string[]) => git(['show', ...files]),
  };
}
