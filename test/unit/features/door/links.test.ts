import { describe, expect, it } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { npm } from '../../../../src/ecosystems/npm/npm.ts';
import { pypiDoor } from '../../../../src/ecosystems/pypi/door.ts';
import { expectInProportion } from '../../../support/growth.ts';

const at = 'https://m.example.com/simple/x/';
/** The page with absolute links; `null`: it is refused. */
function absolute(text: string, type = 'text/html', url = at): string | null {
  try {
    return pypiDoor.absolute?.(text, true, type, url)?.(text, true) ?? null;
  } catch {
    return null;
  }
}
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
    expect(made).toBe(`${page.replace('../../a\\u0062.whl', 'https://m.example.com/ab.whl')}\n`);
  });

  it.each([
    ['HTML', '<base href="../up/"><p>1 < 2</p><a title="é" href="b">b</a><a\nhref=\'c?d&amp;e\'>c</a> <', 'text/html'],
    ['JSON', '{"name":"\\"url\\"", "files":[{"url":"b\\"c"},{"url" : "../d"},{"url":"https://f.example.com/"}]}', json],
  ])('are the same in whatever parts a page of %s comes', (_, page, type) => {
    const whole = absolute(page, type);
    expect(whole).toContain('https://m.example.com/simple/');
    for (let chars = 1; chars < page.length; chars += 1) {
      const rewrite = pypiDoor.absolute?.(page, false, type, at);
      let made = '';
      for (let from = 0; from < page.length; from += chars) made += rewrite?.(page.slice(from, from + chars), false);
      expect(made + rewrite?.('', true), `${chars} at once`).toBe(whole);
    }
  });

  it.each([
    ['a tag', '<a ', 'text/html'],
    ['a value', '"url" ', json],
  ])('hold no more than a part of the page back, where %s does not end', (_, unit, type) => {
    const rewrite = pypiDoor.absolute?.('{', false, type, at);
    const part = unit.repeat(5_000);
    let [sent, given] = [0, 0];
    const send = (): void => {
      for (let parts = 0; parts < 100; parts += 1) {
        given += rewrite?.(part, false).length ?? 0;
        sent += part.length;
        expect(sent - given).toBeLessThan(100_000);
      }
    };
    if (type === json) send();
    else expect(send).toThrow('too long');
  });

  it.each(['', '{', '[{"url":"b"}]', '{"url":"b"}', '{"files":[{"url":"b"}]', '<html>'])(
    'of what is no such page are refused: %s',
    (text) => expect(absolute(text, json)).toBeNull(),
  );

  it.each([
    ['HTML', '<a href="b">'.repeat(100_001), 'text/html'],
    ['JSON', `{"files":[${'{"url":"b"},'.repeat(100_001)}{}]}`, json],
  ])('are refused where there are too many: %s', (_, text, type) => expect(absolute(text, type)).toBeNull());

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

it('of a packument with a withdrawn version are as long as those of any other one', () => {
  const refusing = npm.door?.refusing?.({ module: 'x', versions: new Set(['1.0.0']), at: 'http://door.example.com/x' });
  const rewrite = refusing?.('{', false, 'application/json', 'https://m.example.com/x');
  const part = `"note":"${'x'.repeat(1_000_000)}",`;
  let chars = 0;
  while (chars <= limits.doorRewriteBytes) chars += rewrite?.(part, false).length ?? Number.POSITIVE_INFINITY;
  expect(rewrite?.('"tarball":"https://m.example.com/x/-/x-1.0.0.tgz"', true)).toContain('door.example.com');
});
