import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alone } from './alone.ts';
import { repoDir } from './paths.ts';
import { mustRun } from './process.ts';

/** The version in package.json. */
export const { version: ownVersion } = JSON.parse(readFileSync(join(repoDir, 'package.json'), 'utf8')) as {
  readonly version: string;
};

/** The tarball of `npm pack`. It is built once for all test files of a run, in the temporary folder of the run. */
export function packedTarball(): Promise<string> {
  const folder = join(tmpdir(), 'packed');
  const tarball = join(folder, `mirrorwatch-${ownVersion}.tgz`);
  return alone('dist', async () => {
    mkdirSync(folder, { recursive: true });
    // The build checks types: its compiler, made with Go, is done before it had to collect.
    if (!existsSync(tarball))
      await mustRun('npm', ['pack', '--pack-destination', folder], { cwd: repoDir, env: { GOGC: 'off' } });
    return tarball;
  });
}
