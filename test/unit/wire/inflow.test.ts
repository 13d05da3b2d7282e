import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { Inflow } from '../../../src/wire/inflow.ts';

const head = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n';
const interim = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';

/** Feeds a text in pieces of so many bytes; the clock counts the stamps taken. */
function feed(text: string, pieceBytes: number): { inflow: Inflow; overflows: number } {
  let now = 0;
  let overflows = 0;
  const inflow = new Inflow(
    () => {
      now += 1;
      return now;
    },
    () => {
      overflows += 1;
    },
  );
  for (let at = 0; at < text.length; at += pieceBytes) inflow.take(Buffer.from(text.slice(at, at + pieceBytes)));
  return { inflow, overflows };
}

describe('what arrives', () => {
  const rows = [
    ['a head alone', head, head.length],
    ['a head with a body', `${head}ok`, head.length],
    ['a body with an empty line in it', `${head}\r\n\r\n`, head.length],
    ['an interim head first', `${interim}${head}ok`, interim.length + head.length],
    ['two interim heads first', `${interim}${interim}${head}`, 2 * interim.length + head.length],
    ['an interim head alone', interim, null],
    ['half a head', head.slice(0, 20), null],
  ] as const;
  for (const pieceBytes of [1, 3, 7, 1_000]) {
    it.each(rows)(`in pieces of ${pieceBytes}: %s`, (_, text, headBytes) => {
      const { inflow, overflows } = feed(text, pieceBytes);
      const pieces = Math.ceil(text.length / pieceBytes);
      expect(inflow).toMatchObject({ headBytes, totalBytes: text.length, firstByteMs: 1, lastByteMs: pieces });
      expect(overflows).toBe(0);
    });
  }

  it.each([
    ['as large as the limit', limits.headBytes, 0],
    ['a byte larger', limits.headBytes + 1, 1],
  ])('a head without end, %s', (_, bytes, overflows) =>
    expect(feed(`HTTP/1.1 200 ${'a'.repeat(bytes - 13)}`, bytes).overflows).toBe(overflows),
  );

  it('interim heads without end', () => {
    const many = Math.ceil(limits.headBytes / interim.length) + 1;
    expect(feed(interim.repeat(many), interim.length).overflows).toBeGreaterThan(0);
  });

  it('a large body is no large head', () =>
    expect(feed(`${head}${'b'.repeat(2 * limits.headBytes)}`, 16_384).overflows).toBe(0));
});
