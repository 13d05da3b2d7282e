import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { goDownload } from '../support/go-client.ts';
import { type LargeZip, writeLargeZip } from '../support/large-zip.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { removeTempDir, tempDir } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';

// A module that nobody wants to hold in memory: our hash is the go command's, and our memory does not grow with it.

const id = 'example.com/large@v1.0.0';
const mib = 2 ** 20;
const plainBytes = 240 * mib;
const child = fileURLToPath(new URL('../../bench/hash-child.ts', import.meta.url));

interface Told {
  readonly hash: string | null;
  readonly bytes: number;
  readonly rssBeforeMib: number;
  readonly rssMaxMib: number;
}

real('a zip of 240 MiB', ['nginx', 'go'], () => {
  let dir: string;
  let zip: LargeZip;
  let nginx: Nginx;

  beforeAll(async () => {
    dir = tempDir('go-large');
    const at = join(dir, 'example.com/large/@v');
    mkdirSync(at, { recursive: true });
    zip = writeLargeZip(join(at, 'v1.0.0.zip'), id, plainBytes, 'random');
    writeFileSync(join(at, 'list'), 'v1.0.0\n');
    writeFileSync(join(at, 'v1.0.0.mod'), 'module example.com/large\n');
    writeFileSync(join(at, 'v1.0.0.info'), JSON.stringify({ Version: 'v1.0.0', Time: '2024-01-01T00:00:00Z' }));
    nginx = await startNginx({ root: dir });
  });
  afterAll(async () => {
    await nginx?.close();
    removeTempDir(dir);
  });

  test('is hashed as the go command hashes it, within memory that is no share of it', async () => {
    const downloaded = await goDownload([id], { goproxy: nginx.httpsUrl });
    expect(
      downloaded.modules.map(({ sum }) => sum),
      downloaded.stderr,
    ).toEqual([zip.h1]);
    const temporary = join(dir, 'temporary');
    mkdirSync(temporary);
    const probed = await run(process.execPath, [child, 'probe', nginx.httpUrl, id], { env: { TMPDIR: temporary } });
    const told = JSON.parse(probed.stdout) as Told;
    expect(told).toMatchObject({ hash: zip.h1, bytes: zip.bytes });
    // What is held, a few pieces, the directory and garbage of reading: 64 MiB measured. All of it would be 240.
    expect(told.rssMaxMib - told.rssBeforeMib).toBeLessThan(160);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
