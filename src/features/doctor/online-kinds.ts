import type { KnownTraps } from '../../ecosystems/doctor.ts';

/** Traps on the network to a mirror, which only probing shows: one per layer, and some across layers. */
export const onlineKinds = {
  'online-name': { severity: 'error', isFixable: false },
  'online-tcp': { severity: 'error', isFixable: false },
  'online-tls': { severity: 'error', isFixable: false },
  'online-certificate': { severity: 'error', isFixable: false },
  'online-http': { severity: 'error', isFixable: false },
  'online-content': { severity: 'error', isFixable: false },
  'online-http1-broken': { severity: 'error', isFixable: false },
  'online-http2-broken': { severity: 'error', isFixable: false },
  'online-slow': { severity: 'warning', isFixable: false },
  'online-plain-on-tls': { severity: 'error', isFixable: false },
  'online-relay-missing': { severity: 'warning', isFixable: false },
  'online-relay-broken': { severity: 'error', isFixable: false },
  'online-clock-skew': { severity: 'warning', isFixable: false },
  'online-resolver-lies': { severity: 'error', isFixable: false },
  'online-ipv6-broken': { severity: 'warning', isFixable: false },
} as const satisfies KnownTraps;
