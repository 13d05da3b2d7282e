import { maskChain } from './secret.ts';

/**
 * Patterns for credentials in a chain as users write it, applied in this order. Of a match, the first group is kept. The
 * page's script has the same list, so only ES2018 is used.
 */
export const credentialPlaces: readonly RegExp[] = [
  // After a colon without a port, up to the last `@` before the next URL: a password may also contain slashes.
  /([\\/]{2})[^\\/?#:@,|\s[]*:(?!\d{0,5}(?:[\\/?#,|\s]|$))(?:(?![a-z][a-z0-9+.-]{0,30}:\/\/)[\s\S])*@/gi,
  // The part before the `@` of a host: commas, bars and blanks may belong to a password.
  /(:[\\/]|[\\/]{2})[^\\/?#]*@/g,
  // A query and a fragment, up to the next member.
  /()[?#](?:(?![,|]\s*(?:[a-z][a-z0-9+.-]{0,30}:\/\/|(?:direct|off)\s*(?:[,|]|$)))\S)*/gi,
  // The first such part in a member without a scheme.
  /(^|[,|\s])[^\\/?#,|\s]*@/g,
];

/**
 * A client's chain without possible credentials: user-info, queries and fragments are removed, and a possible password
 * without its `@` becomes `***`. Mirrors, order and separators stay. Idempotent.
 */
export function bareChainOf(chain: string): string {
  const bare = takenOut(maskChain(takenOut(chain)));
  // A removal may reveal another match; each round leaves one `@` or colon less.
  return bare === chain ? bare : bareChainOf(bare);
}

function takenOut(chain: string): string {
  return credentialPlaces.reduce((text, place) => text.replace(place, '$1'), chain);
}
