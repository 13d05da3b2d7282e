/** The bytes of an IP address: 4 for IPv4, 16 for IPv6. */
export type AddressBytes = readonly number[];

/**
 * Parses an address without brackets or zone; `null`: anything else, also a number with a leading zero, which some
 * programs read as octal. IPv4-mapped IPv6 is returned as IPv4.
 */
export function addressBytesOf(text: string): AddressBytes | null {
  if (/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text)) {
    const bytes = text.split('.').map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes : null;
  }
  if (!text.includes(':') || !/^[0-9a-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return null;
  const groups = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const bytes = expand(groups).flatMap((group) => [group >> 8, group & 255]);
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? bytes.slice(12) : bytes;
}

export interface Network {
  readonly bytes: AddressBytes;
  readonly bits: number;
}

/** Parses `10.0.0.0/8` or `fd00::/8`. A bare address is a network of one address. `null`: anything else. */
export function parseNetwork(text: string): Network | null {
  const [address = '', length, ...rest] = text.split('/');
  const bytes = addressBytesOf(address);
  if (bytes === null || rest.length > 0) return null;
  if (length === undefined) return { bytes, bits: bytes.length * 8 };
  if (!/^\d{1,3}$/.test(length)) return null;
  // The length of an IPv4-mapped range (`::ffff:10.0.0.0/104`) includes the 96 bits before the IPv4 address.
  const bits = Number(length) - (address.includes(':') && bytes.length === 4 ? 96 : 0);
  return bits >= 0 && bits <= bytes.length * 8 ? { bytes, bits } : null;
}

/** True if the address belongs to the network. False if their families (IPv4, IPv6) differ. */
export function isWithin(address: AddressBytes, net: Network): boolean {
  if (address.length !== net.bytes.length) return false;
  return address.every((byte, at) => {
    const bits = Math.min(8, Math.max(0, net.bits - at * 8));
    return byte >> (8 - bits) === (net.bytes[at] ?? 0) >> (8 - bits);
  });
}

/** True for 127.0.0.0/8, `::1`, `localhost` and names below it; brackets are allowed. No name is resolved. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true;
  const bytes = addressBytesOf(bare);
  if (bytes === null) return false;
  return bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, at) => byte === (at === 15 ? 1 : 0));
}

/** True if the URL is plain http and its host is not this machine. @throws on an invalid URL */
export function isPlainAbroad(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isLoopback(hostname);
}

/** Splits `host:port`, `[v6]:port`, `:port`, a bare host or IPv6 address; `null`: anything else. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number | null } | null {
  if (addressBytesOf(text) !== null) return { host: text, port: null };
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s@?#]*))(?::(\d{1,5}))?$/.exec(text);
  if (match === null || text === '') return null;
  const [, six, name = '', port] = match;
  if (six !== undefined && (addressBytesOf(six) === null || !six.includes(':'))) return null;
  const number = port === undefined ? null : Number(port);
  return number !== null && number > 65_535 ? null : { host: six ?? name, port: number };
}

function expand(groups: string): number[] {
  const [head = '', tail] = groups.split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return read(head);
  const before = read(head);
  const after = read(tail);
  return [...before, ...Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
}
