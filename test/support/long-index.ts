import { Readable } from 'node:stream';
import type { WholeBody } from '../../src/core/body.ts';

/** Long indexes of one project named `big`, made as they are read: an entry has its place, so nothing is kept. */

interface Parts {
  readonly head: string;
  /** One entry; of all numbers equally long. */
  readonly entry: (at: number) => string;
  readonly count: number;
  readonly tail: string;
}

export interface LongIndex extends WholeBody {
  readonly count: number;
  readonly contentType: string;
  /** The most bytes that were read at once. */
  readonly readBytesMax: number;
  /** As a server would send it. */
  stream(): Readable;
}

export const files = 'https://files.example.com';
export const registry = 'https://registry.example.com';

const first = 100_000;
/** Files of one release of a page. */
const perRelease = 9;

export function hexOf(at: number): string {
  return (Math.imul(at + 1, 2_654_435_761) >>> 0).toString(16).padStart(8, '0').repeat(8);
}

/** The version of the manifest with this number. */
export function versionAt(at: number): string {
  return `1.${first + at}.0`;
}

/** The version of the file with this number: long enough that the runtime cuts it out of a page without a copy. */
export function releaseAt(at: number): string {
  return `1.${first + Math.floor(at / perRelease)}.20240101`;
}

export function wheelAt(at: number): string {
  const python = `cp3${at % perRelease}`;
  return `big-${releaseAt(at)}-${python}-${python}-manylinux_2_17_x86_64.whl`;
}

function fileAt(at: number): string {
  const sha256 = hexOf(at);
  return JSON.stringify({
    'core-metadata': { sha256 },
    filename: wheelAt(at),
    hashes: { sha256 },
    provenance: null,
    'requires-python': '>=3.8',
    size: 1_000_000 + at,
    'upload-time': '2024-01-01T00:00:00.000000Z',
    url: `${files}/packages/${sha256.slice(0, 2)}/${sha256.slice(2)}/${wheelAt(at)}`,
    yanked: false,
  });
}

function anchorAt(at: number): string {
  const sha256 = hexOf(at);
  const url = `${files}/packages/${sha256.slice(0, 2)}/${sha256.slice(2)}/${wheelAt(at)}`;
  return `<a href="${url}#sha256=${sha256}" data-requires-python="&gt;=3.8" data-core-metadata="sha256=${sha256}">${wheelAt(at)}</a><br />\n`;
}

/** SRI of the manifest with this number. */
export function integrityAt(at: number): string {
  return `sha512-${Buffer.from(hexOf(at)).toString('base64')}`;
}

/** A manifest of about 100 KB, as of a package with many entry points. */
function manifestAt(at: number): string {
  const version = versionAt(at);
  const exports = Object.fromEntries(
    Array.from({ length: 700 }, (_, module) => [
      `./lib/module-${module}`,
      { types: `./types/module-${module}.d.ts`, import: `./esm/${module}.mjs`, require: `./cjs/${module}.js` },
    ]),
  );
  const tarball = `${registry}/big/-/big-${version}.tgz`;
  return `"${version}":${JSON.stringify({ name: 'big', version, exports, dist: { integrity: integrityAt(at), tarball } })}`;
}

function indexOf({ head, entry, count, tail }: Parts, contentType: string): LongIndex {
  const entryBytes = Buffer.byteLength(entry(0));
  const [headBytes, tailBytes] = [Buffer.byteLength(head), Buffer.byteLength(tail)];
  const bytes = headBytes + count * entryBytes + tailBytes;
  let readBytesMax = 0;
  const part = (from: number, to: number): Buffer => {
    const start = Math.max(0, Math.floor((from - headBytes) / entryBytes));
    const end = Math.min(count, Math.max(0, Math.ceil((to - headBytes) / entryBytes)));
    const texts = [from < headBytes ? head : ''];
    for (let at = start; at < end; at += 1) texts.push(entry(at));
    if (to > bytes - tailBytes) texts.push(tail);
    const skipped = from < headBytes ? from : from - headBytes - Math.min(start, count) * entryBytes;
    return Buffer.from(texts.join('')).subarray(skipped, skipped + to - from);
  };
  const read = (at: number, wanted: number): Buffer => part(at, Math.min(at + wanted, bytes));
  const stepBytes = 64 * 1024;
  return {
    bytes,
    count,
    contentType,
    get readBytesMax() {
      return readBytesMax;
    },
    read(at, wanted) {
      readBytesMax = Math.max(readBytesMax, wanted);
      return read(at, wanted);
    },
    stream: () =>
      Readable.from(
        (function* () {
          for (let at = 0; at < bytes; at += stepBytes) yield read(at, stepBytes);
        })(),
      ),
  };
}

export function longJsonPage(bytes: number): LongIndex {
  const entry = (at: number): string => `${fileAt(at)},`;
  const count = Math.ceil(bytes / entry(0).length);
  const last = fileAt(count);
  const tail = `${last}],"meta":{"api-version":"1.1","_last-serial":77},"name":"big"}`;
  return indexOf({ head: '{"files":[', entry, count, tail }, 'application/vnd.pypi.simple.v1+json');
}

export function longHtmlPage(bytes: number): LongIndex {
  const head = '<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.0"></head><body>\n';
  const count = Math.ceil(bytes / anchorAt(0).length);
  const tail = `${anchorAt(count)}</body></html>\n<!--SERIAL 77-->`;
  return indexOf({ head, entry: anchorAt, count, tail }, 'text/html');
}

/** @param areTagsLast  the tags stand after the versions, as some registries write them */
export function longPackument(bytes: number, areTagsLast = false): LongIndex {
  const entry = (at: number): string => `${manifestAt(at)},`;
  const count = Math.ceil(bytes / Buffer.byteLength(entry(0)));
  const latest = versionAt(Math.floor(count / 2));
  const tags = `"dist-tags":{"latest":"${latest}","next":"${versionAt(count)}"}`;
  const time = `"time":{"modified":"2024-01-01T00:00:00.000Z","${latest}":"2021-02-03T00:00:00.000Z"}`;
  const head = areTagsLast ? `{"name":"big",${time},"versions":{` : `{"_id":"big","name":"big",${tags},"versions":{`;
  const tail = `${manifestAt(count)}},${areTagsLast ? tags : time}}`;
  return indexOf({ head, entry, count, tail }, 'application/json');
}
