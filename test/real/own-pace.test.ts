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

/** How each limited mirror refuses a request; 444: nginx closes the connection. */
const statuses = [503, 403, 444] as const;

real('three real nginx with limit_req, 30 requests a minute and a burst of 6', ['nginx', 'tree'], () => {
  const limited = new Map<number, Nginx>();
  let b: Nginx;
  let daemon: DaemonProcess;
  const dir = tempDir('limited');
  const failing = join(dir, 'failing');

  beforeAll(async () => {
    const root = moduleTree().dir;
    for (const status of statuses)
      limited.set(
        status,
        await startNginx({
          root,
          prefix: '/unused/',
          extraHttp: () => 'limit_req_zone $binary_remote_addr zone=one:1m rate=30r/m;',
          extra: `
    location / {
      if (-f ${failing}${status}) { return 502; }
      limit_req zone=one burst=6 nodelay;
      limit_req_status ${status};
      root ${root};
    }`,
        }),
      );
    b = await startNginx({ root });
    const urls = [...limited].map(([status, { httpUrl }]) => [status, new URL(httpUrl).origin] as const);
    daemon = await startDaemon({
      yaml: `
schedule: { every: 5s, timeout: 5s }
steps: { list: 1h, latest: 1h, info: 1h, zip: 1h }
mirrors:
${urls.map(([status, url]) => `  - { name: a${status}, ecosystem: go, url: "${url}", weight: 100 }`).join('\n')}
  - { name: b, ecosystem: go, url: "${b.httpUrl}" }
clients: { go: "${urls[0]?.[1]},direct" }
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: "off" }
`,
    });
  });

  afterAll(async () => {
    await daemon?.close();
    for (const server of [...limited.values(), b]) await server?.close();
    removeTempDir(dir);
  });

  /** The number of responses of a mirror with a status so far. */
  const count = (mirror: number, status: number): number =>
    (limited.get(mirror)?.accessLog() ?? '').split('\n').filter((line) => line.split(' ')[1] === `${status}`).length;
  const counts = (status: number): readonly number[] => statuses.map((mirror) => count(mirror, status));

  test('one 502 each: our confirming probes fill the buckets, and what they refuse is no evidence', async () => {
    const all = (least: number) => (of: readonly number[]) => of.every((one) => one >= least);
    await until('20 responses', () => counts(200), all(20), { help: daemon.log });
    for (const status of statuses) {
      writeFileSync(`${failing}${status}`, '');
      await until(
        'one 502',
        () => count(status, 502),
        (failed) => failed >= 1,
        { help: daemon.log },
      );
      rmSync(`${failing}${status}`);
    }
    await seconds(60);
    for (const status of statuses) {
      expect(count(status, 502), `${status}`).toBeLessThanOrEqual(2);
      expect(count(status, status), `${status}`).toBeLessThanOrEqual(3);
      expect(count(status, 200), `${status}`).toBeGreaterThan(30);
    }
    const { findings } = await daemon.api<{ readonly findings: readonly FindingJson[] }>('findings?state=all');
    expect(findings.filter(({ registry }) => registry?.startsWith('a'))).toEqual([]);
    // Fewer than three confirming probes explain no refusal, so on a busy machine the first one or two may count.
    const { advice } = await daemon.api<Advices>('advice');
    expect(advice.filter(({ cause }) => cause !== 'unreliable')).toEqual([]);
  });
});
