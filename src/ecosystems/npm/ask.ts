import { limits } from '../../core/limits.ts';
import { error, type Result } from '../../core/result.ts';
import { below, type End, get, inSlices, isNotOffered, type Talk, unaskable } from '../talk.ts';
import type { NpmContext } from './context.ts';
import { escapeName } from './package-name.ts';
import { type Packument, parsePackument } from './packument.ts';

/** The abbreviated packument: only the fields that an installation needs. @see protocols.md 2.1 */
const shortForm = { accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*' };

/**
 * The `Accept-Encoding` of npm: registries then send packuments in gzip, about a quarter of the bytes, so `transfer` is
 * what npm pays. `If-None-Match` is never sent: a client without a cache gets the whole body, and a 304 neither proves
 * that the registry can read its data nor gives contents to compare.
 * @see npm/minipass-fetch lib/request.js
 */
const encodings = { 'accept-encoding': 'gzip,deflate' };

/** The full packument, which npm 11 requests directly where no lock file decides. */
export const fullForm = { accept: 'application/json' };

/**
 * Requests a packument in its abbreviated form and, if the response is "not found", once more in full, as npm does.
 * @see npm/pacote lib/registry.js
 */
export function* getPackument(module: string, context: NpmContext, aside: boolean): Talk<Result<Packument, End>> {
  const escaped = escapeName(module);
  if (escaped === null) return error(unaskable);
  const ask = { url: below(context, escaped), bodyBytesMax: limits.packumentBytes, aside };
  let got = yield* get({ ...ask, headers: { ...shortForm, ...encodings } }, context);
  if (got.tag === 'error' && isNotOffered(got.error))
    got = yield* get({ ...ask, headers: { ...fullForm, ...encodings } }, context);
  if (got.tag === 'error') return got;
  const read = yield* inSlices(parsePackument(got.value.body, module));
  return read.tag === 'error' ? error({ tag: 'failed', failure: read.error }) : read;
}
