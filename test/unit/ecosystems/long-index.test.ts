import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { bytesPerSlice, type Slices } from '../../../src/core/slices.ts';
import { parsePackument } from '../../../src/ecosystems/npm/packument.ts';
import { readPage } from '../../../src/ecosystems/pypi/page.ts';
import { FileChoice, Releases } from '../../../src/ecosystems/pypi/release.ts';
import {
  files,
  hexOf,
  integrityAt,
  type LongIndex,
  longHtmlPage,
  longJsonPage,
  longPackument,
  registry,
  releaseAt,
  versionAt,
  wheelAt,
} from '../../support/long-index.ts';

// Indexes of 24 MiB, or of 48 where more releases are listed than are kept, made as they are read: what a reader keeps and does at once is counted, in bytes.

const mib = 2 ** 20;
const [longBytes, longestBytes] = [24 * mib, 48 * mib];
/** Every release is known by name: 10 000 of 48 MiB. The documents themselves are four times as long. */
const heldShareMax = 0.3;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Reads all; tells the result and how much more is in use between slices, at most. */
function measured<T>(work: Slices<T>): { readonly value: T; readonly slices: number; readonly heldBytes: number } {
  const before = heldBytes();
  let most = 0;
  for (let slices = 1; ; slices += 1) {
    const step = work.next();
    if (slices % 200 === 0 || step.done === true) most = Math.max(most, heldBytes() - before);
    if (step.done === true) return { value: step.value, slices, heldBytes: most };
  }
}

function expectBounded({ slices, heldBytes: held }: ReturnType<typeof measured>, index: LongIndex): void {
  expect(index.bytes).toBeGreaterThan(longBytes);
  expect(index.readBytesMax).toBeLessThanOrEqual(limits.jsonPartBytes);
  expect(slices).toBeGreaterThanOrEqual(Math.floor(index.bytes / bytesPerSlice));
  expect(held).toBeLessThan(index.bytes * heldShareMax);
}

const pageOf = (whole: LongIndex) =>
  ({
    tag: 'answered',
    status: 200,
    headers: { 'content-type': whole.contentType },
    body: whole.read(0, 1_000),
    whole,
    finalUrl: 'https://mirror.example.com/simple/big/',
  }) as const;

test.each([
  ['JSON', longJsonPage],
  ['HTML', longHtmlPage],
])('a project page of 48 MiB in %s: all releases are counted, the newest are told', (_, make) => {
  const index = make(longestBytes);
  const releases = new Releases('big');
  const read = measured(readPage(pageOf(index), releases));
  expect(read.value).toMatchObject({ tag: 'ok', value: { serial: '77' } });
  const newest = releaseAt(index.count);
  const count = 1 + Math.floor(index.count / 9);
  expect(count).toBeGreaterThan(2 * limits.versionsKept);
  expect(releases.listed).toEqual({ count, newest });
  expect(releases.contents).toMatchObject({ count, pre: [] });
  expect(releases.contents.newest.at(-1)).toBe(newest);
  expectBounded(read, index);
});

test.each([
  ['JSON', longJsonPage],
  ['HTML', longHtmlPage],
])('a project page of 24 MiB in %s: the oldest release is found', (_, make) => {
  const index = make(longBytes);
  const choice = new FileChoice(
    'big',
    releaseAt(0),
    ({ metadata }) => metadata !== null,
    ({ sha256 }) => sha256 === hexOf(5),
  );
  const read = measured(readPage(pageOf(index), choice));
  expect(choice.chosen).toMatchObject({
    name: wheelAt(5),
    url: `${files}/packages/${hexOf(5).slice(0, 2)}/${hexOf(5).slice(2)}/${wheelAt(5)}`,
    sha256: hexOf(5),
    metadata: { sha256: hexOf(5) },
  });
  expectBounded(read, index);
});

test.each([
  ['before the versions', false],
  ['after the versions', true],
])('a packument of 24 MiB, with the tags %s', (_, areTagsLast) => {
  const index = longPackument(longBytes, areTagsLast);
  const at = Math.floor(index.count / 2);
  const read = measured(parsePackument(index, 'big', 'latest'));
  expect(read.value).toMatchObject({
    tag: 'ok',
    value: {
      version: versionAt(at),
      dist: {
        tag: 'ok',
        value: {
          tarball: `${registry}/big/-/big-${versionAt(at)}.tgz`,
          integrity: [{ algorithm: 'sha512', digests: [integrityAt(at)] }],
          signed: { publishedMs: Date.UTC(2021, 1, 3), modifiedMs: Date.UTC(2024, 0, 1) },
        },
      },
      listed: { count: index.count + 1, newest: versionAt(index.count) },
      contents: { tags: { latest: versionAt(at), next: versionAt(index.count) } },
    },
  });
  expectBounded(read, index);
});
