import { maskChain } from './secret.ts';

/**
 * Where credentials stand in a chain as people write it, in the order in which they are taken out. Of what matches, the
 * first group stays. The page's script has the same list, so no more than ES2018 stands in it.
 */
export const credentialPlaces: readonly RegExp[] = [
  // Behind a colon that begins no port, up to the last `@` before the next URL: a password may have slashes, too.
  /([\\/]{2})[^\\/?#:@,|\s[]*:(?!\d{0,5}(?:[\\/?#,|\s]|$))(?:(?![a-z][a-z0-9+.-]{0,30}:\/\/)[\s\S])*@/gi,
  // What stands before an `@` where a host begins: commas, bars and blanks may be part of a password.
  /(:[\\/]|[\\/]{2})[^\\/?#]*@/g,
  // A query and a fragment, up to the next member.
  /()[?#](?:(?![,|]\s*(?:[a-z][a-z0-9+.-]{0,30}:\/\/|(?:direct|off)\s*(?:[,|]|$)))\S)*/gi,
  // The first of them, of what lacks its scheme.
  /(^|[,|\s])[^\\/?#,|\s]*@/g,
];

/**
 * A chain of a client without what credentials may stand in: user-info, queries and fragments are taken out, and what may
 * be a password whose `@` is missing is `***`. The mirrors in it, their order and separators stay. Twice is as good as once.
 */
export function bareChain(chain: string): string {
  const bare = takenOut(maskChain(takenOut(chain)));
  // What was hidden by what was taken out may be seen now; each round leaves an `@` or a colon less.
  return bare === chain ? bare : bareChain(bare);
}

function takenOut(chain: string): string {
  return credentialPlaces.reduce((text, place) => text.replace(place, '$1'), chain);
}
