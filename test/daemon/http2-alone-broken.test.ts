import { afterAll, expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { type H2BrokenMirror, startH2BrokenMirror } from '../support/h2-broken-mirror.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

let isBroken = false;
const servers: H2BrokenMirror[] = [];
let real: RealDaemon | null = null;
afterAll(async () => {
  await real?.daemon.stop();
  for (const server of servers) await server.close();
});

interface Seen {
  readonly mirrors: readonly { readonly registry: string; readonly state: string; readonly protocol: string | null }[];
  readonly findings: readonly {
    readonly registry: string | null;
    readonly kind: string;
    readonly text: string;
    readonly scope: readonly { readonly protocol?: string }[];
  }[];
  readonly advice: readonly { readonly from: string; readonly to: string }[];
}

test('a mirror whose HTTP/2 alone breaks is told as that, and left for go', async () => {
  const [near, far] = [await startH2BrokenMirror(() => isBroken), await startH2BrokenMirror(() => false)];
  servers.push(near, far);
  const daemon = await startRealDaemon(
    `
listen: 127.0.0.1:0
schedule: { every: 1s, timeout: 5s, perHost: 4 }
steps: { list: 5s, info: 5s }
mirrors:
  - { name: near, ecosystem: go, url: "${near.url}", weight: 10, tls: { ca: /t/ca.pem } }
  - { name: far, ecosystem: go, url: "${far.url}", tls: { ca: /t/ca.pem } }
modules: { go: [ example.com/hello@v1.0.0 ] }
go: { sumdb: off }
state: { path: ":memory:" }
`,
    {},
    { '/t/ca.pem': testCerts().ca.certPem },
  );
  real = daemon;
  // What is polled too often is refused with 429: no answer yet.
  const json = async <K extends keyof Seen>(key: K): Promise<Seen[K] | readonly never[]> => {
    const { status, text } = await daemon.get(`/api/v1/${key}`);
    return status === 200 ? (JSON.parse(text) as Pick<Seen, K>)[key] : [];
  };
  await daemon.until('both are up over HTTP/2', async () => {
    const mirrors = await json('mirrors');
    return mirrors.length === 2 && mirrors.every(({ state, protocol }) => state === 'up' && protocol === '2');
  });
  // Enough answers of the other one to be measured well enough (design.md section 4.4).
  const asked = far.requests.h2;
  await daemon.until('measured', () => far.requests.h2 >= asked + 10);
  isBroken = true;
  await daemon.until('advice', async () =>
    (await json('advice')).some(({ from, to }) => from === 'near' && to === 'far'),
  );
  let finding: Seen['findings'][number] | undefined;
  await daemon.until('the finding names the version', async () => {
    finding = (await json('findings')).find(({ scope }) => scope.some(({ protocol }) => protocol === '2'));
    return finding !== undefined;
  });
  expect(finding?.registry).toBe('near');
  expect(finding?.kind).toBe('outage');
  expect(finding?.text).toBe(
    'near fails over HTTP/2 (reset) and answers over HTTP/1.1: go cannot use it. With GODEBUG=http2client=0 it works.',
  );
  expect(near.requests.h1).toBeGreaterThan(0);
});
