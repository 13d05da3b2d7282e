import type { KnownTraps } from '../doctor.ts';

/** Traps of the settings of containerd, Docker and podman. */
export const ociKinds = {
  'oci-verify-skipped': { severity: 'error', isFixable: true },
  'oci-plain-mirror': { severity: 'warning', isFixable: false },
  'oci-insecure-registries': { severity: 'warning', isFixable: false },
  'oci-default-leaks': { severity: 'warning', isFixable: false },
  'oci-hosts-unread': { severity: 'warning', isFixable: false },
  'oci-mirrors-twice': { severity: 'error', isFixable: false },
  'oci-mirror-with-path': { severity: 'error', isFixable: false },
  'oci-daemon-json-broken': { severity: 'error', isFixable: false },
} as const satisfies KnownTraps;
