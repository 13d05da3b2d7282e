const innerSuffix = /\.(internal|local|lan|corp|home|intranet|private|localdomain)$/;
const innerAddress = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|\[?f[cd][0-9a-f]{2}:|\[?fe80:)/i;

/** This machine by name or address. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127\.[\d.]+|\[?::1\]?)$/i.test(host);
}

/** A host of an inner network: a private address, a name without a dot, or one with a suffix reserved for such use. */
export function isInnerHost(host: string): boolean {
  const name = host.toLowerCase();
  return innerAddress.test(name) || innerSuffix.test(name) || !/[.:]/.test(name);
}
