import { describe, expect, test } from 'vitest';
import { isInnerHost, readForeignUrl, readPageUrl } from '../../../src/core/url.ts';
import { expectInProportion } from '../../support/growth.ts';
import { table } from '../../support/table.ts';

const letters = (count: number): string =>
  Array.from({ length: count }, (_, at) => String.fromCodePoint(0x4e00 + (at % 20_000))).join('');

test.each(table<[string, boolean][]>('unit/core/foreign-url', 'an inner host'))('an inner host: %s: %s', (host, want) =>
  expect(isInnerHost(host)).toBe(want),
);

describe('a URL that a server chose', () => {
  test.each([
    ['https://h/x?y#z', undefined, 'https://h/x?y#z'],
    ['../f.whl#sha256=a', 'https://h/simple/p/', 'https://h/simple/f.whl#sha256=a'],
    ['//other:8080/x', 'https://h/', 'https://other:8080/x'],
    ['https://bücher.example/x', undefined, 'https://xn--bcher-kva.example/x'],
    [`https://u:${'p'.repeat(500)}@h/x`, undefined, `https://u:${'p'.repeat(500)}@h/x`],
    [`https://h/${'x'.repeat(5_000)}`, undefined, `https://h/${'x'.repeat(5_000)}`],
  ])('%s is read', (text, base, want) => expect(readForeignUrl(text, base)?.href).toBe(want));

  test.each([
    ['no URL', 'direct', undefined],
    ['too long', `https://h/${'x'.repeat(16 * 1024)}`, undefined],
    ['a host that nobody can have', `https://${letters(64)}/`, undefined],
    ['the same behind a blank and a tab', ` ht\ttps:\\\\${letters(64)}/`, undefined],
    ['the same in percents', `https://${encodeURIComponent(letters(64))}/`, undefined],
    ['the same without its scheme', `//u@${letters(64)}/`, 'https://h/'],
    ['many labels', `https://${'a.'.repeat(200)}b/`, undefined],
  ])('%s is none', (_, text, base) => expect(readForeignUrl(text, base)).toBeNull());

  test('costs in proportion to the letters of its host', () =>
    expectInProportion(
      500,
      (count) => `https://${letters(count)}/`,
      (text) => readForeignUrl(text),
    ));

  test('one of a page does not repeat a base of 16 KB', () => {
    expect(readPageUrl('f.whl', 'https://h/p/')?.href).toBe('https://h/p/f.whl');
    expect(readPageUrl('f.whl', `https://h/${'x'.repeat(2_000)}/`)).toBeNull();
  });
});
