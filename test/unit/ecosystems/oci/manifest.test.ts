import { describe, expect, it } from 'vitest';
import { digestOf, parseDigest } from '../../../../src/ecosystems/oci/digest.ts';
import { judgeManifest } from '../../../../src/ecosystems/oci/fetch-manifest.ts';
import { type Descriptor, entryFor, readManifest } from '../../../../src/ecosystems/oci/manifest.ts';
import { malformed, saySentence } from '../../../../src/words/tell.ts';
import { english } from '../../../../src/words/words.ts';
import { expectInProportion } from '../../../support/growth.ts';

const image = 'application/vnd.oci.image.manifest.v1+json';
const index = 'application/vnd.oci.image.index.v1+json';
const digest = digestOf('sha256', Buffer.from('x')).text;
const part = { mediaType: image, digest, size: 1 };
const text = (value: unknown) => Buffer.from(JSON.stringify(value));
const expectation = (body: Uint8Array, type: string | undefined = image) => {
  const read = readManifest(body, type);
  return 'expected' in read ? saySentence(read.expected, english) : read.kind;
};

describe('readManifest', () => {
  const noVersion = 'an image manifest in JSON';
  const noType = 'a Content-Type of an image manifest';
  const other = 'a Content-Type that fits the manifest';
  const noLayers = 'layers and a config, each with a digest and a size';
  const noList = 'a list of manifests, each with a digest and a size';
  const both = 'a list of manifests or an image, not both';
  const made = (more: object) => text({ schemaVersion: 2, layers: [part], config: part, ...more });
  const docker = 'application/vnd.docker.distribution.manifest.v2+json';
  it.each([
    ['an image', made({}), image, 'image'],
    [
      'a list, its type with a parameter',
      text({ schemaVersion: 2, manifests: [] }),
      `${index}; charset=utf-8`,
      'index',
    ],
    ['a Docker image under the OCI type', made({ mediaType: docker }), image, 'image'],
    ['an OCI image under the Docker type, which skopeo refuses', made({ mediaType: image }), docker, other],
    ['no Content-Type', made({ mediaType: image }), '', noType],
    ['a Content-Type in capitals, which containerd refuses', made({}), image.toUpperCase(), noType],
    ['a Content-Type of other JSON', made({ mediaType: image }), 'application/json', noType],
    ['a list under the type of an image', text({ schemaVersion: 2, mediaType: index, manifests: [] }), image, other],
    ['an image under the type of a list', made({}), index, other],
    ['both at once', text({ schemaVersion: 2, manifests: [], layers: [] }), index, both],
    ['a list with a config', text({ schemaVersion: 2, manifests: [], config: part }), index, both],
    ['no schemaVersion, which clients do not read', made({ schemaVersion: undefined }), image, 'image'],
    ['schema 1', text({ schemaVersion: 1, fsLayers: [] }), image, noLayers],
    ['a version in words', made({ schemaVersion: '2' }), image, noVersion],
    ['an array', text([]), image, noVersion],
    ['null', text(null), image, noVersion],
    ['no UTF-8', Buffer.from([0xff, 0xfe, 0x7b]), image, noVersion],
    ['a byte order mark', Buffer.from(`\uFEFF${made({})}`), image, noVersion],
    ['nothing', Buffer.alloc(0), image, noVersion],
    ['a polluted prototype', Buffer.from('{"__proto__":{"schemaVersion":2,"layers":[]}}'), image, noLayers],
    ['no config', made({ config: undefined }), image, noLayers],
    ['a layer without a type', made({ layers: [{ ...part, mediaType: undefined }] }), image, 'image'],
    ['a digest in upper case', made({ layers: [{ ...part, digest: `sha256:${'A'.repeat(64)}` }] }), image, noLayers],
    ['a size below nothing', made({ layers: [{ ...part, size: -1 }] }), image, noLayers],
    [
      'a size beyond counting',
      Buffer.from(`{"schemaVersion":2,"layers":[{"mediaType":"a","digest":"${digest}","size":1e300}]}`),
      image,
      noLayers,
    ],
    ['a layer that is null', made({ layers: [null] }), image, noLayers],
    ['a config that is text', made({ config: 'x' }), image, noLayers],
    [
      'ten thousand manifests',
      text({ schemaVersion: 2, manifests: Array.from({ length: 10_000 }, () => part) }),
      index,
      noList,
    ],
  ])('%s', (_, body, type, want) => expect(expectation(body, type)).toBe(want));

  it('four MiB of brackets are read in proportion', () => {
    expectInProportion(2 ** 19, (size) => Buffer.from('['.repeat(size)), expectation);
    expect(expectation(Buffer.from('['.repeat(4 * 2 ** 20)))).toBe(
      `${noVersion} (at most 1100000 values, nested at most 100 deep)`,
    );
  });
});

