import { table } from '../../../support/table.ts';
import type { TrapRow } from './machine.ts';

const hub = '/etc/containerd/certs.d/docker.io/hosts.toml';
const hubText = '[host."https://mirror.example.com"]\n  capabilities = ["pull"]\n';

/** Traps of the settings of containerd, Docker and podman. */
export const ociRows: readonly TrapRow[] = [
  {
    name: 'skip_verify of a host',
    files: { [hub]: `${hubText}  skip_verify = true\n` },
    id: 'oci-verify-skipped',
    where: [`${hub}:3`],
    what: 'skip_verify is true',
    mended: { [hub]: hubText },
  },
  {
    name: 'insecure_skip_verify of containerd',
    files: {
      '/etc/containerd/config.toml':
        'version = 2\n[plugins.x.registry.configs."a".tls]\n  insecure_skip_verify = true\n',
    },
    id: 'oci-verify-skipped',
    where: ['/etc/containerd/config.toml:3'],
    what: 'insecure_skip_verify is true',
  },
  {
    name: 'a plain host',
    files: { [hub]: '[host."http://mirror.example.com"]\n' },
    id: 'oci-plain-mirror',
    where: [`${hub}:1`],
    what: 'http://mirror.example.com',
  },
  ...table<readonly TrapRow[]>('unit/features/doctor/rows-oci', 'ociRows'),
  {
    name: 'one mirror for everything',
    files: { '/etc/containerd/certs.d/_default/hosts.toml': `\n${hubText}` },
    id: 'oci-default-leaks',
    where: ['/etc/containerd/certs.d/_default/hosts.toml:2'],
    what: '_default/hosts.toml names a mirror',
  },
  {
    name: 'a folder that nobody reads',
    files: { [hub]: hubText, '/etc/containerd/config.toml': 'version = 2\n' },
    id: 'oci-hosts-unread',
    where: ['/etc/containerd/config.toml', hub],
    what: 'No config_path',
  },
  ...table<readonly TrapRow[]>('unit/features/doctor/rows-oci', 'ociRows 2'),
];
