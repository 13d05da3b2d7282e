import { describe, expect, it } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { pypiDoor } from '../../../../src/ecosystems/pypi/door.ts';
import { expectInProportion } from '../../../support/growth.ts';

const absolute = (text: string, type = 'text/html', url = 'https://m.example.com/simple/x/') =>
  pypiDoor.absolute?.(text, type, url);
const json = 'application/vnd.pypi.simple.v1+json';

describe('links of a page that a hostile mirror made', () => {
  it.each(['<a ', '<base ', '<a href= '])('cost in proportion to the page: %s', (unit) => {
    const make = (chars: number) => unit.repeat(Math.ceil(chars / unit.length));
    expectInProportion(20_000, make, (text: string) => absolute(text));
  });

  it.each(['"url":"', '"url":"b",', '"url":"\\\\', '"url" '])('cost in proportion to a page of JSON: %s', (unit) => {
    const make = (chars: number) => `{"files":[${unit.repeat(Math.ceil(chars / unit.length))}]}`;
    expectInProportion(20_000, make, (text: string) => absolute(text, json));
  });

  it('of JSON are made absolute where they stand, and everything else is as it was', () => {
    const page =
      '{"meta":{"api-version":"1.1"}, "name":"\\"url\\":\\"x\\"", "files":[{"url":"../../a\\u0062.whl#sha256=1","size": 1},{"url":"https://f.example.com/c"},{"url" : "\\x"}]}';
    const made = absolute(`${page}\n`, json);
    expect(made).toBe(page.replace('../../a\\u0062.whl', 'https://m.example.com/ab.whl'));
  });

  it.each(['', '{', '[{"url":"b"}]', '{"url":"b"}', '{"files":[{"url":"b"}]', '<html>'])(
    'of what is no such page are refused: %s',
    (text) => {
      expect(absolute(text, json)).toBeNull();
    },
  );

  it.each([
    ['HTML', '<a href="b">'.repeat(100_001), 'text/html'],
    ['JSON', `{"files":[${'{"url":"b"},'.repeat(100_001)}{}]}`, json],
  ])('are refused where there are too many: %s', (_, text, type) => {
    expect(absolute(text, type)).toBeNull();
  });

  it('are refused where the base of all of them is long, by tag, by path and by redirect', () => {
    const long = `https://m.example.com/${'a'.repeat(2_000)}/`;
    expect(absolute(`<base href="${long}"><a href="b">`)).toBeNull();
    expect(absolute('<a href="b">', 'text/html', long)).toBeNull();
    expect(absolute('{"files":[{"url":"b"}]}', json, long)).toBeNull();
  });

  it('make no page longer than what is held', () => {
    const base = `https://m.example.com/${'a'.repeat(900)}/`;
    const count = Math.ceil(limits.doorRewriteBytes / base.length);
    expect(absolute('<a href="b">'.repeat(count), 'text/html', base)).toBeNull();
    expect(absolute(`{"files":[${'{"url":"b"},'.repeat(count)}{}]}`, json, base)).toBeNull();
    const rest = '<p>'.repeat(limits.doorRewriteBytes / 3);
    expect(absolute(`<a href="b">${rest}`, 'text/html', base)).toBeNull();
    expect(absolute('<a href="b">'.repeat(1_000), 'text/html', base)).toContain(`${base}b`);
  });
});
