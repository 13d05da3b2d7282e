import { describe, expect, it } from 'vitest';
import { readIntegrity, readShasum } from '../../../../src/ecosystems/npm/integrity.ts';
import { integrityOf } from './sri.ts';

/** left-pad 1.3.0 (docs/protocols/npm.md#the-dist-object): both hashes are of the same bytes. */
const leftPad = 'sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA==';

describe('integrity', () => {
  it('reads the published vector', () => {
    expect(readIntegrity(leftPad)).toEqual([{ algorithm: 'sha512', digests: [leftPad] }]);
    expect(readShasum('5b8a3a7765dfe001261dde915589e782f8c94d1e')).toEqual({
      algorithm: 'sha1',
      digests: ['sha1-W4o6d2Xf4AEmHd6RVYnngvjJTR4='],
    });
  });

  it('the strongest stands first, several of one kind stay together, options and strangers are left out', () => {
    const [a, b] = ['a', 'b'].map((text) => integrityOf(Buffer.from(text), 'sha512'));
    const weak = integrityOf(Buffer.from('a'), 'sha1');
    expect(readIntegrity(`${weak}  md5-x ${a}?ct=text \n ${b} sha512-short sha3-${'A'.repeat(88)}`)).toEqual([
      { algorithm: 'sha512', digests: [a, b] },
      { algorithm: 'sha1', digests: [weak] },
    ]);
  });

  it.each([
    '',
    'sha512-',
    'sha512',
    `sha512-${'A'.repeat(87)}=`.slice(0, -2),
    'SHA512-x',
    `sha512-${'!'.repeat(88)}`,
    `sha512-${'-'.repeat(88)}`,
    `md5-${'A'.repeat(22)}==`,
    `__proto__-${'A'.repeat(86)}==`,
    '?'.repeat(9_000),
    'a-'.repeat(9_000),
  ])('%j is none', (text) => expect(readIntegrity(text)).toEqual([]));

  it.each(['', 'x', '5b8a3a77', 'g'.repeat(40)])('%j is no shasum', (text) => expect(readShasum(text)).toBe(null));
});
