import { createHash } from 'node:crypto';
import { limits } from '../core/limits.ts';
import type { Slices } from '../core/slices.ts';
import { heldBody, type WholeBody } from '../core/whole-body.ts';
import type { Answered } from './status.ts';
import type { Talk } from './talk.ts';

const pieceBytes = 2 ** 20;

/** All of an answer's body, whether it is held or kept in a file. */
export function wholeOf({ body, whole }: Answered): WholeBody {
  return whole ?? heldBody(body);
}

/** Does what would hold the thread for long, and lets its loop turn. */
export function* meanwhile(work: () => Promise<void>): Talk<void> {
  yield { url: '', bodyBytesMax: 0, work };
}

/** Lets the loop of the thread turn. */
export function* breath(): Talk<void> {
  yield* meanwhile(() => Promise.resolve());
}

/** Does work of our own with a turn of the loop after each slice: what a mirror sends holds the thread for one slice at most. */
export function* inSlices<T>(work: Slices<T>): Talk<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    yield* breath();
  }
}

/** The digest of a body, read piece by piece; the loop turns after every `limits.hashTurnBytes`. */
export function* hashOf(body: WholeBody, algorithm: 'sha1' | 'sha256' | 'sha384' | 'sha512'): Talk<Buffer> {
  const hash = createHash(algorithm);
  for (let at = 0; at < body.bytes; at += pieceBytes) {
    if (at > 0 && at % limits.hashTurnBytes === 0) yield* breath();
    hash.update(body.read(at, pieceBytes));
  }
  return hash.digest();
}
