import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProbeResponse } from '../../src/core/transcript.ts';
import { probe } from '../../src/ecosystems/http/conversation.ts';
import { createGpgv } from '../../src/io/gpgv.ts';
import { malformed } from '../../src/words/tell.ts';
import { type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { targetOf } from '../unit/ecosystems/talk.ts';

const suite = 'dists/stable';

real('what the real apt downloads from a healthy mirror', ['nginx', 'apt', 'gpgv'], () => {
  let tree: DebianTree;
  let nginx: Nginx;

  beforeAll(async () => {
    const names = Array.from({ length: 12 }, (_, at) => `hello-${at}`) as [string, ...string[]];
    tree = await makeDebianTree(names, { forms: ['', '.gz', '.xz'], byHash: true });
    nginx = await startNginx({ root: tree.dir });
  });
  afterAll(async () => nginx?.close());

  /** The verdict on one file, by the real gpgv, of what nginx serves. */
  async function verdict(path: string) {
    const own = { profile: 'debian', expect: { [path]: { signedBy: tree.keyFile } } };
    const context = { baseUrl: nginx.httpUrl, pinned: {}, own, nowWallMs: Date.now() };
    const conversation = probe(targetOf('get', path), context);
    let turn = conversation.next();
    while (!turn.done) {
      const { check, work, url, headers } = turn.value;
      if (check !== undefined) turn = conversation.next(await createGpgv().check(check));
      else if (work !== undefined) {
        await work();
        turn = conversation.next({ tag: 'answered', status: 200, headers: {}, body: new Uint8Array(), finalUrl: '' });
      } else {
        const response = await fetch(url, { headers: headers ?? {} });
        const body = new Uint8Array(await response.arrayBuffer());
        const { status } = response;
        const answer: ProbeResponse = {
          tag: 'answered',
          status,
          headers: Object.fromEntries(response.headers),
          body,
          finalUrl: url,
        };
        turn = conversation.next(answer);
      }
    }
    return turn.value;
  }

  const asked = (): readonly string[] => [
    ...new Set(
      nginx
        .accessLog()
        .split('\n')
        .filter((line) => line.includes('Debian APT'))
        .map((line) => /"GET \/(\S+)/.exec(line)?.[1] ?? ''),
    ),
  ];

  test('by hash and as patches is verified, file by file', async () => {
    const apt = makeAptRoot([`deb [signed-by=${tree.keyFile}] ${nginx.httpUrl}/ stable main`]);
    const update = async (): Promise<number | null> => (await apt.get('update', '--error-on=any')).code;
    expect(await update()).toBe(0);
    // Times of HTTP are whole seconds: a second list in the same one is the old list to apt.
    const { mtimeMs } = statSync(join(tree.dir, suite, 'InRelease'));
    await until('the next second', Date.now, (now) => Math.floor(now / 1_000) > Math.floor(mtimeMs / 1_000));
    await tree.add('hello-new');
    expect(await update()).toBe(0);
    const paths = asked().filter((path) => path !== `${suite}/InRelease`);
    const kinds = [/\/by-hash\/SHA256\//, /\.diff\/T-.*\.gz$/];
    expect(kinds.map((kind) => paths.some((path) => kind.test(path)))).toEqual([true, true]);
    for (const path of paths) {
      const { outcome, facts } = await verdict(path);
      // The index of the first list stays for clients that have that list.
      const isOld = facts.signature?.state === 'unlisted' && path === paths[0];
      expect([path, outcome, isOld ? 'old' : facts.verified?.against]).toEqual([
        path,
        { tag: 'ok' },
        isOld ? 'old' : 'signature',
      ]);
    }
    expect(paths.length).toBeGreaterThanOrEqual(3);
  });

  test('a Release of one component has no date, and is verified', async () => {
    const { outcome, facts } = await verdict(`${suite}/main/binary-amd64/Release`);
    expect([outcome, facts.verified?.against]).toEqual([{ tag: 'ok' }, 'signature']);
  });

  test('a Release.gpg of the version before is out of step, and no wrong bytes; apt reads InRelease', async () => {
    const file = join(tree.dir, suite, 'Release.gpg');
    expect((await verdict(`${suite}/Release`)).facts.verified?.against).toBe('signature');
    const before = readFileSync(file);
    await tree.add('hello-newer');
    const now = readFileSync(file);
    writeFileSync(file, before);
    expect((await verdict(`${suite}/Release`)).outcome).toEqual({
      tag: 'failed',
      failure: malformed('answer.releaseStep'),
    });
    const apt = makeAptRoot([`deb [signed-by=${tree.keyFile}] ${nginx.httpUrl}/ stable main`]);
    expect((await apt.get('update', '--error-on=any')).code).toBe(0);
    writeFileSync(file, now);
    const release = join(tree.dir, suite, 'Release');
    writeFileSync(release, readFileSync(release, 'utf8').replace('Origin: Example', 'Origin: Exampel'));
    expect((await verdict(`${suite}/Release`)).outcome).toMatchObject({ failure: { kind: 'mismatch' } });
  });
});
