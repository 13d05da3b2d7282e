import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import type { Facts } from '../../core/transcript.ts';
import { below, type End, get, isNotOffered, type Responded, seenIn, type Talk, wholeOf } from '../talk.ts';
import type { HttpContext } from './context.ts';
import { listedFailureOf } from './listed.ts';
import type { IndexAt, IndexForm } from './profile.ts';
import { digestSumOf } from './verify.ts';

/**
 * The result of downloading an index as the package manager does. `absent`: the mirror has the index in none of its
 * compression formats, and not uncompressed.
 */
export type IndexRead =
  | { readonly tag: 'right'; readonly at: FormAt; readonly response: Responded }
  | {
      readonly tag: 'wrong';
      readonly at: FormAt;
      readonly response: Responded;
      readonly failure: ProbeFailure;
      readonly facts: Facts;
    }
  | { readonly tag: 'absent'; readonly end: End }
  | { readonly tag: 'ended'; readonly end: End };

/** An index in one compression format or uncompressed (`form`), at one of its paths. */
export interface FormAt {
  readonly path: string;
  readonly form: IndexForm;
}

/**
 * Downloads a whole index and compares it with the signed list. As in apt, if a path fails, it tries the next path of
 * the same compression format. After wrong bytes it tries no other path.
 * @param list  the path of the signed list
 */
export function* readIndex({ forms }: IndexAt, list: string, context: HttpContext): Talk<IndexRead> {
  let absent: End = { tag: 'failed', failure: { kind: 'absent', status: 404 } };
  for (const form of forms) {
    let last: End | null = null;
    for (const path of form.paths) {
      const request = { url: below(context, path), aside: true, asSent: true, large: true } as const;
      const got = yield* get({ ...request, bodyBytesMax: limits.packageIndexBytes }, context);
      if (got.tag === 'ok') return yield* compared({ path, form }, got.value, list);
      if (last === null || isNotOffered(last)) last = got.error;
    }
    if (last === null) continue;
    if (!isNotOffered(last)) return { tag: 'ended', end: last };
    absent = last;
  }
  return { tag: 'absent', end: absent };
}

function* compared(at: FormAt, response: Responded, list: string): Talk<IndexRead> {
  const sum = yield* digestSumOf(wholeOf(response));
  const failure = listedFailureOf(sum, at.form.file, { file: at.path, list, signed: list });
  return failure === null
    ? { tag: 'right', at, response }
    : { tag: 'wrong', at, response, failure, facts: seenIn(response.body, sum.bytes) };
}
