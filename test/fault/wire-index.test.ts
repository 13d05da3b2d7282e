import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, type Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Due } from '../../src/core/due.ts';
import { limits } from '../../src/core/limits.ts';
import { type EcosystemId, type Step, targetId } from '../../src/core/mirror.ts';
import type { Probed } from '../../src/core/ports.ts';
import { systemClock } from '../../src/io/clock.ts';
import { declared } from '../support/declared.ts';
import { longHtmlPage, longJsonPage, longPackument, releaseAt, versionAt } from '../support/long-index.ts';
import { patienceMs } from '../support/patience.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';
import { accessTo, realWire } from './own-wire.ts';

// Indexes as large as real ones and larger, sent as they are made, probed over real sockets.

const mib = 2 ** 20;
const indexes = {
  json: longJsonPage(64 * mib),
  html: longHtmlPage(24 * mib),
  packument: longPackument(64 * mib),
} as const;
const packers: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGzip({ level: 1 }),
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
};
const bomb = gzipSync(Buffer.alloc(64 * mib, ' '), { level: 1 });
const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  long(response) {
    response.writeHead(200, { 'content-type': indexes.json.contentType, 'content-length': limits.indexBytes + 1 });
    response.write('{"files":[');
  },
  endless(response) {
    response.writeHead(200, { 'content-type': indexes.json.contentType, 'content-encoding': 'gzip' });
    response.end(bomb);
  },
};
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const [, kind = '', coding = ''] = (request.url ?? '').split('/');
    const answer = answers[kind];
    if (answer !== undefined) return answer(response);
    const { contentType, stream } = indexes[kind as keyof typeof indexes];
    const packer = packers[coding]?.();
    response.writeHead(200, {
      'content-type': contentType,
      ...(packer === undefined ? {} : { 'content-encoding': coding }),
    });
    pipeline([stream(), ...(packer === undefined ? [] : [packer]), response], () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

async function probe(base: string, ecosystem: EcosystemId, step: Step, version: string | null): Promise<Probed> {
  const own = ecosystem === 'npm' ? { tarballHosts: [] } : { isAuthority: false };
  const workers = createInlineWorkers({
    book: { access: { m: accessTo(base) }, context: { m: { baseUrl: base, pinned: {}, own } } },
    wire: realWire(),
    clock: systemClock,
    // The tests run on busy machines: what a page costs is measured by `npm run bench`.
    spentMs: () => 0,
  });
  const target = {
    id: targetId('m', 'big', version, step),
    ecosystem,
    upstream: ecosystem,
    registry: 'm',
    module: 'big',
    version,
    step,
    ...declared(step),
    canary: true,
  };
  const due: Due = {
    ...{ probeId: 'one', target, connection: 'cold', purpose: 'once', timeoutMs: patienceMs },
    ...{ plannedAtMs: 0, round: null },
  };
  try {
    return await workers.probe(due);
  } finally {
    await workers.close();
  }
}

test.each([
  ['a page of 64 MiB in JSON', 'json', 'plain'],
  ['a page of 64 MiB in JSON, compressed', 'json', 'gzip'],
  ['a page of 24 MiB in HTML', 'html', 'plain'],
  ['a page of 24 MiB in HTML, compressed', 'html', 'gzip'],
] as const)('%s is ok', async (_, kind, coding) => {
  const { count } = indexes[kind];
  const { sample } = await probe(`${url}/${kind}/${coding}`, 'pypi', 'index', null);
  expect(sample).toMatchObject({
    outcome: { tag: 'ok' },
    facts: { listed: { count: 1 + Math.floor(count / 9), newest: releaseAt(count) } },
  });
});

test.each([['plain'], ['gzip'], ['br']])('a packument of 64 MiB, %s, is ok', async (coding) => {
  const { count } = indexes.packument;
  const { sample } = await probe(`${url}/packument/${coding}`, 'npm', 'metadata', 'latest');
  expect(sample).toMatchObject({
    outcome: { tag: 'ok' },
    facts: {
      resolvedVersion: versionAt(Math.floor(count / 2)),
      listed: { count: count + 1, newest: versionAt(count) },
    },
  });
});

test.each([
  ['above 256 MiB', 'long'],
  ['that decodes to more than 64 times its length', 'endless'],
])('a page %s is oversize', async (_, kind) => {
  const { sample } = await probe(`${url}/${kind}`, 'pypi', 'index', null);
  const failure = { kind: 'oversize', limitBytes: limits.indexBytes };
  expect(sample.outcome).toEqual({ tag: 'failed', failure });
});
