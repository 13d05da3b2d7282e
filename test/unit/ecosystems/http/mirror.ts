import type { Mirror } from '../../../../src/core/mirror.ts';

/** A mirror of files with nothing particular but its profile. */
export function aMirror(name: string, url: string, profile: string | null): Mirror {
  return {
    name,
    ecosystem: 'http',
    upstream: 'files',
    url,
    role: 'mirror',
    weight: null,
    region: null,
    capacity: null,
    connections: ['cold'],
    access: {
      tls: { ca: [], client: null, pin: null },
      auth: null,
      proxy: null,
      resolve: { family: null, server: null },
      allowHosts: [],
    },
    maintenance: [],
    ...(profile === null ? {} : { own: { profile } }),
  };
}
