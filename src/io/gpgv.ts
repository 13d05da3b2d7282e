import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '../core/limits.ts';
import { gpgvPaths, type SignatureChecker } from '../core/ports.ts';
import type { ProbeResponse, SignatureCheck } from '../core/transcript.ts';

/**
 * Creates a checker that verifies signatures with `gpgv`. Each check runs in a temporary folder, which is also the
 * program's home.
 * @param programs  possible paths; the first existing one is run
 */
export function createGpgv(
  programs: readonly string[] = gpgvPaths,
  limitMs = limits.signatureCheckMs,
): SignatureChecker {
  return {
    async check(input) {
      let folder: string | null = null;
      try {
        folder = await mkdtemp(join(tmpdir(), 'mirrorwatch-gpgv-'));
        const args = await written(folder, input);
        for (const program of programs) {
          const result = await run(program, args, folder, limitMs);
          if (result.tag !== 'unknown' || result.code !== 'ENOENT') return result;
        }
        return unknown('ENOENT');
      } catch (failure) {
        return unknown((failure as NodeJS.ErrnoException).code ?? 'EIO');
      } finally {
        if (folder !== null) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      }
    },
  };
}

/** Writes the input files and returns the arguments. As in apt, signatures that use SHA-1 are refused. */
async function written(folder: string, { keyring, signed, signature }: SignatureCheck): Promise<readonly string[]> {
  const [file, detached] = [join(folder, 'signed'), join(folder, 'signature')];
  await writeFile(file, signed);
  if (signature !== undefined) await writeFile(detached, signature);
  const files = signature === undefined ? [file] : [detached, file];
  return ['--status-fd', '1', '--weak-digest', 'SHA1', '--homedir', folder, '--keyring', keyring, '--', ...files];
}

function run(program: string, args: readonly string[], cwd: string, limitMs: number): Promise<ProbeResponse> {
  const env = { HOME: cwd, GNUPGHOME: cwd, LC_ALL: 'C' };
  const bounds = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: limits.signatureReportBytes } as const;
  return new Promise((resolve) => {
    execFile(program, args, { cwd, env, ...bounds, encoding: 'buffer' }, (failure, body) => {
      // A number is an exit status, whose meaning the report has.
      const code = failure?.signal ?? failure?.code;
      if (typeof code === 'string') resolve(unknown(code));
      else resolve({ tag: 'answered', status: 200, headers: {}, body, finalUrl: '' });
    });
  });
}

function unknown(code: string): ProbeResponse {
  return { tag: 'unknown', because: 'local', code };
}
