import { afterAll, expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { type BuildMirror, h2BuildFaults, startBuildMirror } from '../support/h2-build-faults.ts';
import { moduleAnswers, syntheticModules } from '../support/synthetic-modules.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

let isBroken = true;
const servers: BuildMirror[] = [];
let real: RealDaemon | null = null;
afterAll(async () => {
  await real?.daemon.stop();
  for (const server of servers) await server.close();
});

interface Finding {
  readonly kind: string;
  readonly cause: string;
  readonly registry: string | null;
  readonly text: string;
  readonly scope: readonly { readonly protocol?: string }[];
  readonly evidence: { readonly failures: number; readonly probeIds: readonly string[] };
}

test('a mirror that resets the fourth concurrent stream is reported, though each single request succeeds', async () => {
  const fault = h2BuildFaults.find(({ name }) => name.startsWith('RST_STREAM'));
  if (fault === undefined) throw new Error('no such fault');
  const answers = moduleAnswers(syntheticModules);
  const [near, far] = [
    await startBuildMirror(fault, answers, () => isBroken),
    await startBuildMirror(fault, answers, () => false),
  ];
  servers.push(near, far);
  const daemon = await startRealDaemon(
    `
listen: 127.0.0.1:0
schedule: { every: 500ms, timeout: 5s, perHost: 2 }
steps: { list: 1s, info: 1s, mod: 1s }
mirrors:
  - { name: near, ecosystem: go, url: "${near.url}", weight: 10, tls: { ca: /t/ca.pem } }
  - { name: far, ecosystem: go, url: "${far.url}", tls: { ca: /t/ca.pem } }
modules: { go: [ example.com/hello@v1.0.0, example.com/tags@v1.0.0, example.com/major/v2@v2.4.0 ] }
go: { sumdb: off }
state: { path: ":memory:" }
`,
    {},
    { '/t/ca.pem': testCerts().ca.certPem },
  );
  real = daemon;
  const findings = async (): Promise<readonly Finding[]> => {
    const { status, text } = await daemon.get('/api/v1/findings');
    return status === 200 ? (JSON.parse(text) as { findings: readonly Finding[] }).findings : [];
  };
  let finding: Finding | undefined;
  await daemon.until('the finding', async () => {
    finding = (await findings()).find(({ cause }) => cause === 'many_requests');
    return finding !== undefined;
  });
  expect([finding?.registry, finding?.kind]).toEqual(['near', 'unreliable']);
  expect(finding?.text).toMatch(
    /^near fails when a client sends several requests at once over one HTTP\/2 connection \(reset\): \d+ of \d+ requests failed\. Single requests work\. This breaks or slows builds with go; GODEBUG=http2client=0 avoids it\.$/,
  );
  expect(finding?.scope.every(({ protocol }) => protocol === '2')).toBe(true);
  // A build is one slot of its host: the sound mirror saw several streams of one connection and no more probes beside them.
  expect(far.seen.mostOpen).toBeGreaterThan(3);
  const [probeId = ''] = finding?.evidence.probeIds ?? [];
  const { text } = await daemon.get(`/api/v1/probes/${probeId}`);
  expect(JSON.parse(text)).toMatchObject({ connection: 'warm', purpose: 'build', outcome: { tag: 'failed' } });
  expect((await findings()).map(({ registry }) => registry)).toEqual(['near']);
  isBroken = false;
  await daemon.until('the end', async () => (await findings()).length === 0);
});
