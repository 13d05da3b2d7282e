import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findKnownErrors } from '../../../../src/features/doctor/explain.ts';
import { expectInProportion } from '../../../support/growth.ts';

interface Collected {
  /** The client of a file that has texts of several. */
  readonly client?: string;
  /** Several: the text does not tell which. */
  readonly cause: string | readonly string[];
  readonly link: string;
  readonly text: string;
}

const folder = new URL('../../../fixtures/explain/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const collected = files.flatMap((name) =>
  (JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Collected[]).map((one) => ({
    ...one,
    name,
    client: one.client ?? name.replace('.json', ''),
  })),
);

function causesIn(text: string): readonly string[] {
  const [first] = findKnownErrors(text);
  if (first === undefined) return [];
  return first.reason === null ? [...first.candidates].sort() : [first.reason];
}

describe('texts of clients, collected from public issues and client sources', () => {
  test.each(collected)('$name: $text', ({ cause, text }) => expect(causesIn(text)).toEqual([cause].flat().sort()));

  test('each names its source once, and no registry', () => {
    expect(collected.length).toBeGreaterThan(400);
    expect(new Set(collected.map(({ text }) => text)).size).toBe(collected.length);
    for (const { link, text } of collected) {
      expect(link).toMatch(/^https:\/\/\S+$/);
      expect(text).not.toMatch(
        /registry\.npmjs|pypi\.org|pythonhosted|(?:proxy|sum)\.golang\.org|docker\.io|archive\.ubuntu/,
      );
    }
  });

  test.each(['go', 'npm', 'pip', 'uv', 'apt', 'oci'])('%s: at least 50', (client) =>
    expect(collected.filter((one) => one.client === client).length).toBeGreaterThanOrEqual(50),
  );
});

describe('what a text cannot tell', () => {
  test('is told as its candidates, without a reason', () => {
    const [found] = findKnownErrors('ERROR: No matching distribution found for six (from versions: none)');
    expect(found).toMatchObject({
      reason: null,
      candidates: ['absent', 'denied', 'server', 'throttled', 'wrong_content'],
    });
  });

  test('a number in a URL is no status', () => {
    const text = 'Looking in indexes: http://mirror.example/403/simple\nERROR: No matching distribution found for six';
    expect(findKnownErrors(text).map(({ reason }) => reason)).toEqual([null]);
  });

  test('counts only where nothing else is known', () => {
    const text =
      'ERROR: HTTP error 403 while getting https://mirror.example/six.whl\nERROR: No matching distribution found for six (from versions: none)';
    expect(findKnownErrors(text).map(({ reason }) => reason)).toEqual(['denied']);
  });
});

test('a line of numbers costs in proportion to its length', () =>
  expectInProportion(480, (chars) => '1.1'.repeat(chars / 3), findKnownErrors));

test.each([
  ['http', 'Hash Sum mismatch'],
  ['http', '   Hashes of expected file:\n    - Filesize:4 [weak]\n  Hash Sum mismatch'],
  ['http', '  File has unexpected size (11096 != 11076). Mirror sync in progress?'],
  ['oci', `Digest did not match, expected sha256:${'a'.repeat(64)}, got sha256:${'b'.repeat(64)}`],
  ['pypi', '  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of six==99'],
])('the ecosystem of one line alone: %s: %s', (ecosystem, text) =>
  expect(findKnownErrors(text)[0]?.ecosystem).toBe(ecosystem),
);