describe('entryFor', () => {
  const entry = (os: string, architecture: string, variant: string | null = null, mediaType = image): Descriptor => ({
    mediaType,
    digest,
    size: 1,
    isForeign: false,
    platform: { os, architecture, variant },
  });
  const amd = entry('linux', 'amd64');
  const v6 = entry('linux', 'arm', 'v6');
  const v7 = entry('linux', 'arm', 'v7');
  const attestation = entry('unknown', 'unknown');
  const list: Descriptor = { ...entry('', '', null, index), platform: null };
  const linux = { os: 'linux', variant: null };
  it.each([
    ['ours', [v6, amd], { ...linux, architecture: 'amd64' }, amd],
    ['any variant where none matters', [v6, v7], { ...linux, architecture: 'arm' }, v6],
    ['the variant asked for', [v6, v7], { ...linux, architecture: 'arm', variant: 'v7' }, v7],
    ['a list within before another platform', [v6, list], { ...linux, architecture: 'amd64' }, list],
    ['another platform: the mirror is what is probed', [attestation, v6], { ...linux, architecture: 'amd64' }, v6],
    ['none of attestations', [attestation], { ...linux, architecture: 'amd64' }, null],
    ['none of nothing', [], { ...linux, architecture: 'amd64' }, null],
  ])('%s', (_, entries, wanted, want) => expect(entryFor(entries, wanted)).toBe(want));
});

describe('judgeManifest', () => {
  const body = text({ schemaVersion: 2, layers: [part], config: part });
  const own = digestOf('sha256', body);
  const own512 = digestOf('sha512', body);
  const other = digestOf('sha256', Buffer.from('other'));
  const lie = (by: string) => ({
    kind: 'mismatch',
    algorithm: 'sha256',
    want: other.text,
    got: own.text,
    by,
    sentences: expect.any(Object),
  });
  const byHeader = lie('the Docker-Content-Digest header of the same response');
  it.each([
    ['by digest', own, { 'docker-content-digest': own.text }, null],
    ['by a digest of sha512, the header of sha256', own512, { 'docker-content-digest': own.text }, null],
    ['no header', own, {}, null],
    ['another digest asked', other, { 'docker-content-digest': other.text }, lie('the requested digest')],
    ['the header lies about a tag', null, { 'docker-content-digest': other.text }, byHeader],
    ['the header lies, the bytes are right', own, { 'docker-content-digest': other.text }, byHeader],
    ['an upper-case header', null, { 'docker-content-digest': own.text.toUpperCase() }, malformed('answer.digestCase')],
  ])('%s', (_, asked, headers, want) => {
    const judged = judgeManifest({ body, headers: { 'content-type': image, ...headers } }, asked);
    expect(judged.tag === 'error' ? judged.error : null).toEqual(want);
    if (judged.tag === 'ok') expect(judged.value.digest).toEqual(asked ?? own);
  });

  it('a page is no wrong hash', () => {
    const page = { body: Buffer.from('\ufeff <html>'), headers: {} };
    expect(judgeManifest(page, parseDigest(digest))).toMatchObject({ tag: 'error', error: { kind: 'wrong_content' } });
  });
});
