import fc from 'fast-check';

/** Code points that stand for half of a character. */
const surrogates = { first: 0xd800, count: 0x800 };

const codePoint = fc.integer({ min: 0, max: 0x10ffff - surrogates.count }).map(
  (at) => String.fromCodePoint(at < surrogates.first ? at : at + surrogates.count),
  (text) => {
    const at = typeof text === 'string' ? text.codePointAt(0) : undefined;
    if (at === undefined || text !== String.fromCodePoint(at)) throw new Error('not one code point');
    return at < surrogates.first ? at : at - surrogates.count;
  },
);

/**
 * Any text, as `fc.string({ unit: 'binary' })`, with its names that have a meaning in JavaScript. That one makes a table
 * of all 1.1 million characters before the first text: a second, and a hundred megabytes that each worker keeps.
 */
export function anyText(maxLength?: number): fc.Arbitrary<string> {
  return fc.string({ unit: codePoint, ...(maxLength === undefined ? {} : { maxLength }) });
}
