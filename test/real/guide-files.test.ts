import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandPath, repoDir, tempDir } from '../support/paths.ts';
import { mustRun } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { blocks } from '../unit/docs/pages.ts';

// Files of others that pages show, by the programs that read them.

const filesCalled = (name: string) =>
  blocks.filter(({ file }) => file === name).map((block) => [`${block.page}:${block.line}`, block.text] as const);

function written(name: string, text: string): string {
  const path = join(tempDir('guide'), name);
  writeFileSync(path, text);
  return path;
}

real('blackbox_exporter takes what it is compared with', ['blackbox'], () => {
  test.each(filesCalled('blackbox.yml'))('%s', async (_, text) => {
    const path = written('blackbox.yml', text);
    await mustRun(commandPath('prometheus-blackbox-exporter'), [`--config.file=${path}`, '--config.check']);
  });
});

real('Prometheus takes what it is told to scrape', ['promtool'], () => {
  test.each(filesCalled('prometheus.yml'))('%s', async (_, text) => {
    const said = await mustRun(commandPath('promtool'), [
      'check',
      'config',
      '--syntax-only',
      written('prometheus.yml', text),
    ]);
    expect(said).toContain('SUCCESS');
  });
});

real('Helm renders the chart with the values', ['deploy'], () => {
  test.each(filesCalled('my-values.yaml'))('%s', async (_, text) => {
    const chart = join(repoDir, 'deploy/kubernetes/mirrorwatch');
    const shown = await mustRun(commandPath('helm'), [
      'template',
      'watch',
      chart,
      '--kube-version',
      '1.30.0',
      '--api-versions',
      'monitoring.coreos.com/v1',
      '-f',
      written('my-values.yaml', text),
    ]);
    expect(shown).toContain('name: watch-mirrorwatch');
    // What the page gives has its object: labels of the service monitor, a place of its own.
    const given = [...text.matchAll(/\b(release: \S+)/g), ...text.matchAll(/^ {2}- \{ name: (\S+), config:/gm)];
    expect(given.length).toBeGreaterThan(0);
    for (const [, name = ''] of given) expect(shown).toContain(name);
  });
});

test('there is one of each at least', () => {
  for (const name of ['blackbox.yml', 'prometheus.yml', 'my-values.yaml'])
    expect(filesCalled(name).length, name).toBeGreaterThan(0);
});
