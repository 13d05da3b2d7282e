import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GoEnvOptions, sealedGoEnv } from './go-env.ts';
import { commandPath, removeTempDir, tempDir } from './paths.ts';
import { type CommandResult, run } from './process.ts';

/** What a client of the `go` command said about its downloads. */
export interface GoDownload extends CommandResult {
  /** Of each module that arrived: its hashes as `go mod download -json` tells them. */
  readonly modules: readonly { readonly id: string; readonly sum: string; readonly goModSum: string }[];
  /** What it said of those that did not. */
  readonly errors: readonly string[];
}

interface DownloadLine {
  readonly Path?: string;
  readonly Version?: string;
  readonly Sum?: string;
  readonly GoModSum?: string;
  readonly Error?: string;
}

/** `go mod download -json` prints objects one after the other, each ended by a line of a single brace. */
function parseLines(stdout: string): Pick<GoDownload, 'modules' | 'errors'> {
  const lines = stdout
    .split(/(?<=^\})\n/m)
    .filter((piece) => piece.trim() !== '')
    .map((piece) => JSON.parse(piece) as DownloadLine);
  const modules = lines
    .filter((line) => line.Error === undefined)
    .map((line) => ({
      id: `${line.Path ?? ''}@${line.Version ?? ''}`,
      sum: line.Sum ?? '',
      goModSum: line.GoModSum ?? '',
    }));
  return { modules, errors: lines.flatMap(({ Error: error }) => (error === undefined ? [] : [error])) };
}

/**
 * Has the real `go` command download modules, with nothing in its cache and no way out of this machine. Never throws:
 * a failed download is its code and what it wrote.
 * @param modules  as `rsc.io/quote@v1.5.2`
 * @param options  `timeoutMs`: after which it is killed; default: the patience of the tests
 *   `inShell`: lines that a strict shell runs before it
 * @param ns       the network namespace to run in; default: ours
 */
export async function goDownload(
  modules: readonly string[],
  options: Omit<GoEnvOptions, 'gopath'> & { readonly timeoutMs?: number; readonly inShell?: string },
  ns: string | null = null,
): Promise<GoDownload> {
  const dir = tempDir('go-client');
  try {
    writeFileSync(join(dir, 'go.mod'), 'module example.com/client\n\ngo 1.21\n');
    const env = sealedGoEnv({ ...options, gopath: join(dir, 'gopath') });
    const go = [commandPath('go'), 'mod', 'download', '-json', ...modules];
    const [command = '', ...args] =
      options.inShell === undefined ? go : ['sh', '-euc', `${options.inShell}\nexec "$@"`, 'sh', ...go];
    const result = await run(command, args, {
      cwd: dir,
      env,
      ns,
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    });
    return { ...result, ...parseLines(result.stdout) };
  } finally {
    removeTempDir(dir);
  }
}
