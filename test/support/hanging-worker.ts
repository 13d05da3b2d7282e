import { hangMark } from './hang-mark.ts';

/** A probing thread with a parser that a body can hang: to decode a body that has `hangMark` in it never ends. */
const { decode } = TextDecoder.prototype;
TextDecoder.prototype.decode = function (...given) {
  const text = decode.apply(this, given);
  while (text.includes(hangMark));
  return text;
};
await import('../../src/io/worker.ts');
