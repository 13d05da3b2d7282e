import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { Due } from '../../src/core/due.ts';
import { buildWorkerBook, nothingLearnt } from '../../src/daemon/book.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { systemClock } from '../../src/io/clock.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { expandTargets } from '../../src/schedule/targets.ts';
import { createWire } from '../../src/wire/wire.ts';
import { readConfig } from '../daemon/world.ts';
import type { Answer, SeenRequest } from '../support/answer.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';

// What an hour of a lock file of twelve packages takes from a registry, counted on real sockets.

const hex = (text: string, algorithm: string) => createHash(algorithm).update(text).digest('hex');
const base64 = (text: string, algorithm: string) => createHash(algorithm).update(text).digest('base64');

/** The short packument of a package of so many versions: hashes and signatures, which do not shrink, and names, which do. */
function packumentOf(name: string, count: number, base: string): string {
  const versions = Array.from({ length: count }, (_, index) => {
    const version = `${1 + Math.floor(index / 100)}.${Math.floor(index / 10) % 10}.${index % 10}`;
    const id = `${name}@${version}`;
    const dist = {
      integrity: `sha512-${base64(id, 'sha512')}`,
      shasum: hex(id, 'sha1'),
      tarball: `${base}/${name}/-/${name}-${version}.tgz`,
      fileCount: 10 + (index % 7),
      unpackedSize: 50_000 + index * 13,
      signatures: [{ keyid: `SHA256:${base64('key', 'sha256')}`, sig: base64(`${id} sig`, 'sha512') }],
    };
    const dependencies = { 'loose-envify': '^1.1.0', 'object-assign': `^4.${index % 3}.0` };
    const devDependencies = { eslint: '^8.0.0', typescript: `^5.${index % 5}.0` };
    return [version, { name, version, dependencies, devDependencies, engines: { node: '>=0.10.0' }, dist }] as const;
  });
  const latest = versions.at(-1)?.[0];
  return JSON.stringify({
    name,
    modified: '2024-05-01T10:00:00.000Z',
    'dist-tags': { latest },
    versions: Object.fromEntries(versions),
  });
}

/** Versions of the packages of a lock file, the canary first: most have a hundred or so, one has two thousand. */
const versionCounts = [800, 2_000, 500, 300, 200, 150, 120, 100, 80, 60, 40, 20];
const packages = versionCounts.map((count, index) => ({ name: `package-${index + 1}`, count }));

const running: RawServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

/** A registry that sends gzip to whom it is offered by, or to nobody. */
async function startRegistry(hasGzip: boolean): Promise<RawServer> {
  const bodies = new Map<string, Answer>();
  const answer = ({ path, headers }: SeenRequest): Answer => {
    const one = packages.find(({ name }) => path === `/${name}`);
    if (one === undefined) return { status: 404, headers: {}, body: Buffer.from('{}') };
    const isZipped = hasGzip && /\bgzip\b/.test(headers['accept-encoding'] ?? '');
    const key = `${one.name} ${isZipped}`;
    const plain = () => Buffer.from(packumentOf(one.name, one.count, server.url));
    const type = { 'content-type': 'application/vnd.npm.install-v1+json' };
    const known = bodies.get(key) ?? {
      status: 200,
      headers: isZipped ? { ...type, 'content-encoding': 'gzip' } : type,
      body: isZipped ? gzipSync(plain()) : plain(),
    };
    bodies.set(key, known);
    return known;
  };
  const server: RawServer = await startRawServer({ answer });
  running.push(server);
  return server;
}

/** Bytes of bodies on the wire that the metadata of all twelve takes in an hour, at the default paces. */
async function hourOf(server: RawServer): Promise<{ readonly bytes: number; readonly asks: number }> {
  const modules = packages.map(({ name }) => `${name}@latest`).join(', ');
  const text = `vantage: here\nmirrors: [{ name: near, ecosystem: npm, url: '${server.url}', upstream: inner }]\nmodules: { npm: [ ${modules} ] }\nstate: { path: /nowhere/state.db }\n`;
  const read = readConfig(text);
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error, null, 1));
  const config = read.value;
  const book = buildWorkerBook({ config, learnt: nothingLearnt, version: '0.0.0-test', registry });
  const wire = createWire({ clock: systemClock, timers: systemTimers, otherNames: [] });
  const workers = createInlineWorkers({ book, wire, clock: systemClock, registry });
  try {
    let [bytes, asks] = [0, 0];
    for (const target of expandTargets(config, registry).filter(({ step }) => step === 'metadata')) {
      const common = { connection: 'cold', purpose: 'once', timeoutMs: 20_000, round: null } as const;
      const due: Due = { probeId: 'p', target, plannedAtMs: systemClock.monotonicMs(), ...common };
      const { transcript } = await workers.probe(due);
      expect(transcript.verdict.outcome).toEqual({ tag: 'ok' });
      const body = transcript.hops.reduce((sum, hop) => sum + hop.bodyBytes, 0);
      const perHour = 3_600_000 / (target.canary ? 30_000 : 300_000);
      bytes += body * perHour;
      asks += perHour;
    }
    return { bytes, asks };
  } finally {
    await workers.close();
  }
}

describe('an hour of twelve packages', () => {
  test('takes less than half of what it took without gzip', async () => {
    const [before, after] = [await hourOf(await startRegistry(false)), await hourOf(await startRegistry(true))];
    // 86.5 MiB, and 24.7.
    expect(after.asks).toBe(before.asks);
    expect(after.bytes).toBeLessThan(before.bytes / 2);
  });
});
