import type { Config } from '../core/config.ts';
import { parseVerifier } from '../core/go-verifier.ts';
import { error, ok, type Result } from '../core/result.ts';
import { knownSumdbs } from './known-mirrors.ts';
import { baseUrl } from './urls.ts';

/**
 * Reads GOSUMDB's forms: `name`, `name+hash+key`, either followed by a space and a URL, or `off` (`null`).
 * The error says what was expected.
 * @see protocols.md section 1.13
 */
export function parseSumdb(text: string): Result<Config['go']['sumdb'], string> {
  if (text === 'off') return ok(null);
  const [nameOrKey = '', address, ...rest] = text.split(' ').filter((word) => word !== '');
  if (rest.length > 0) return error('a name or verifier key, and at most one URL after a space');
  const split = address === undefined ? null : baseUrl(address);
  if (address !== undefined && (split === null || split.user !== null)) {
    return error('an http:// or https:// URL without user-info after the space');
  }
  const known = Object.hasOwn(knownSumdbs, nameOrKey) ? knownSumdbs[nameOrKey] : undefined;
  if (known !== undefined) return ok({ ...known, url: split?.url ?? known.url });
  if (!nameOrKey.includes('+')) {
    return error(`off, a verifier key name+hash+key, or one of ${Object.keys(knownSumdbs).join(', ')}`);
  }
  const verifier = parseVerifier(nameOrKey);
  if (verifier === null) return error('a verifier key name+hash+key whose hash fits its Ed25519 key');
  return ok({ name: verifier.name, verifierKey: nameOrKey, url: split?.url ?? null });
}
