import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { maskChain, maskUrl, Secret } from '../../../src/core/secret.ts';
import { expectInProportion } from '../../support/growth.ts';
import { table } from '../../support/table.ts';

describe('a secret', () => {
  const secret = new Secret('hunter2');
  test.each([
    ['as a string', String(secret)],
    ['in a template', `${secret}`],
    ['as JSON', JSON.parse(JSON.stringify(secret))],
    ['inside JSON', JSON.parse(JSON.stringify({ secret })).secret],
    ['inspected', inspect(secret)],
    ['inspected with all that is hidden', inspect(secret, { showHidden: true, depth: 9 })],
    ['joined', [secret].join()],
  ])('%s is ***', (_, shown) => expect(shown).toBe('***'));
  test('is returned only by reveal, not by enumeration or a clone', () => {
    expect(secret.reveal()).toBe('hunter2');
    expect([Object.keys(secret), JSON.stringify({ ...secret }), JSON.stringify(structuredClone(secret))]).toEqual([
      [],
      '{}',
      '{}',
    ]);
  });
});

describe('a URL for people', () => {
  test.each(table<[string, string, string][]>('unit/core/secret', 'a URL for people'))('%s', (_, url, want) =>
    expect(maskUrl(url)).toBe(want),
  );

  test('costs in proportion to the names of its query', () => {
    const named = (names: number) => `https://h/?${Array.from({ length: names }, (_, at) => `k${at}`).join('&')}`;
    expectInProportion(1_000, named, maskUrl);
  });

  test.each(table<[string, string, string][]>('unit/core/secret', 'a chain: %s'))('a chain: %s', (_, chain, want) =>
    expect(maskChain(chain)).toBe(want),
  );
});
