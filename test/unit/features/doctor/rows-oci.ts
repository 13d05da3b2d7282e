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
  {
    name: 'a plain mirror of Docker',
    files: { '/etc/docker/daemon.json': '{\n  "registry-mirrors": ["http://mirror.example.com"]\n}\n' },
    id: 'oci-plain-mirror',
    where: ['/etc/docker/daemon.json:2'],
    what: 'http://mirror.example.com',
  },
  {
    name: 'insecure-registries',
    files: { '/etc/docker/daemon.json': '{ "insecure-registries": [\n "127.0.0.0/8",\n "hub.corp:5000"\n] }\n' },
    id: 'oci-insecure-registries',
    where: ['/etc/docker/daemon.json:3'],
    what: 'hub.corp:5000 is trusted without verification',
  },
  {
    name: 'insecure of podman',
    files: { '~/.config/containers/registries.conf': '[[registry]]\nlocation = "hub.corp"\ninsecure = true\n' },
    id: 'oci-insecure-registries',
    where: ['~/.config/containers/registries.conf:3'],
    what: 'hub.corp is trusted without verification',
  },
  {
    name: 'insecure of podman, in a file of its own',
    files: {
      '/etc/containers/registries.conf.d/50-hub.conf': '[[registry]]\nlocation = "hub.corp"\ninsecure = true\n',
    },
    id: 'oci-insecure-registries',
    where: ['/etc/containers/registries.conf.d/50-hub.conf:3'],
    what: 'hub.corp is trusted without verification',
  },
  {
    name: 'insecure of podman, before its location and after a registry of this machine',
    files: {
      '~/.config/containers/registries.conf':
        '[[registry]]\nlocation = "localhost:5000"\ninsecure = true\n[[registry]]\ninsecure = true\nlocation = "hub.corp"\n',
    },
    id: 'oci-insecure-registries',
    where: ['~/.config/containers/registries.conf:5'],
    what: 'hub.corp is trusted without verification',
  },
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
  {
    name: 'mirrors in two ways',
    files: {
      '/etc/containerd/config.toml':
        'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]\n  endpoint = ["https://mirror.example.com"]\n',
    },
    id: 'oci-mirrors-twice',
    where: ['/etc/containerd/config.toml:3', '/etc/containerd/config.toml:4'],
    what: 'Both config_path and registry.mirrors are set',
  },
  {
    name: 'mirrors in two ways, one as an inline table',
    files: {
      '/etc/containerd/config.toml':
        'version = 2\n[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n[plugins."io.containerd.grpc.v1.cri".registry.mirrors]\n\n  # ours\n  "docker.io" = { endpoint = ["https://mirror.example.com"] }\n',
    },
    id: 'oci-mirrors-twice',
    where: ['/etc/containerd/config.toml:3', '/etc/containerd/config.toml:4'],
    what: 'Both config_path and registry.mirrors are set',
  },
  {
    name: 'a mirror with a path',
    files: { '/etc/docker/daemon.json': '{ "registry-mirrors": ["https://mirror.example.com/hub"] }' },
    id: 'oci-mirror-with-path',
    where: ['/etc/docker/daemon.json:1'],
    what: 'https://mirror.example.com/hub has a path',
  },
  {
    name: 'a comma too many',
    files: { '~/.config/docker/daemon.json': '{ "registry-mirrors": [], }' },
    id: 'oci-daemon-json-broken',
    where: ['~/.config/docker/daemon.json'],
    what: 'not a JSON object',
  },
];
