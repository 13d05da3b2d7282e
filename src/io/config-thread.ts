import { once } from 'node:events';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { type Config, type ConfigIssue, issueOf } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import { error, ok, type Result } from '../core/result.ts';
import { type Sealed, unseal } from '../core/secret.ts';
import { phrase } from '../words/tell.ts';

/** The text of a configuration. `path`: its file; `null`: the built-in configuration. */
export interface ConfigText {
  readonly text: string;
  readonly path: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

export type ConfigRead =
  | { readonly tag: 'ok'; readonly config: Sealed; readonly warnings: readonly ConfigIssue[] }
  | { readonly tag: 'error'; readonly issues: readonly ConfigIssue[] };

const entry = new URL(import.meta.url.endsWith('.ts') ? './config-worker.ts' : './config-worker.js', import.meta.url);

/**
 * Reads and checks a configuration in a separate thread. If that takes too much time or memory, the error is a
 * `ConfigIssue`.
 */
export async function readConfigAside(
  input: ConfigText,
  limitMs: number = limits.configReadMs,
): Promise<Result<{ readonly config: Config; readonly warnings: readonly ConfigIssue[] }, readonly ConfigIssue[]>> {
  const resourceLimits = { maxOldGenerationSizeMb: limits.configReadMebibytes };
  // Node flags of this process (such as an inspector's port) must not apply to the thread.
  const options = { workerData: input, name: 'config', execArgv: [], resourceLimits };
  const read = await readWith(options, limitMs);
  if (typeof read === 'string')
    return error([issueOf(phrase('expected.readWithin', { seconds: limitMs / 1_000 }), read)]);
  if (read.tag === 'error') return error(read.issues);
  return ok({ config: unseal(read.config) as Config, warnings: read.warnings });
}

/** Returns the message of the thread, or an error code. */
async function readWith(options: WorkerOptions, limitMs: number): Promise<ConfigRead | string> {
  const late = AbortSignal.timeout(limitMs);
  let thread: Worker | null = null;
  try {
    thread = new Worker(entry, options);
    const message = once(thread, 'message', { signal: late });
    const exit = once(thread, 'exit').then(([code]) => [`exit code ${code}`]);
    const [first] = await Promise.race([message, exit]);
    return first;
  } catch (failed) {
    return late.aborted ? 'ETIMEDOUT' : codeOf(failed);
  } finally {
    await thread?.terminate();
  }
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return 'code' in thrown ? String(thrown.code) : thrown.name;
}
