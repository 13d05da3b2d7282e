import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Advices, FindingJson } from './views.ts';

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1_000));

/** How each limited mirror refuses a request; 444: nginx closes the connection. */
const statuses = [503, 403, 444] as const;

/** A limited mirror, and a daemon that watches it beside one without a limit. */
interface Watched {
  readonly status: (typeof statuses)[number];
  readonly a: Nginx;
  readonly daemon: DaemonProcess;
}

real('a real nginx with limit_req, 30 requests a minute and a burst of 6', ['nginx', 'tree'], () => {
  const watched: Watched[] = [];
  let b: Nginx;
  const dir = tempDir('limited');
  const failing = (status: number): string => join(dir, `failing-${status}`);

  beforeAll(async () => {
    const root = moduleTree().dir;
    b = await startNginx({ root });
    for (const status of statuses) {
      const a = await startNginx({
        root,
        prefix: '/unused/',
        extraHttp: () => 'limit_req_zone $binary_remote_addr zone=one:1m rate=30r/m;',
        extra: `
    location / {
      if (-f ${failing(status)}) { return 502; }
      limit_req zone=one burst=6 nodelay;
      limit_req_status ${status};
      root ${root};
    }`,
      });
      const aUrl = new URL(a.httpUrl).origin;
      const daemon = await startDaemon({
        yaml: `
schedule: { every: 5s, timeout: 5s }
steps: { list: 60s, latest: 60s, info: 60s, zip: 10m }
mirrors:
  - { name: a, ecosystem: go, url: "${aUrl}", weight: 100 }
  - { name: b, ecosystem: go, url: "${b.httpUrl}" }
clients: { go: "${aUrl},direct" }
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: "off" }
`,
      });
      watched.push({ status, a, daemon });
    }
  });

  afterAll(async () => {
    for (const { a, daemon } of watched) {
      await daemon.close();
      await a.close();
    }
    await b?.close();
  });

  /** The number of responses of a mirror with a status so far. */
  const count = ({ a }: Watched, status: number): number =>
    a
      .accessLog()
      .split('\n')
      .filter((line) => line.split(' ')[1] === `${status}`).length;

  async function failOnce(one: Watched): Promise<void> {
    const help = { help: one.daemon.log };
    await until(
      '20 responses',
      () => count(one, 200),
      (served) => served >= 20,
      help,
    );
    writeFileSync(failing(one.status), '');
    await until(
      'one 502',
      () => count(one, 502),
      (failed) => failed >= 1,
      help,
    );
    rmSync(failing(one.status));
  }

  test('one 502: our confirming probes fill the bucket, and what it refuses is no evidence', async () => {
    await Promise.all(watched.map(failOnce));
    await seconds(60);
    for (const one of watched) {
      const { status, daemon } = one;
      expect(count(one, 502), `${status}`).toBeLessThanOrEqual(2);
      expect(count(one, status), `${status}`).toBeLessThanOrEqual(3);
      expect(count(one, 200), `${status}`).toBeGreaterThan(30);
      const { findings } = await daemon.api<{ readonly findings: readonly FindingJson[] }>('findings?state=all');
      expect(
        findings.filter(({ registry }) => registry === 'a'),
        `${status}`,
      ).toEqual([]);
      // Fewer than three confirming probes explain no refusal, so on a busy machine the first one or two may count.
      const { advice } = await daemon.api<Advices>('advice');
      expect(
        advice.filter(({ cause }) => cause !== 'unreliable'),
        `${status}`,
      ).toEqual([]);
    }
  });
});
