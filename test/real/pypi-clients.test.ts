import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client, Reply } from '../../src/ecosystems/client.ts';
import { pip, uv } from '../../src/ecosystems/pypi/clients.ts';
import type { Fault } from '../support/faults.ts';
import type { CommandResult } from '../support/process.ts';
import { type PypiClientEnv, pipDownload, uvInstall } from '../support/pypi-clients.ts';
import { type PypiIndex, startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import { type Need, real } from '../support/requires.ts';

const wheel = tinyWheel('tiny', '1.0');
const pages = /^\/simple\//;

/** What one of two indexes does to a page, and what our probe of it would hand to the walk. */
const rows: readonly (readonly [string, Fault | null, Reply])[] = [
  ['is well', null, { tag: 'ok', tookMs: 0 }],
  ...[404, 410].map(
    (status) => [`answers ${status}`, { kind: 'status', status } as const, { tag: 'gone', tookMs: 0, status }] as const,
  ),
  ...[400, 401, 403, 406, 429, 451, 500, 502, 503].map(
    (status) =>
      [`answers ${status}`, { kind: 'status', status } as const, { tag: 'failed', tookMs: 0, status }] as const,
  ),
  ['refuses', { kind: 'refuse' }, { tag: 'failed', tookMs: 0, status: null }],
  ['hangs', { kind: 'hang-head' }, { tag: 'failed', tookMs: 0, status: null }],
  ['closes', { kind: 'close-after-request' }, { tag: 'failed', tookMs: 0, status: null }],
  ['is cut', { kind: 'close-mid-body' }, { tag: 'failed', tookMs: 0, status: 200, isCut: true }],
  ['shows another type', { kind: 'wrong-type' }, { tag: 'failed', tookMs: 0, status: 200 }],
];

const ofEachKind = ['is well', 'answers 404', 'answers 403', 'answers 503', 'refuses', 'is cut'];

/** Of one that waits for what never comes. */
const givesUpSoon = { PIP_TIMEOUT: '5', UV_HTTP_TIMEOUT: '5' };

const clients: readonly (readonly [
  Client,
  Need,
  (env: PypiClientEnv) => Promise<CommandResult>,
  (urls: readonly string[]) => PypiClientEnv,
])[] = [
  [
    pip,
    'pip',
    (env) => pipDownload(['tiny==1.0'], env),
    ([first = '', ...extra]) => ({
      PIP_INDEX_URL: first,
      ...(extra.length === 0 ? {} : { PIP_EXTRA_INDEX_URL: extra.join(' ') }),
    }),
  ],
  [
    uv,
    'uv',
    (env) => uvInstall(['tiny==1.0'], env),
    ([first = '', ...extra]) => ({
      UV_DEFAULT_INDEX: first,
      ...(extra.length === 0 ? {} : { UV_INDEX: extra.join(' ') }),
    }),
  ],
];

for (const [client, need, fetch, envOf] of clients)
  real(`the real ${client.id} walks as its model does`, [need], () => {
    let odd: PypiIndex;
    let well: PypiIndex;

    beforeAll(async () => {
      odd = await startPypiIndex({ wheels: [wheel] });
      well = await startPypiIndex({ wheels: [wheel] });
    });
    afterAll(async () => {
      for (const index of [odd, well]) await index?.close();
    });

    describe.each(rows)('an index %s', (name, fault, reply) => {
      test.each([
        ['first, another behind', () => [odd.indexUrl, well.indexUrl]],
        // Where no other index is asked next, one fault of each kind shows it.
        ...(ofEachKind.includes(name)
          ? ([
              ['alone', () => [odd.indexUrl]],
              ['behind another', () => [well.indexUrl, odd.indexUrl]],
            ] as const)
          : []),
      ] as const)('%s', async (_place, urlsOf) => {
        await odd.setFault(fault, fault?.kind === 'refuse' ? {} : { path: pages });
        const urls = urlsOf();
        const [oddSeen, wellSeen] = [odd.requests.length, well.requests.length];
        const result = await fetch({ ...envOf(urls), ...(fault?.kind === 'hang-head' ? givesUpSoon : {}) });
        const chain = client.parse(urls.join(' '));
        if (chain.tag === 'error') throw new Error(chain.error.kind);
        const end = client.walk(chain.value, ({ plain }) =>
          plain === odd.indexUrl ? reply : { tag: 'ok', tookMs: 0 },
        );
        const did = result.code === 0 ? 'ok' : 'failed';
        expect(did, `${result.stdout}${result.stderr}`).toBe(end.tag);
        if (end.tag !== 'ok') return;
        // And the file came from where the walk ended.
        const from = (index: PypiIndex, seen: number): boolean =>
          index.requests.slice(seen).some(({ path }) => path === `/files/${wheel.file}`);
        const isOdd = urls[end.at] === odd.indexUrl;
        expect([from(odd, oddSeen), from(well, wellSeen)]).toEqual([isOdd, !isOdd]);
      });
    });

    test('bytes that are not those of the page are refused, and no other index is asked for the file', async () => {
      const forger = await startPypiIndex({ wheels: [tinyWheel('tiny', '1.0', 'x = 1\n')], tell: () => wheel.sha256 });
      try {
        const seen = well.requests.length;
        // The last one: whose file pip takes of equals, and whom uv asks first.
        const result = await fetch(envOf([well.indexUrl, forger.indexUrl]));
        expect(result.code).not.toBe(0);
        expect(`${result.stdout}${result.stderr}`).toMatch(/hash/i);
        expect(well.requests.slice(seen).map(({ path }) => path)).not.toContain(`/files/${wheel.file}`);
      } finally {
        await forger.close();
      }
    });

    test('metadata that is announced and not there breaks it', async () => {
      await odd.setFault({ kind: 'status', status: 404 }, { path: /\.metadata$/ });
      const result = await fetch(envOf([odd.indexUrl]));
      const asked = odd.paths().includes(`/files/${wheel.file}.metadata`);
      expect([result.code === 0, asked]).toEqual([false, true]);
    });
  });
