import { type AddressClass, addressClassOf, classBySpelling, hostBytesOf } from '../core/address-class.ts';
import { isWithin, parseNetwork } from '../core/addresses.ts';

/** Addresses to which a hop may connect, in addition to public ones. */
export interface GuardRule {
  /** What the operator allows: CIDRs, single addresses or host names, as written in the configuration. */
  readonly allow: readonly string[];
  /** The class of the mirror's own address. All addresses of this class are allowed. `null`: unknown. */
  readonly home: AddressClass | null;
}

/**
 * True if a hop (one request) to `host` may connect to `address`.
 * @param address  the address of the host; `null`: a proxy resolves the name. Then only the spelling of the host is
 * checked, so a name that the proxy resolves to a private address is allowed
 */
export function mayConnect(host: string, address: string | null, rule: GuardRule): boolean {
  const found = address === null ? classBySpelling(host) : addressClassOf(address);
  if (found === 'public' || (found === null && address === null)) return true;
  if (found !== null && found === rule.home) return true;
  const bytes = hostBytesOf(address ?? host);
  const name = host.toLowerCase().replace(/\.$/, '');
  return rule.allow.some((entry) => {
    const range = parseNetwork(entry.replace(/[[\]]|%[^/]*/g, ''));
    if (range === null) return entry.toLowerCase().replace(/\.$/, '') === name;
    return bytes !== null && isWithin(bytes, range);
  });
}
