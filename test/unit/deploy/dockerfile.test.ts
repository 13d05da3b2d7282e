import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repoDir } from '../../support/paths.ts';

const text = (path: string): string => readFileSync(join(repoDir, path), 'utf8');
const dockerfile = text('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ');
const lines = dockerfile.split('\n').filter((line) => line.trim() !== '');
const of = (word: string): readonly string[] =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
const lastStage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

/** BuildKit's own rules are asked in test/real/deploy; these are hadolint's that it has not, and our own. */
describe('the Dockerfile', () => {
  it('pins its base by a whole version: the node that the tests run with', () => {
    const lock = JSON.parse(text('package-lock.json')) as { packages: Record<string, { version: string }> };
    const image = `NODE_IMAGE=node:${lock.packages['node_modules/node']?.version}-bookworm-slim`;
    expect(of('ARG')[0]?.replace(/@sha256:[0-9a-f]{64}$/, '')).toBe(image);
    expect(of('FROM')).toEqual([
      expect.stringMatching(/^\$\{NODE_IMAGE\} AS node$/),
      expect.stringMatching(/^--platform=\$BUILDPLATFORM \$\{NODE_IMAGE\} AS build$/),
      'scratch',
    ]);
  });

  it('ends as a non-root user, by number, so that runAsNonRoot can check it', () => {
    expect(of('USER')).toEqual(['1000:1000']);
    expect(lastStage.join('\n')).toContain('USER 1000:1000');
  });

  it('has the labels that registries and update tools read', () => {
    const names = [
      ...of('LABEL')
        .join(' ')
        .matchAll(/org\.opencontainers\.image\.([\w.]+)=/g),
    ].map(([, name]) => name);
    const wanted = ['title', 'description', 'version', 'revision', 'source', 'url', 'created', 'licenses', 'base.name'];
    expect(names.toSorted()).toEqual(wanted.toSorted());
  });

  it('starts node itself, without a shell that would swallow signals', () => {
    for (const word of ['ENTRYPOINT', 'CMD']) for (const line of of(word)) expect(() => JSON.parse(line)).not.toThrow();
    expect(of('ENTRYPOINT')).toEqual(['["/usr/local/bin/node", "/app/dist/main.js"]']);
    expect(lastStage.some((line) => line.startsWith('RUN'))).toBe(false);
    expect(dockerfile).toMatch(/HEALTHCHECK .* CMD \["\/usr\/local\/bin\/node", "\/app\/dist\/main\.js", "health"\]/);
  });

  it('copies what exists and what .dockerignore lets through', () => {
    const let_through = text('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    for (const line of of('COPY').filter((one) => !one.startsWith('--from')))
      for (const source of line.split(' ').slice(0, -1)) {
        expect(existsSync(join(repoDir, source)), source).toBe(true);
        expect(let_through, source).toContain(`!${source}`);
      }
  });

  it('runs nothing of the image’s platform, so one Dockerfile makes each, and installs by the lock file', () => {
    const stages = dockerfile.split(/^FROM /m).slice(1);
    expect(stages.filter((stage) => /^RUN /m.test(stage)).map((stage) => stage.split('\n')[0])).toEqual([
      expect.stringContaining('--platform=$BUILDPLATFORM'),
    ]);
    expect(of('RUN').filter((line) => /npm (ci|install)/.test(line))).toEqual([expect.stringMatching(/^npm ci /)]);
  });
});
