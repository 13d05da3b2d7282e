import { afterAll, beforeAll, expect, test } from 'vitest';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Advices, FindingJson, Mirrors } from './views.ts';

interface Told extends FindingJson {
  readonly cause: string;
  readonly text: string;
}

real('a real forward proxy that dies, and a mirror that works without it', ['nginx', 'tree'], () => {
  let a: Nginx;
  let b: Nginx;
  let proxy: Nginx;
  let proxyUrl: string;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    const { dir } = moduleTree();
    [a, b] = await Promise.all([startNginx({ root: dir }), startNginx({ root: dir })]);
    // A request to a proxy has an absolute URL. nginx serves it by the host of this URL.
    proxy = await startNginx({
      root: dir,
      prefix: '/unused/',
      extra: 'location / { proxy_pass http://$http_host$request_uri; }',
    });
    proxyUrl = new URL(proxy.httpUrl).origin;
    daemon = await startDaemon({
      yaml: `
schedule: { every: 1s, timeout: 5s }
mirrors:
  - { name: a, ecosystem: go, url: "${a.httpUrl}", weight: 100, proxy: "${proxyUrl}" }
  - { name: b, ecosystem: go, url: "${b.httpUrl}" }
clients: { go: "${a.httpUrl},direct" }
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: "off" }
`,
    });
  });

  afterAll(async () => {
    await daemon?.close();
    for (const server of [proxy, a, b]) await server?.close();
  });

  test('the state is what clients with this proxy meet, and the advice is what their setting can reach', async () => {
    await until(
      'both mirrors up, through the proxy and without it',
      async () => [(await daemon.api<Mirrors>('mirrors')).mirrors, proxy.accessLog()] as const,
      ([mirrors, log]) => mirrors.every(({ state }) => state === 'up') && log.split('\n').length > 20,
      { help: daemon.log },
    );
    await proxy.kill();
    const { advice } = await until(
      'advice to leave the mirror behind the proxy',
      () => daemon.api<Advices>('advice'),
      (answer) => answer.advice.some(({ from, state }) => from === 'a' && state === 'proposed'),
      { help: daemon.log },
    );
    expect(advice[0]).toMatchObject({ cause: 'outage', to: 'b' });
    const { findings } = await daemon.api<{ readonly findings: readonly Told[] }>('findings');
    expect(findings.map(({ kind, registry, cause }) => [kind, registry, cause])).toEqual([['outage', 'a', 'proxy']]);
    expect(findings[0]?.text).toContain(`a cannot be reached through its proxy ${proxyUrl}`);
    const up = [...(await daemon.metrics())].filter(([name]) => name.startsWith('mirror_up{'));
    expect(up.map(([name, value]) => [/registry="(\w)"/.exec(name)?.[1], value])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });
});
