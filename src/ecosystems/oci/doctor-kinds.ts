import type { TrapKinds } from '../../core/trap.ts';

/** Traps of the settings of containerd, Docker and podman. */
export const ociKinds = {
  'oci-verify-skipped': {
    severity: 'error',
    title: 'The certificate of a registry is not checked',
    causes: 'Anybody on the way can stand in for it: they get the tokens, and say what a tag stands for.',
    isFixable: true,
  },
  'oci-plain-mirror': {
    severity: 'warning',
    title: 'A mirror speaks plain HTTP',
    causes: 'Anybody on the way says what a tag stands for.',
    isFixable: false,
  },
  'oci-insecure-registries': {
    severity: 'warning',
    title: 'Docker or podman is told to trust a registry blindly',
    causes: 'It falls back to unchecked certificates and to plain HTTP there.',
    isFixable: false,
  },
  'oci-default-leaks': {
    severity: 'warning',
    title: 'Every registry is asked of one mirror first',
    causes: 'The names of private images, whatever their registry, are told to that mirror.',
    isFixable: false,
  },
  'oci-hosts-unread': {
    severity: 'warning',
    title: 'containerd does not read the folder of hosts.toml files',
    causes: 'The mirrors in it have no effect: everything is pulled from the registries themselves.',
    isFixable: false,
  },
  'oci-mirrors-twice': {
    severity: 'error',
    title: 'containerd is told of mirrors in two ways',
    causes: 'With both config_path and registry.mirrors its CRI plugin does not start.',
    isFixable: false,
  },
  'oci-mirror-with-path': {
    severity: 'error',
    title: 'A mirror of Docker has a path',
    causes: 'Docker takes mirrors without a path alone, and does not start with any other.',
    isFixable: false,
  },
  'oci-daemon-json-broken': {
    severity: 'error',
    title: "Docker's daemon.json is no JSON",
    causes: 'Docker does not start with it the next time.',
    isFixable: false,
  },
} as const satisfies TrapKinds;
