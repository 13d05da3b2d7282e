import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import type { GoSettings } from './context.ts';
import { parseVerifier } from './note.ts';

/** The go command's default checksum database. */
export const defaultSumdb = 'sum.golang.org';

/**
 * The known names of the public checksum database. `url`: where clients that configure this name query the database
 * directly; `null`: they use relays of mirrors.
 * @see docs/protocols/go.md#checksum-database, docs/protocols/go.md#relay; cmd/go/internal/modfetch `sumdb.go` and
 * `key.go`
 */
const knownSumdbs: Readonly<Record<string, { readonly url: string | null }>> = {
  [defaultSumdb]: { url: null },
  'sum.golang.google.cn': { url: 'https://sum.golang.google.cn' },
};
const publicDatabase = {
  name: defaultSumdb,
  verifierKey: 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
};

/** True if this value of GOSUMDB names the public checksum database. Names in another database may be private. */
export function isPublicSumdb(text: string): boolean {
  return Object.hasOwn(knownSumdbs, text.split(/[ +]/, 1)[0] ?? '');
}

/**
 * Parses a value of GOSUMDB: `off` (returned as `null`), `name` or `name+hash+key`. A space and a URL may follow the
 * name or the key.
 */
export function parseSumdb(text: string): Result<GoSettings['sumdb'], Sentence> {
  if (text === 'off') return ok(null);
  const [nameOrKey = '', address, ...rest] = text.split(' ').filter((word) => word !== '');
  if (rest.length > 0) return error(phrase('expected.goNameKey'));
  const split = address === undefined ? null : baseUrl(address);
  if (address !== undefined && (split === null || split.user !== null)) {
    return error(phrase('expected.urlAfterSpace'));
  }
  const known = Object.hasOwn(knownSumdbs, nameOrKey) ? knownSumdbs[nameOrKey] : undefined;
  if (known !== undefined) return ok({ ...publicDatabase, url: split?.url ?? known.url, home: `https://${nameOrKey}` });
  if (!nameOrKey.includes('+')) {
    return error(phrase('expected.goSumdb', { names: Object.keys(knownSumdbs).join(', ') }));
  }
  const verifier = parseVerifier(nameOrKey);
  if (verifier === null) return error(phrase('expected.goVerifier'));
  return ok({ name: verifier.name, verifierKey: nameOrKey, url: split?.url ?? null, home: null });
}
