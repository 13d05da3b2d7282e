import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { removeTempDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Advices, FindingJson } from './views.ts';

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1_000));

real('a real nginx with limit_req, 30 requests a minute and a burst of 6', ['nginx', 'tree'], () => {
  let a: Nginx;
  let b: Nginx;
  let daemon: DaemonProcess;
  const dir = tempDir('limited');
  const failing = join(dir, 'failing');

  beforeAll(async () => {
    const root = moduleTree().dir;
    a = await startNginx({
      root,
      prefix: '/unused/',
      extraHttp: () => 'limit_req_zone $binary_remote_addr zone=one:1m rate=30r/m;',
      extra: `
    location / {
      if (-f ${failing}) { return 502; }
      limit_req zone=one burst=6 nodelay;
      root ${root};
    }`,
    });
    b = await startNginx({ root });
    const aUrl = new URL(a.httpUrl).origin;
    daemon = await startDaemon({
      yaml: `
schedule: { every: 5s, timeout: 5s }
steps: { list: 1h, latest: 1h, info: 1h, zip: 1h }
mirrors:
  - { name: a, ecosystem: go, url: "${aUrl}", weight: 100 }
  - { name: b, ecosystem: go, url: "${b.httpUrl}" }
clients: { go: "${aUrl},direct" }
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: "off" }
`,
    });
  });

  afterAll(async () => {
    await daemon?.close();
    for (const server of [a, b]) await server?.close();
    removeTempDir(dir);
  });

  /** The responses of `a` so far, by status. */
  const responses = (): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const line of a.accessLog().split('\n')) {
      const [, status = ''] = line.split(' ');
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  };

  test('one 502: our confirming probes fill the bucket, and what it refuses is no evidence', async () => {
    await until('20 responses', responses, (counts) => (counts['200'] ?? 0) >= 20, { help: daemon.log });
    writeFileSync(failing, '');
    await until('one 502', responses, (counts) => (counts['502'] ?? 0) >= 1, { help: daemon.log });
    rmSync(failing);
    await seconds(60);
    const { 200: served = 0, 502: failed = 0, 503: refused = 0 } = responses();
    expect(failed).toBeLessThanOrEqual(2);
    expect(refused).toBeLessThanOrEqual(3);
    expect(served).toBeGreaterThan(30);
    const { findings } = await daemon.api<{ readonly findings: readonly FindingJson[] }>('findings?state=all');
    expect(findings.filter(({ registry }) => registry === 'a')).toEqual([]);
    // Fewer than three confirming probes explain no refusal, so on a busy machine the first one or two may count.
    const { advice } = await daemon.api<Advices>('advice');
    expect(advice.filter(({ cause }) => cause !== 'unreliable')).toEqual([]);
  });
});
