import { afterAll, beforeAll, expect, test } from 'vitest';
import { text } from '../support/answer.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { goDownload } from '../support/go-client.ts';
import { real } from '../support/requires.ts';

// What advice rests on (`test/daemon/failing-lists.test.ts`): a list that fails ends the builds that ask it, and no others.
real('the real go command and a list of versions that fails', ['go'], () => {
  let near: FakeMirror;
  let far: FakeMirror;
  beforeAll(async () => {
    far = await startFakeMirror();
    near = await startFakeMirror({ sumdb: far.sumdb });
    near.answers.set('/example.com/hello/@v/list', text(500, 'down'));
  });
  afterAll(async () => {
    await Promise.all([near.close(), far.close()]);
  });

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
