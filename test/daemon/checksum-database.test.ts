import { afterEach, describe, expect, test } from 'vitest';
import type { ProbeResponse as Told } from '../../src/core/transcript.ts';
import { h1OfMod } from '../../src/ecosystems/go/h1.ts';
import { type Answer, text } from '../support/answer.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { headOf, type Relay, relayAnswers } from '../unit/ecosystems/go/relay.ts';
import { createSigner, createTree } from '../unit/ecosystems/go/tree.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

const signer = createSigner('log.example.com');
const goMod = 'module example.com/m\n';
const modHash = h1OfMod(Buffer.from(goMod));
const linesOf = (id: number, mark = '') =>
  `example.com/m v0.0.${id} h1:zip${id}${mark}=\nexample.com/m v0.0.${id}/go.mod ${modHash}\n`;
const texts = Array.from({ length: 700 }, (_, id) => linesOf(id));
const honest: Relay = { base: '', signer, texts, tree: createTree(texts), latestSize: 600, lookupSize: 600 };
/** Another history from record 500 on, signed by the same key. */
const forkedTexts = texts.map((one, id) => (id < 500 ? one : linesOf(id, 'x')));
const forked: Relay = { ...honest, texts: forkedTexts, tree: createTree(forkedTexts) };

let daemon: RealDaemon | null = null;
const servers: RawServer[] = [];
afterEach(async () => {
  await daemon?.daemon.stop();
  daemon = null;
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

function sent(answer: Told): Answer {
  if (answer.tag !== 'answered') return text(500, '');
  return { status: answer.status, headers: { 'content-type': 'text/plain' }, body: Buffer.from(answer.body) };
}

interface Place {
  relay: Relay;
  /** Spoils one answer. */
  spoil?: (path: string, answer: Answer) => Answer;
}

/** A mirror that relays the database, and knows one module. */
async function startMirror(place: Place): Promise<RawServer> {
  const server = await startRawServer({
    answer: ({ path }) => {
      if (path.endsWith('.mod')) return text(200, goMod);
      const answer = sent(relayAnswers(place.relay)({ url: path, bodyBytesMax: 1 }));
      return place.spoil?.(path, answer) ?? answer;
    },
  });
  servers.push(server);
  return server;
}

/** The database itself. */
async function startDatabase(place: Place): Promise<RawServer> {
  const server = await startRawServer({
    answer: ({ path }) => sent(relayAnswers(place.relay)({ url: `/sumdb/${signer.name}${path}`, bodyBytesMax: 1 })),
  });
  servers.push(server);
  return server;
}

async function start(mirrors: Readonly<Record<string, RawServer>>, database: string): Promise<RealDaemon> {
  const names = Object.entries(mirrors);
  daemon = await startRealDaemon(`
vantage: here
listen: 127.0.0.1:0
schedule: { every: 200ms, timeout: 60s, perHost: 4 }
steps: { sumdb: 200ms }
mirrors:
${names.map(([name, { url }]) => `  - { name: ${name}, ecosystem: go, url: "${url}" }`).join('\n')}
modules: { go: [ "example.com/m@v0.0.7" ] }
go: { sumdb: "${signer.verifierKey} ${database}" }
state: { path: ":memory:" }
`);
  return daemon;
}

interface FindingAnswer {
  readonly kind: string;
  readonly cause: string;
  readonly registry: string | null;
  readonly text: string;
  readonly evidence: { readonly statements: readonly string[] };
}

async function mismatches(of: RealDaemon): Promise<readonly FindingAnswer[]> {
  const { findings } = JSON.parse((await of.get('/api/v1/findings')).text) as { findings: FindingAnswer[] };
  return findings.filter(({ kind }) => kind === 'mismatch');
}

/** The facts of the last probe of the relay, by the API. */
async function lastFacts(
  of: RealDaemon,
  registry: string,
): Promise<{ facts: Record<string, unknown>; tag: string } | null> {
  const { targets } = JSON.parse((await of.get('/api/v1/targets?limit=500')).text) as {
    targets: { registry: string; step: string; probeId: string | null }[];
  };
  const probeId = targets.find((one) => one.registry === registry && one.step === 'sumdb')?.probeId ?? null;
  if (probeId === null) return null;
  const probe = JSON.parse((await of.get(`/api/v1/probes/${probeId}`)).text) as {
    facts?: Record<string, unknown>;
    outcome: { tag: string };
  };
  return probe.facts === undefined ? null : { facts: probe.facts, tag: probe.outcome.tag };
}

/** Asked of the database or relay so far. */
const askedOf = (server: RawServer, path: string) => server.requests.filter((one) => one.path.includes(path)).length;

describe('the checksum database through a relay and directly, on sockets', () => {
  test('a relay that is late is distinguished from one that is wrong', async () => {
    const database = await startDatabase({ relay: { ...honest, latestSize: 700 } });
    const late = await startMirror({ relay: honest });
    const lying = await startMirror({
      relay: honest,
      spoil: (path, answer) => {
        const body = Buffer.from(answer.body ?? '');
        if (path.includes('/tile/8/0/000')) body.writeUInt8((body[7 * 32] ?? 0) ^ 1, 7 * 32);
        return { ...answer, body };
      },
    });
    const of = await start({ late, lying }, database.url);
    await of.until('the liar is told', async () => (await mismatches(of)).length > 0);
    await of.until('the late one was asked more often than a mismatch takes', () => askedOf(late, '/supported') > 5);
    expect((await mismatches(of)).map(({ registry, cause }) => `${registry} ${cause}`)).toEqual(['lying mismatch']);
    expect(await lastFacts(of, 'late')).toMatchObject({
      tag: 'ok',
      facts: { treeHead: { size: 600 }, authority: { name: signer.name, size: 700 } },
    });
  });

  test('the cost of a lookup for a client is shown, by relay and directly, and no name of ours is sent to the database', async () => {
    const texts = honest.texts.map((one, id) =>
      id === 8 ? 'rsc.io/quote v1.5.2 h1:a=\nrsc.io/quote v1.5.2/go.mod h1:b=\n' : one,
    );
    const log: Relay = { ...honest, texts, tree: createTree(texts) };
    const relay = await startMirror({ relay: log });
    const database = await startDatabase({ relay: log });
    const of = await start({ relay }, database.url);
    await of.until('it is measured', async () => (await lastFacts(of, 'relay'))?.facts['authorityCost'] != null);
    const cost = (await lastFacts(of, 'relay'))?.facts['authorityCost'];
    // supported, the record, and the tiles 1/0, 0/2 and 0/0 of 600 records.
    const seconds = expect.any(Number);
    const shown = { relayed: { requests: 5, seconds }, direct: { requests: 4, seconds } };
    expect(cost).toEqual(shown);
    const { mirrors } = JSON.parse((await of.get('/api/v1/mirrors')).text) as { mirrors: { authorityCost: unknown }[] };
    // The cost may have been measured again meanwhile.
    expect(mirrors).toMatchObject([{ authorityCost: shown }]);
    expect((await of.get('/mirrors/relay')).text).toMatch(
      /cost of a checksum lookup for a client.*5 requests, .* through the relay of the mirror; 4 requests, /,
    );
    expect(askedOf(database, '/lookup/rsc.io/quote@v1.5.2')).toBeGreaterThan(0);
    expect(askedOf(database, 'example.com')).toBe(0);
  });

  test('a database that cannot be reached from here is unknown, with the reason, and no mirror is at fault', async () => {
    const relay = await startMirror({ relay: honest });
    const gone = await startDatabase({ relay: honest });
    await gone.kill();
    const of = await start({ relay }, gone.url);
    await of.until('it was asked', async () => (await lastFacts(of, 'relay')) !== null);
    expect(await lastFacts(of, 'relay')).toMatchObject({
      tag: 'ok',
      facts: { authority: { name: signer.name, size: null }, treeHead: { size: 600 } },
    });
    expect(await mismatches(of)).toEqual([]);
  });

  test('a fork is caught when the history changes, without the database itself, and its evidence is whole', async () => {
    const place: Place = { relay: honest };
    const relay = await startMirror(place);
    const gone = await startDatabase({ relay: honest });
    await gone.kill();
    const of = await start({ relay }, gone.url);
    await of.until('the head is learnt', () => of.store.all('meta').some(({ key }) => key === `head/${signer.name}`));
    place.relay = { ...forked, latestSize: 650, lookupSize: 650 };
    await of.until('the fork is told', async () => (await mismatches(of)).length > 0);
    const [finding] = await mismatches(of);
    expect(finding).toMatchObject({ registry: 'relay', cause: 'fork' });
    expect(finding?.evidence.statements).toEqual([headOf(honest, 600), headOf(forked, 650)]);
    expect(of.store.all('finding').map(({ value }) => value)).toContainEqual(
      expect.objectContaining({
        cause: 'fork',
        evidence: expect.objectContaining({ statements: finding?.evidence.statements }),
      }),
    );
    // What was known of the log is kept: the fork has not taken its place.
    expect(of.store.get('meta', `head/${signer.name}`)?.value).toMatchObject({ size: 600, note: headOf(honest, 600) });
  });

  test('a relay that shows another history than the database itself is a fork', async () => {
    const relay = await startMirror({ relay: { ...forked, latestSize: 600, lookupSize: 600 } });
    const database = await startDatabase({ relay: { ...honest, latestSize: 700 } });
    const of = await start({ relay }, database.url);
    await of.until('the fork is told', async () => (await mismatches(of)).length > 0);
    const [finding] = await mismatches(of);
    expect(finding?.cause).toBe('fork');
    expect(finding?.evidence.statements).toEqual([headOf(forked, 600), headOf(honest, 700)]);
  });
});
