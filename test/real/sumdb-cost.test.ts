import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProbeResponse as Told } from '../../src/core/transcript.ts';
import { h1OfMod } from '../../src/ecosystems/go/h1.ts';
import { type Answer, text } from '../support/answer.ts';
import { goDownload } from '../support/go-client.ts';
import { writeLargeZip } from '../support/large-zip.ts';
import { removeTempDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { type Relay, relayAnswers } from '../unit/ecosystems/go/relay.ts';
import { createSigner, createTree } from '../unit/ecosystems/go/tree.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { Mirrors } from './views.ts';

// What the checksum database costs a client: our figure against what the real go asks for, by relay, itself, and off.

const module = 'example.com/m';
const version = 'v0.0.7';
const goMod = `module ${module}\n`;
const signer = createSigner('log.example.com');

function sent(answer: Told): Answer {
  if (answer.tag !== 'answered') return text(500, '');
  return { status: answer.status, headers: { 'content-type': 'text/plain' }, body: Buffer.from(answer.body) };
}

real('a lookup in a log of 1000 records', ['go'], () => {
  let dir: string;
  let mirror: RawServer;
  let bare: RawServer;
  let database: RawServer;
  let daemon: DaemonProcess;

  beforeAll(async () => {
    dir = tempDir('sumdb-cost');
    const zip = writeLargeZip(`${dir}/m.zip`, `${module}@${version}`, 100_000, 'text');
    const bytes = readFileSync(zip.path);
    const lines = (id: number) =>
      `${module} v0.0.${id} ${id === 7 ? zip.h1 : `h1:zip${id}=`}\n${module} v0.0.${id}/go.mod ${h1OfMod(Buffer.from(goMod))}\n`;
    // Beside it, the one that the database itself is asked for: the same tiles prove it.
    const known = 'rsc.io/quote v1.5.2 h1:zip=\nrsc.io/quote v1.5.2/go.mod h1:mod=\n';
    const texts = Array.from({ length: 1_000 }, (_, id) => (id === 8 ? known : lines(id)));
    const log: Relay = { base: '', signer, texts, tree: createTree(texts), latestSize: 1_000, lookupSize: 1_000 };
    const ofLog = relayAnswers(log);
    const artifacts = (path: string): Answer | null => {
      if (path.endsWith('.mod')) return text(200, goMod);
      if (path.endsWith('.zip')) return { status: 200, headers: { 'content-type': 'application/zip' }, body: bytes };
      if (path.endsWith('.info')) return text(200, JSON.stringify({ Version: version, Time: '2024-01-01T00:00:00Z' }));
      return path.endsWith('/list') ? text(200, `${version}\n`) : null;
    };
    mirror = await startRawServer({
      answer: ({ path }) => artifacts(path) ?? sent(ofLog({ url: path, bodyBytesMax: 1 })),
    });
    bare = await startRawServer({ answer: ({ path }) => artifacts(path) ?? text(404, 'not found') });
    database = await startRawServer({
      answer: ({ path }) => sent(ofLog({ url: `/sumdb/${signer.name}${path}`, bodyBytesMax: 1 })),
    });
    daemon = await startDaemon({
      dir,
      yaml: `
vantage: here
schedule: { every: 1s, timeout: 60s, perHost: 4 }
steps: { sumdb: 1s }
mirrors:
  - { name: mirror, ecosystem: go, url: "${mirror.url}" }
  - { name: bare, ecosystem: go, url: "${bare.url}" }
modules: { go: [ "${module}@${version}" ] }
go: { sumdb: "${signer.verifierKey} ${database.url}" }
`,
    });
  });
  afterAll(async () => {
    await daemon?.close();
    for (const server of [mirror, bare, database]) await server?.close();
    removeTempDir(dir);
  });

  /** How many requests go makes of the database, in an empty cache: by the relay, and of itself. */
  async function asked(proxy: RawServer, sumdb: string): Promise<{ relayed: number; direct: number }> {
    const isGo = (agent: string | undefined) => agent?.startsWith('Go-http-client') === true;
    const count = () => ({
      relayed: proxy.requests.filter((one) => one.path.includes('/sumdb/') && isGo(one.headers['user-agent'])).length,
      direct: database.requests.filter((one) => isGo(one.headers['user-agent'])).length,
    });
    const before = count();
    const got = await goDownload([`${module}@${version}`], { goproxy: proxy.url, sumdb });
    expect(got.modules, got.stderr + got.stdout).toHaveLength(1);
    const after = count();
    return { relayed: after.relayed - before.relayed, direct: after.direct - before.direct };
  }

  test('is as many requests as the real go makes, by relay and directly, and none when off', async () => {
    const costs = await until(
      'both are measured',
      async () => {
        const { mirrors } = await daemon.api<Mirrors>('mirrors');
        const of = (name: string) => mirrors.find(({ registry }) => registry === name)?.authorityCost ?? null;
        return { mirror: of('mirror'), bare: of('bare') };
      },
      ({ mirror: one, bare: other }) => one?.direct != null && one.relayed !== null && other?.direct != null,
    );
    const { relayed = null, direct = null } = costs.mirror ?? {};
    expect(await asked(mirror, signer.verifierKey)).toEqual({ relayed: relayed?.requests, direct: 0 });
    expect(await asked(bare, `${signer.verifierKey} ${database.url}`)).toEqual({
      relayed: 0,
      direct: direct?.requests,
    });
    expect(await asked(mirror, 'off')).toEqual({ relayed: 0, direct: 0 });
    expect(costs.bare).toEqual({ relayed: null, direct: { requests: direct?.requests, seconds: expect.any(Number) } });
    expect([(relayed?.seconds ?? 0) > 0, (direct?.seconds ?? 0) > 0]).toEqual([true, true]);
  });
});
