import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runbookAt } from '../../../src/features/rules/parameters.ts';
import { filesWithImages, imagesIn, withDigests } from '../../../tools/release/pins.ts';
import { fillProject } from '../../../tools/release/project.ts';
import { repoDir, tempDir } from '../../support/paths.ts';

const text = (path: string, root = repoDir): string => readFileSync(join(root, path), 'utf8');
const chart = 'deploy/kubernetes/mirrorwatch';

function copy(): string {
  const folder = tempDir('project');
  for (const path of ['package.json', `${chart}/Chart.yaml`, `${chart}/values.yaml`]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text(path));
  }
  return folder;
}

describe('where the project is, filled in by a release', () => {
  it('in package and chart, from one name, and nothing else changes', () => {
    const folder = copy();
    fillProject(folder, 'someone/mirrorwatch', 'registry.example.com/someone/mirrorwatch');
    const home = 'https://github.com/someone/mirrorwatch';
    const { repository, homepage, bugs, ...rest } = JSON.parse(text('package.json', folder));
    expect({ repository, homepage, bugs }).toEqual({
      repository: { type: 'git', url: `git+${home}.git` },
      homepage: home,
      bugs: { url: `${home}/issues` },
    });
    expect(rest).toEqual(JSON.parse(text('package.json')));
    expect(parse(text(`${chart}/Chart.yaml`, folder))).toEqual({
      ...parse(text(`${chart}/Chart.yaml`)),
      home,
      sources: [home],
    });
    const values = parse(text(`${chart}/values.yaml`));
    expect(parse(text(`${chart}/values.yaml`, folder))).toEqual({
      ...values,
      image: { ...values.image, registry: 'registry.example.com', repository: 'someone/mirrorwatch' },
    });
    // A second run, as after a failed release, changes nothing more.
    const once = text('package.json', folder) + text(`${chart}/Chart.yaml`, folder);
    fillProject(folder, 'someone/mirrorwatch');
    expect(text('package.json', folder) + text(`${chart}/Chart.yaml`, folder)).toBe(once);
  });

  it('refuses what is no repository, and no image', () => {
    expect(() => fillProject(copy(), '')).toThrow('no repository');
    expect(() => fillProject(copy(), 'a/b', 'mirrorwatch:1')).toThrow('no image');
  });

  it('links of alerts lead to the runbook of the version', () => {
    expect(runbookAt({ homepage: 'https://github.com/someone/mirrorwatch', version: '1.1.0' })).toBe(
      'https://github.com/someone/mirrorwatch/blob/v1.1.0/docs/runbook.md',
    );
    expect(runbookAt({ version: '1.1.0' })).toBe('docs/runbook.md');
  });
});

describe('digests of images', () => {
  const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

  it.each(filesWithImages)('each image of %s but our own gets one, and a newer one the next time', (file) => {
    const before = text(file);
    const names = imagesIn(before).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name.startsWith('mirrorwatch'))).toEqual([]);
    const pinned = withDigests(before, () => digest('a'));
    expect(imagesIn(pinned)).toEqual(names.map((name) => ({ name, digest: digest('a') })));
    expect(withDigests(pinned, () => digest('b'))).toBe(pinned.replaceAll(digest('a'), digest('b')));
    // All images that a file starts or builds on are among them.
    const all = [...before.matchAll(/^\s*image: (?!mirrorwatch:)(\S+?)(?:@\S+)?$/gm)].map(([, name]) => name);
    expect(names.filter((name) => !name.startsWith('node:'))).toEqual(all);
  });

  it('takes nothing for a digest that is none', () =>
    expect(() => withDigests(text('Dockerfile'), () => 'sha256:latest')).toThrow('no digest'));
});
