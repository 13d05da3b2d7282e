import { afterAll, beforeAll, expect, test } from 'vitest';
import { text } from '../support/answer.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { goDownload } from '../support/go-client.ts';
import { real } from '../support/requires.ts';
import type { SyntheticModule } from '../support/synthetic-modules.ts';
import { mirrorwatch } from './daemon.ts';

// What advice rests on (`test/daemon/failing-lists.test.ts`): a list that fails ends the builds that ask it, and no others.
real('the real go command and a list of versions that fails', ['go'], () => {
  let near: FakeMirror;
  let far: FakeMirror;
  beforeAll(async () => {
    far = await startFakeMirror();
    near = await startFakeMirror({ sumdb: far.sumdb });
    near.answers.set('/example.com/hello/@v/list', text(500, 'down'));
  });
  afterAll(() => Promise.all([near.close(), far.close()]));

  test.each([
    ['latest', ',', 1],
    ['latest', '|', 0],
    ['v1.0.0', ',', 0],
  ])('@%s, near%sfar: ends with %i', async (version, separator, code) => {
    const goproxy = `${near.url}${separator}${far.url}`;
    const sumdb = far.sumdb?.verifierKey ?? 'off';
    expect((await goDownload([`example.com/hello@${version}`], { goproxy, sumdb })).code).toBe(code);
  });
});

const retracted = (path: string, retractions: string): SyntheticModule => ({
  path,
  versions: ['v0.36.0', 'v0.37.2', 'v1.4.0', 'v1.5.2'].map((version) => ({
    version,
    time: '2024-02-01T00:00:00Z',
    goMod: `module ${path}\n\ngo 1.21\n${version === 'v1.5.2' ? `\n${retractions}\n` : ''}`,
    files: { 'x.go': 'package x\n' },
  })),
});

real('latest, where the highest version retracts others', ['go'], () => {
  let mirror: FakeMirror;
  beforeAll(async () => {
    mirror = await startFakeMirror({
      modules: [
        retracted('example.com/range', 'retract [v1.0.0, v1.5.2] // published by mistake'),
        retracted('example.com/block', 'retract (\n\tv1.5.2\n\t[ v1.0.0 , v1.2.0 ]\n)'),
        retracted('example.com/none', '// retract v1.5.2'),
      ],
    });
  });
  afterAll(() => mirror.close());

  test.each([
    ['example.com/range', 'v0.37.2'],
    ['example.com/block', 'v1.4.0'],
    ['example.com/none', 'v1.5.2'],
  ])('%s: the go command and a probe take %s', async (module, version) => {
    const sumdb = mirror.sumdb?.verifierKey ?? 'off';
    const got = await goDownload([`${module}@latest`], { goproxy: mirror.url, sumdb });
    expect(got.modules.map(({ id }) => id)).toEqual([`${module}@${version}`]);
    const probed = await mirrorwatch(['probe', mirror.url, `${module}@latest`, '--json', '--ecosystem', 'go']);
    expect(JSON.stringify(JSON.parse(probed.stdout))).toContain(`"resolvedVersion":"${version}"`);
  });
});
