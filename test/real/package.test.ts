import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeTempDir, repoDir, tempDir } from '../support/paths.ts';
import { mustRun, run } from '../support/process.ts';
import { real } from '../support/requires.ts';

real('what npm pack ships', ['npm'], () => {
  it('runs as built JavaScript without the sources: version, check, and a whole demo', async () => {
    const folder = tempDir('package');
    try {
      await mustRun('npm', ['pack', '--pack-destination', folder], { cwd: repoDir });
      await mustRun('tar', ['-xzf', 'mirrorwatch-0.1.0.tgz'], { cwd: folder });
      const at = join(folder, 'package');
      // The dependencies as they are installed here; the package's own are a subset of them.
      symlinkSync(join(repoDir, 'node_modules'), join(at, 'node_modules'));
      const mirrorwatch = (...words: string[]) =>
        run(process.execPath, [join(at, 'dist/main.js'), ...words], { cwd: at });
      const version = await mirrorwatch('--version');
      expect([version.code, version.stdout]).toEqual([0, `mirrorwatch 0.1.0 (node ${process.version})\n`]);
      for (const file of ['man/mirrorwatch.1', 'completions/mirrorwatch.bash', 'README.zh-CN.md'])
        expect(existsSync(join(at, file)), file).toBe(true);
      mkdirSync(join(at, 'empty'));
      const check = await mirrorwatch('check', '--config', join(at, 'examples/minimal.yaml'));
      expect([check.code, check.stdout.includes('2 mirrors')]).toEqual([0, true]);
      const demo = await mirrorwatch('demo', '--once');
      expect([demo.code, demo.stdout.includes('its signature verified')]).toEqual([0, true]);
    } finally {
      removeTempDir(folder);
    }
  });
});
