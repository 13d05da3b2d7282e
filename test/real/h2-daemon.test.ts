import { afterAll, beforeAll, expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

// A server that ends each HTTP/2 connection after three requests holds no thread of the daemon: its neighbours are probed on.

const good = ['a', 'b', 'c'];
const names = [...good, 'limited'];
const probesEach = 150;
/** What a busy machine makes unknown, and what a confirming round does, says nothing about the threads. */
const ofThisMachine = new Set(['contaminated', 'local', 'paused']);

interface Finding {
  readonly kind: string;
  readonly registry: string | null;
  readonly text: string;
}

real('a daemon with a mirror that ends each HTTP/2 connection after 3 requests', ['nginx', 'tree'], () => {
  const servers: Nginx[] = [];
  let daemon: DaemonProcess;
  beforeAll(async () => {
    const { dir, modules } = moduleTree();
    for (const name of names) {
      const extra = name === 'limited' ? { extra: 'keepalive_requests 3;' } : {};
      servers.push(await startNginx({ root: dir, http2: true, ...extra }));
    }
    const ca = testCerts().ca.certFile;
    const mirrors = names.map(
      (name, at) => `  - { name: ${name}, ecosystem: go, url: "${servers[at]?.httpsUrl}", tls: { ca: "${ca}" } }`,
    );
    daemon = await startDaemon({
      yaml: `
schedule: { every: 500ms, timeout: 5s, perHost: 8 }
steps: { list: 1s, info: 1s, mod: 1s, latest: 1s, zip: 2s }
mirrors:
${mirrors.join('\n')}
controls: [ "tcp://127.0.0.1:${servers[0]?.httpPort}" ]
modules: { go: [ ${modules
        .slice(0, 3)
        .map(({ path, version }) => `"${path}@${version}"`)
        .join(', ')} ] }
go: { sumdb: off }
`,
    });
  });
  afterAll(async () => {
    await daemon?.close();
    for (const server of servers) await server.close();
  });

  const sumOf = (metrics: ReadonlyMap<string, number>, metric: string, registry: string, skip = new Set<string>()) =>
    [...metrics]
      .filter(([series]) => series.startsWith(`${metric}{`) && series.includes(`registry="${registry}"`))
      .filter(([series]) => !skip.has(/because="(\w+)"/.exec(series)?.[1] ?? ''))
      .reduce((sum, [, count]) => sum + count, 0);

  test('replaces no thread, knows every sample of its neighbours, and finds no fault but what is true of the limited one', async () => {
    const attempts = async (): Promise<readonly number[]> => {
      const metrics = await daemon.metrics();
      return names.map((name) => sumOf(metrics, 'mirror_probe_attempts_total', name));
    };
    await until(`${probesEach} probes of each`, attempts, (all) => all.every((count) => count >= probesEach), {
      help: daemon.log,
    });
    const http2 = servers.map((server) => server.accessLog().includes('HTTP/2.0"'));
    expect(http2).toEqual(names.map(() => true));
    const metrics = await daemon.metrics();
    expect(good.map((name) => sumOf(metrics, 'mirror_probe_unknown_total', name, ofThisMachine))).toEqual([0, 0, 0]);
    expect(daemon.log()).not.toContain('worker thread is replaced');
    const { findings } = await daemon.api<{ readonly findings: readonly Finding[] }>('findings?state=all');
    const against = findings.filter(({ kind }) => ['outage', 'unreliable', 'mismatch'].includes(kind));
    // Two builds in a row may show that half of the requests need another connection, which is true.
    const closes = ({ registry, text }: Finding): boolean =>
      registry === 'limited' && text.includes('closes an HTTP/2 connection (GOAWAY)');
    expect(against.filter((finding) => !closes(finding))).toEqual([]);
  });
});
