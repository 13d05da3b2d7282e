import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Reply } from '../../src/ecosystems/client.ts';
import { containerd } from '../../src/ecosystems/oci/clients.ts';
import { text } from '../support/answer.ts';
import { type Containerd, startContainerd } from '../support/containerd.ts';
import type { Fault } from '../support/faults.ts';
import { makeOciImage, type OciImage } from '../support/oci-image.ts';
import { startOciScripted } from '../support/oci-scripted.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';

/** A registry that is never there: what stands behind the mirrors cannot be reached from here. */
const upstream = '127.0.0.9';
const repository = 'team/app';

function chainOf(text: string) {
  const chain = containerd.parse(text);
  if (chain.tag === 'error') throw new Error(chain.error.kind);
  return chain.value;
}

/** The hosts.toml that we would have people paste for these mirrors. */
const hostsOf = (text: string): string =>
  containerd.remedy(chainOf(text), chainOf(text), [], { upstream }).remedy['hosts.toml'] ?? '';

const manifests = /\/manifests\//;
const blobs = /\/blobs\//;
const status = (code: number, path = manifests): readonly [string, Fault, Reply, RegExp] => [
  `${code} for ${path === manifests ? 'a manifest' : 'a blob'}`,
  { kind: 'status', status: code, body: '{"errors":[]}' },
  { tag: code === 404 || code === 410 ? 'gone' : 'failed', tookMs: 1, status: code },
  path,
];

const rows: readonly (readonly [string, Fault, Reply, RegExp])[] = [
  ...[404, 410, 401, 403, 429, 500, 503].map((code) => status(code)),
  ...[404, 403, 500].map((code) => status(code, blobs)),
  [
    'a connection that is closed',
    { kind: 'close-after-request' },
    { tag: 'failed', tookMs: 1, status: null },
    manifests,
  ],
  [
    'a manifest that is cut',
    { kind: 'close-mid-body' },
    { tag: 'failed', tookMs: 1, status: 200, isCut: true },
    manifests,
  ],
  ['a blob that is cut', { kind: 'close-mid-body' }, { tag: 'failed', tookMs: 1, status: 200, isCut: true }, blobs],
];

real('the real containerd walks its hosts as the model does', ['containerd'], () => {
  let image: OciImage;
  let client: Containerd;
  let first: RawServer;
  let good: RawServer;

  beforeAll(async () => {
    image = makeOciImage();
    good = await startOciScripted(image, repository);
  });
  afterAll(async () => good?.close());
  // Nothing of the last pull is kept.
  beforeEach(async () => {
    client = await startContainerd();
    first = await startOciScripted(image, repository);
  });
  afterEach(async () => {
    await client?.close();
    await first?.close();
  });

  const walked = (chain: string, reply: Reply) =>
    containerd.walk(chainOf(chain), ({ plain }) =>
      plain === first.url ? reply : plain === good.url ? { tag: 'ok', tookMs: 1 } : { tag: 'failed', tookMs: 1 },
    );
  const pull = async (hosts: string, version = ':1') => {
    const { code, stdout, stderr } = await client.pull(`${upstream}/${repository}${version}`, hosts);
    return { code, hasLayer: client.hasLayer(image), said: stdout + stderr };
  };

  test("a healthy mirror gets the image's registry (ns), and no other server gets a request", async () => {
    const before = good.requests.length;
    const pulled = await pull(hostsOf(`${first.url}|${good.url}|direct`));
    expect([pulled.code, pulled.hasLayer], pulled.said).toEqual([0, true]);
    expect(new Set(first.requests.map(({ target }) => new URLSearchParams(target.split('?')[1]).get('ns')))).toEqual(
      new Set([upstream]),
    );
    expect(good.requests.length).toBe(before);
    expect(walked(`${first.url}|${good.url}|direct`, { tag: 'ok', tookMs: 1 })).toMatchObject({ tag: 'ok', at: 0 });
  });

  describe('the first one', () => {
    test.each(rows)('%s', async (_, fault, reply, path) => {
      await first.setFault(fault, { path });
      const chain = `${first.url}|${good.url}|direct`;
      const pulled = await pull(hostsOf(chain));
      expect(pulled.hasLayer ? 'ok' : 'failed', pulled.said).toBe(walked(chain, reply).tag);
      expect(pulled.code === 0).toBe(pulled.hasLayer);
      expect(first.requests.filter(({ path: asked }) => path.test(asked)).length).toBeGreaterThan(0);
    });

    test('other bytes than the digest: they are taken, and the pull ends', async () => {
      await first.setFault({ kind: 'corrupt' }, { path: blobs });
      const chain = `${first.url}|${good.url}|direct`;
      const pulled = await pull(hostsOf(chain));
      expect([pulled.code === 0, pulled.hasLayer]).toEqual([false, false]);
      expect(walked(chain, { tag: 'failed', tookMs: 1, status: 200 }).tag).toBe('failed');
    });
  });

  test('the declared mirror is dead: with our lines it pulls, with the declared ones it does not', async () => {
    await first.kill();
    const declared = await pull(hostsOf(`${first.url}|direct`));
    expect([declared.code === 0, declared.hasLayer]).toEqual([false, false]);
    const { remedy, rollback } = containerd.remedy(
      chainOf(`${first.url}|direct`),
      chainOf(`${good.url}|${first.url}|direct`),
      [],
      { upstream },
    );
    expect(rollback).toBe(hostsOf(`${first.url}|direct`));
    const advised = await pull(remedy['hosts.toml'] ?? '');
    expect([advised.code, advised.hasLayer], advised.said).toEqual([0, true]);
  });

  test('the registry itself is requested last with `direct`, and without `direct` nothing follows the last mirror', async () => {
    const itself = await startRawServer({ host: upstream, answer: () => text(404, '{"errors":[]}') });
    const name = `${upstream}:${itself.port}/${repository}`;
    await first.kill();
    await good.setFault({ kind: 'status', status: 500 }, { path: manifests });
    const mirrors = `${first.url}|${good.url}`;
    const codes = [(await client.pull(`${name}:1`, hostsOf(mirrors))).code];
    expect(itself.requests).toEqual([]);
    codes.push((await client.pull(`${name}:1`, hostsOf(`${mirrors}|direct`))).code);
    expect(itself.requests.length).toBeGreaterThan(0);
    await good.setFault(null);
    codes.push((await client.pull(`${name}:1`, hostsOf(mirrors))).code);
    expect(codes.map((code) => code === 0)).toEqual([false, false, true]);
    await itself.close();
  });
});
