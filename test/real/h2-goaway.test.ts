import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { playedBuilds } from '../fault/goaway-thread.ts';
import { accessTo } from '../fault/own-wire.ts';
import { h2BuildFaults, startBuildMirror } from '../support/h2-build-faults.ts';
import { type GracefulServer, gracefulServers } from '../support/h2-graceful.ts';
import { removeTempDir, tempDir } from '../support/paths.ts';
import { patienceMs, withMoreTime } from '../support/patience.ts';
import { real } from '../support/requires.ts';

// Builds at servers that end connections while they run: each in a thread that a connect without end would hang.

const size = 8;
const builds = 12;

for (const [name, needs, start] of gracefulServers) {
  real(`builds at ${name}`, needs, () => {
    let root: string;
    let server: GracefulServer;
    beforeAll(async () => {
      root = tempDir('h2-goaway');
      mkdirSync(join(root, 'go'));
      for (let n = 0; n < size; n += 1) writeFileSync(join(root, String(n)), 'ok');
      server = await start(root);
    });
    afterAll(async () => {
      await server?.close();
      removeTempDir(root);
    });

    test('hang no thread, connect at most twice for a request, and send again what was not taken', async () => {
      // On a busy machine a second connection may end too before it takes a request, which is not sent a third time.
      await withMoreTime(130, async (restMs) => {
        let isOver = false;
        const reloading = (async () => {
          while (!isOver && server.reload !== undefined) {
            await new Promise((resolve) => setTimeout(resolve, restMs));
            await server.reload();
          }
        })();
        const access = accessTo(server.url, { protocols: ['2'] });
        const playing = playedBuilds(access, { size, builds, limitMs: patienceMs });
        const seen = await playing.finally(() => {
          isOver = true;
        });
        await reloading;
        const ends = new Set(seen.builds.flat().map(({ end }) => end));
        // While a server begins anew nothing may listen for a moment.
        const mayEnd = server.reload === undefined ? ['200'] : ['200', 'ECONNREFUSED', 'ECONNRESET', 'not joined'];
        expect([...ends].filter((end) => !mayEnd.includes(end))).toEqual([]);
        expect(ends.has('200')).toBe(true);
        expect(seen.connects).toBeLessThanOrEqual(2 * 2 * size * builds);
        expect(seen.builds.flat().every(({ isInOrder }) => isInOrder)).toBe(true);
      });
    });
  });
}

test.each(h2BuildFaults.filter(({ name }) => name.startsWith('GOAWAY')))(
  "builds at Node's own server hang no thread: $name",
  async (fault) => {
    const server = await startBuildMirror(fault, new Map());
    const seen = await playedBuilds(accessTo(server.url, { protocols: ['2'] }), { size, builds, limitMs: patienceMs });
    await server.close();
    expect(seen.connects).toBeLessThanOrEqual(2 * 2 * size * builds);
    expect(seen.builds.flat()).toHaveLength(size * builds);
    expect(seen.builds.flat().every(({ end }) => end !== 'MW_DEADLINE')).toBe(true);
  },
);
