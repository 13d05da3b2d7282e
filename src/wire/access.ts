import type { WireAccess } from '../core/ports.ts';

/** The access to a URL that is not a mirror's: no credentials, no CA of its own, no proxy. */
export function accessOf(url: string, userAgent: string): WireAccess {
  return {
    registry: '',
    url,
    ca: [],
    client: null,
    pin: null,
    auth: null,
    proxy: null,
    family: null,
    dnsServer: null,
    allowHosts: [],
    userAgent,
  };
}
