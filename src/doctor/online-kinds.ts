import type { TrapKinds } from '../core/trap.ts';

const noPackage = 'No package comes from there.';

/** Traps on the way to a mirror, which only asking it shows: one for each layer, and what lies across them. */
export const onlineKinds = {
  'online-name': {
    severity: 'error',
    title: "The mirror's name leads nowhere",
    causes: noPackage,
    isFixable: false,
  },
  'online-tcp': {
    severity: 'error',
    title: 'The port of the mirror does not open',
    causes: noPackage,
    isFixable: false,
  },
  'online-tls': {
    severity: 'error',
    title: 'The TLS handshake does not get through',
    causes: noPackage,
    isFixable: false,
  },
  'online-certificate': {
    severity: 'error',
    title: "The certificate is not the mirror's, as far as this machine can tell",
    causes: 'Clients refuse it; where they are told not to look, anybody on the way chooses what they get.',
    isFixable: false,
  },
  'online-http': {
    severity: 'error',
    title: 'The mirror, or a gateway in its place, answers with a failure',
    causes: noPackage,
    isFixable: false,
  },
  'online-content': {
    severity: 'error',
    title: 'What the mirror sends is not what was asked for',
    causes: 'Builds fail, or take what they should not.',
    isFixable: false,
  },
  'online-relay-missing': {
    severity: 'warning',
    title: 'The mirror does not relay what clients need beside it',
    causes: 'Clients ask that service itself: where it cannot be reached from here, every new module ends the build.',
    isFixable: false,
  },
  'online-relay-broken': {
    severity: 'error',
    title: 'The mirror offers a relay that fails',
    causes: 'Clients do not go past a relay that is offered: every new module ends the build.',
    isFixable: false,
  },
  'online-clock-skew': {
    severity: 'warning',
    title: 'The clock of this machine is wrong',
    causes: 'Certificates seem expired or not yet valid, tokens are refused, and times in logs mislead.',
    isFixable: false,
  },
  'online-resolver-lies': {
    severity: 'error',
    title: 'The resolver of this machine makes up answers',
    causes: 'Names lead to a gateway or nowhere; what is slow or broken there is not the mirror.',
    isFixable: false,
  },
  'online-ipv6-broken': {
    severity: 'warning',
    title: 'The mirror has an IPv6 address that cannot be reached from here',
    causes: 'Clients that try it first wait until they give up, at every connection.',
    isFixable: false,
  },
} as const satisfies TrapKinds;
