import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Mirror } from '../../src/core/mirror.ts';
import type { Reply } from '../../src/ecosystems/client.ts';
import { filesClient } from '../../src/ecosystems/http/http.ts';
import { text } from '../support/answer.ts';
import { type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import type { Fault } from '../support/faults.ts';
import { type ArchTree, makeArchTree, pacmanDownload, startArchMirror } from '../support/pacman.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';

function chainOf(urls: string) {
  const chain = filesClient.parse(urls);
  if (chain.tag === 'error') throw new Error(chain.error.kind);
  return chain.value;
}

/** What the first of two does, what our probe of it would hand to the walk, and where the real client ends. */
const rows: readonly (readonly [string, Fault, Reply, 'ok' | 'failed'])[] = [
  ...[404, 410].map(
    (code) => [`${code}`, { kind: 'status', status: code }, { tag: 'gone', tookMs: 1, status: code }, 'ok'] as const,
  ),
  ...[401, 403, 429, 500, 503].map(
    (code) => [`${code}`, { kind: 'status', status: code }, { tag: 'failed', tookMs: 1, status: code }, 'ok'] as const,
  ),
  ['a close', { kind: 'close-after-request' }, { tag: 'failed', tookMs: 1, status: null }, 'ok'],
  ['a cut', { kind: 'close-mid-body' }, { tag: 'failed', tookMs: 1, status: 200, isCut: true }, 'ok'],
  ['a page', { kind: 'html' }, { tag: 'failed', tookMs: 1, status: 200 }, 'failed'],
  ['other bytes', { kind: 'corrupt' }, { tag: 'failed', tookMs: 1, status: 200 }, 'failed'],
];

/** Holds what the real client came to against the model. */
function expectAsWalked(
  urls: readonly string[],
  reply: Reply,
  came: 'ok' | 'failed',
  want: 'ok' | 'failed',
  walked = want,
): void {
  const [first] = urls;
  const end = filesClient.walk(chainOf(urls.join(' ')), ({ plain }) =>
    plain === first ? reply : { tag: 'ok', tookMs: 1 },
  );
  expect(came).toBe(want);
  expect(end.tag).toBe(walked);
}

real('the real pacman and its list of servers', ['pacman'], () => {
  let tree: ArchTree;
  let a: RawServer;
  let b: RawServer;
  beforeAll(async () => {
    tree = await makeArchTree();
    [a, b] = [await startArchMirror(tree), await startArchMirror(tree)];
  });
  afterAll(async () => {
    for (const server of [a, b]) await server?.close();
  });
  afterEach(() => a.setFault(null));

  /** The mirrorlist that we would have people paste. */
  const listOf = (urls: readonly string[]): string => {
    const mirrors = urls.map((url) => ({ url, own: { profile: 'arch' } }) as unknown as Mirror);
    const chain = chainOf(urls.join(' '));
    return filesClient.remedy(chain, chain, [], { mirrors }).remedy['pacman'] ?? '';
  };

  describe('the first one', () => {
    test.each(rows)('%s for the package', async (_, fault, reply, want) => {
      await a.setFault(fault, { path: /\.pkg\.tar\.gz$/ });
      const got = await pacmanDownload(tree, listOf([a.url, b.url]));
      expectAsWalked([a.url, b.url], reply, got.sha256 === tree.sha256 && got.code === 0 ? 'ok' : 'failed', want);
    });

    test.each(rows.filter(([name]) => name !== 'other bytes'))('%s for the database', async (_, fault, reply, want) => {
      await a.setFault(fault, { path: /\.db$/ });
      const got = await pacmanDownload(tree, listOf([a.url, b.url]));
      expectAsWalked([a.url, b.url], reply, got.sha256 === tree.sha256 && got.code === 0 ? 'ok' : 'failed', want);
    });
  });

  test('a server that is dead and alone fails; with our lines it downloads', async () => {
    const dead = await startArchMirror(tree);
    await dead.kill();
    const [declared, advised] = [
      await pacmanDownload(tree, listOf([dead.url])),
      await pacmanDownload(tree, listOf([b.url, dead.url])),
    ];
    expect([declared.code === 0, declared.sha256]).toEqual([false, null]);
    expect([advised.code, advised.sha256], advised.stderr).toEqual([0, tree.sha256]);
  });
});

real('the real apt and its list of mirrors', ['apt'], () => {
  let tree: DebianTree;
  let a: RawServer;
  let b: RawServer;
  const serve = (): Promise<RawServer> =>
    startRawServer({
      answer({ path }) {
        try {
          return { status: 200, body: readFileSync(join(tree.dir, path)) };
        } catch {
          return text(404, 'not found\n');
        }
      },
    });
  beforeAll(async () => {
    tree = await makeDebianTree();
    [a, b] = [await serve(), await serve()];
  });
  afterAll(async () => {
    for (const server of [a, b]) await server?.close();
  });

  test.each(rows)('the first one: %s for the package', async (name, fault, reply, want) => {
    const apt = makeAptRoot([]);
    try {
      const list = join(apt.dir, 'mirrors');
      writeFileSync(list, `${a.url}/\tpriority:1\n${b.url}/\tpriority:2\n`);
      writeFileSync(
        join(apt.dir, 'etc', 'sources.list'),
        `deb [signed-by=${tree.keyFile}] mirror+file:${list} stable main\n`,
      );
      expect((await apt.get('update', '--error-on=any')).code).toBe(0);
      const asked = a.requests.length;
      await a.setFault(fault, { path: /\.deb$/ });
      const { code } = await apt.get('download', tree.package.name);
      expect(a.requests.slice(asked).map(({ path }) => path)).toContain(`/${tree.package.path}`);
      // A page is of another size than the package: apt alone minds that at once, and asks the next one.
      expectAsWalked([a.url, b.url], reply, code === 0 ? 'ok' : 'failed', name === 'a page' ? 'ok' : want, want);
    } finally {
      await a.setFault(null);
    }
  });
});
