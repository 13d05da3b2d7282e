import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, test } from 'vitest';
import { filesClient } from '../../src/ecosystems/http/http.ts';
import { text } from '../support/answer.ts';
import { type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { startRawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { expectWalkOfBodies } from './bodies.ts';

const [release, packages] = ['dists/stable/InRelease', 'dists/stable/main/binary-amd64/Packages'];

real('the real apt and bodies that are wrong', ['apt', 'gpgv'], () => {
  let tree: DebianTree;
  beforeAll(async () => {
    tree = await makeDebianTree();
  });

  /** One URL stands in sources.list, several in a list of mirrors. */
  async function download(chain: string, timeoutMs: number | undefined) {
    const apt = makeAptRoot([]);
    const urls = chain.split(' ');
    const list = join(apt.dir, 'mirrors');
    writeFileSync(list, urls.map((url, at) => `${url}/\tpriority:${at + 1}\n`).join(''));
    const source = urls.length === 1 ? `${chain}/` : `mirror+file:${list}`;
    writeFileSync(join(apt.dir, 'etc', 'sources.list'), `deb [signed-by=${tree.keyFile}] ${source} stable main\n`);
    const limit = timeoutMs === undefined ? [] : ['-o', `Acquire::http::Timeout=${timeoutMs / 1_000}`];
    const updated = await apt.get(...limit, 'update', '--error-on=any');
    return updated.code === 0 ? await apt.get(...limit, 'download', tree.package.name) : updated;
  }

  test('end where our walk ends, by the table (UPDATE_GOLDEN=1 rewrites)', async () => {
    const signed = `expect: { signedBy: ${tree.keyFile} }`;
    const { path, sha256 } = tree.package;
    await expectWalkOfBodies({
      name: 'apt',
      client: filesClient,
      start: () =>
        startRawServer({
          answer({ path: asked }) {
            try {
              return { status: 200, body: readFileSync(join(tree.dir, asked)) };
            } catch {
              return text(404, 'not found\n');
            }
          },
        }),
      mirror: 'ecosystem: http, upstream: debian, profile: debian',
      yaml: `
modules:
  http:
    - { upstream: debian, path: ${release}, ${signed} }
    - { upstream: debian, path: ${packages}, ${signed} }
    - { upstream: debian, path: ${path}, expect: { sha256: ${sha256} } }`,
      files: { [tree.keyFile]: readFileSync(tree.keyFile, 'latin1') },
      of: {
        InRelease: { path: /\/InRelease$/, step: 'get', module: release, version: null },
        Packages: { path: /\/Packages(\.gz)?$/, step: 'get', module: packages, version: null },
        '.deb': { path: /\.deb$/, step: 'whole', module: path, version: null },
      },
      chains: { 'near alone': (near) => near, 'near, then far': (near, far) => `${near} ${far}` },
      download: (chain, { timeoutMs }) => download(chain, timeoutMs),
      // apt goes on after a wrong size. pacman, whose chain is the same, does not.
      differs: ['a page of HTML | Packages | near, then far: failed', 'a page of HTML | .deb | near, then far: failed'],
    });
  });
});
