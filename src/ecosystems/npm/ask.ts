import { limits } from '../../core/limits.ts';
import { error, type Result } from '../../core/result.ts';
import { below, type End, get, isNotOffered, type Talk, unaskable } from '../talk.ts';
import { inSlices } from '../whole.ts';
import type { NpmContext } from './context.ts';
import { escapeName } from './package-name.ts';
import { type Packument, parsePackument } from './packument.ts';

/** The short form where there is one: what installations need, and no more. @see protocols.md 2.1 */
const shortForm = { accept: 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*' };

/**
 * What npm offers of encodings: registries send packuments in gzip then, about a quarter of their bytes, and `transfer` is
 * what npm pays. Never with `If-None-Match`: a build without a cache gets the whole, and a 304 neither shows that a registry
 * can still read what it serves nor gives its contents to be compared.
 * @see npm/minipass-fetch lib/request.js
 */
const encodings = { 'accept-encoding': 'gzip,deflate' };

/** The full form, which npm 11 asks at once where no lock file decides. */
export const fullForm = { accept: 'application/json' };

/**
 * Asks for a packument: in its short form, and where that is "not found" once more in the full one, as npm does.
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
