import type { WireAccess } from '../../src/core/ports.ts';

/** The access of a mirror on loopback, without anything special. */
export function plainAccess(over: Partial<WireAccess> = {}): WireAccess {
  return {
    registry: 'a',
    url: 'http://127.0.0.1:9',
    ca: [],
    client: null,
    pin: null,
    auth: null,
    proxy: null,
    family: null,
    dnsServer: null,
    allowHosts: [],
    userAgent: 'mirrorwatch/test',
    ...over,
  };
}
