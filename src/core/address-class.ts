import { type AddressBytes, addressBytesOf, isWithin, parseNetwork } from './addresses.ts';

/** A class of addresses: a group of ranges of the IANA special-purpose registries (RFC 6890), as of 2025. */
export type AddressClass =
  | 'public'
  | 'loopback'
  | 'private'
  | 'link_local'
  | 'shared'
  | 'benchmark'
  | 'documentation'
  | 'multicast'
  | 'unspecified'
  | 'reserved';

/**
 * Address ranges with their class. The first range that matches decides. `embeddedAt`: an address of the range contains
 * an IPv4 address at this byte offset, and has the class of that IPv4 address.
 */
const ranges: readonly (readonly [cidr: string, is: AddressClass | { readonly embeddedAt: number }])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link_local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmark'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::/96', 'reserved'],
  // Translated IPv4 addresses of SIIT (RFC 7915). IPv4-mapped addresses were converted before this lookup.
  ['::ffff:0:0:0/96', { embeddedAt: 12 }],
  ['64:ff9b::/96', { embeddedAt: 12 }],
  ['64:ff9b:1::/48', 'private'],
  ['100::/64', 'reserved'],
  ['100:0:0:1::/64', 'reserved'],
  ['2001::/23', 'reserved'],
  ['2001:db8::/32', 'documentation'],
  // Addresses of 6to4 (RFC 3056).
  ['2002::/16', { embeddedAt: 2 }],
  ['3fff::/20', 'documentation'],
  ['2000::/3', 'public'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link_local'],
  ['fec0::/10', 'private'],
  ['ff00::/8', 'multicast'],
  ['::/0', 'reserved'],
];

const table = ranges.map(([cidr, is]) => {
  const range = parseNetwork(cidr);
  if (range === null) throw new Error(`no range of addresses: ${cidr}`);
  return { range, is };
});

/**
 * Parses an address, with or without brackets; `null`: the text is not an address. A zone (`%eth0`) is dropped, and an
 * IPv4-mapped address becomes IPv4.
 */
export function hostBytesOf(address: string): AddressBytes | null {
  return addressBytesOf(address.replace(/^\[|\]$/g, '').split('%', 1)[0] ?? '');
}

function classOfBytes(bytes: AddressBytes): AddressClass {
  for (const { range, is } of table) {
    if (!isWithin(bytes, range)) continue;
    return typeof is === 'string' ? is : classOfBytes(bytes.slice(is.embeddedAt, is.embeddedAt + 4));
  }
  return 'public';
}

/** Returns the class of an address, with or without brackets or zone; `null`: the text is not an address. */
export function addressClassOf(address: string): AddressClass | null {
  const bytes = hostBytesOf(address);
  return bytes === null ? null : classOfBytes(bytes);
}

/**
 * Returns the class of a host by its spelling: `loopback` for `localhost` names, the class of an address, else `null`.
 */
export function classBySpelling(host: string): AddressClass | null {
  const name = host.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') ? 'loopback' : addressClassOf(host);
}
