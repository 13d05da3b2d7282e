import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { cacheDir, fakeTimeLibrary, findCommand } from './paths.ts';

/** A real part: how to see that it is here, and where it comes from. */
type Part = { readonly isHere: () => boolean; readonly from: string };

const command = (name: string, from: string): Part => ({ isHere: () => findCommand(name) !== null, from });

function hasNamespaces(): boolean {
  if (process.getuid?.() !== 0 || findCommand('ip') === null) return false;
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const parts = {
  alertmanager: command('prometheus-alertmanager', 'apt install prometheus-alertmanager'),
  apt: {
    isHere: () => ['apt-get', 'diff', 'dpkg-deb', 'gpg', 'gpgconf', 'xz'].every((name) => findCommand(name) !== null),
    from: 'Debian, and apt install gpg gpgconf gpg-agent xz-utils',
  },
  amtool: command('amtool', 'apt install prometheus-alertmanager'),
  bash: command('bash', 'apt install bash'),
  blackbox: command('prometheus-blackbox-exporter', 'apt install prometheus-blackbox-exporter'),
  caddy: command('caddy', 'apt install caddy'),
  chromium: command('chromium', 'apt install chromium'),
  containerd: {
    isHere: () => process.getuid?.() === 0 && ['containerd', 'ctr'].every((name) => findCommand(name) !== null),
    from: 'root, and apt install containerd',
  },
  cc: {
    isHere: () => findCommand('cc') !== null && existsSync('/usr/include/openssl/ssl.h'),
    from: 'apt install gcc libc6-dev libssl-dev',
  },
  cargo: command('cargo', 'rustup, with cargo 1.70 or newer'),
  curl: command('curl', 'apt install curl'),
  deploy: { isHere: () => existsSync(join(cacheDir, 'bin', 'deploy-check.sum')), from: '.ci/provision cache deploy' },
  devpi: command('devpi-server', '.ci/provision cache pypi'),
  dnsmasq: command('dnsmasq', 'apt install dnsmasq-base'),
  etcd: command('etcd', 'apt install etcd-server'),
  fish: command('fish', 'apt install fish'),
  gpgv: {
    isHere: () => ['gpg', 'gpgconf', 'gpgv'].every((name) => findCommand(name) !== null),
    from: 'apt install gpg gpgconf gpg-agent gpgv',
  },
  go: command('go', 'apt install golang-go (or Go from its makers), 1.24 or newer'),
  faketime: { isHere: () => fakeTimeLibrary() !== null, from: 'apt install faketime' },
  goproxy: command('goproxy', '.ci/provision cache goproxy'),
  haproxy: command('haproxy', 'apt install haproxy'),
  netns: {
    isHere: () => hasNamespaces() && (findCommand('netem') ?? findCommand('go')) !== null,
    from: 'root, /dev/net/tun, go, and apt install iproute2',
  },
  nginx: command('nginx', 'apt install nginx-light'),
  npm: command('npm', 'apt install npm'),
  npm12: command('npm12', '.ci/provision cache npm'),
  oldestNode: command('oldest-node', '.ci/provision cache node'),
  openssl: command('openssl', 'apt install openssl'),
  pacman: command('pacman-conf', 'apt install pacman-package-manager'),
  pip: command('pip', '.ci/provision cache pypi'),
  pnpm: command('pnpm', '.ci/provision cache npm'),
  pnpm11: command('pnpm11', '.ci/provision cache npm'),
  pnpm10: command('pnpm10', '.ci/provision cache npm'),
  prometheus: command('prometheus', 'apt install prometheus'),
  prometheus3: command('prometheus3', '.ci/provision cache prometheus'),
  promtool: command('promtool', 'apt install prometheus'),
  promtool3: command('promtool3', '.ci/provision cache prometheus'),
  proxpi: command('flask', '.ci/provision cache pypi'),
  pypiserver: command('pypi-server', '.ci/provision cache pypi'),
  registry: command('docker-registry', 'apt install docker-registry'),
  skopeo: command('skopeo', 'apt install skopeo'),
  setpriv: command('setpriv', 'apt install util-linux'),
  'systemd-analyze': command('systemd-analyze', 'apt install systemd'),
  'systemd-notify': {
    isHere: () => ['systemd-notify', 'python3'].every((name) => findCommand(name) !== null),
    from: 'apt install systemd python3',
  },
  tree: { isHere: () => existsSync(join(cacheDir, 'tree', '.modules')), from: '.ci/provision cache tree' },
  uv: command('uv', '.ci/provision cache pypi'),
  verdaccio: command('verdaccio', '.ci/provision cache npm'),
  victoria: command('victoria-metrics', 'apt install victoria-metrics'),
  xz: command('xz', 'apt install xz-utils'),
  yarn: command('yarn', '.ci/provision cache npm'),
  yarn1: command('yarn1', '.ci/provision cache npm'),
  zsh: command('zsh', 'apt install zsh'),
} as const satisfies Record<string, Part>;

/** The real parts a suite can ask for. */
export type Need = keyof typeof parts;

/** Those of `needs` that are not on this machine, each with where it comes from. */
export function missingParts(needs: readonly Need[]): readonly string[] {
  return needs.filter((need) => !parts[need].isHere()).map((need) => `${need} (${parts[need].from})`);
}

/**
 * A vitest suite over real parts. Where one is missing the suite is skipped, and says loudly what to install;
 * with MIRRORWATCH_REQUIRE_REAL=1 it fails instead, as a skip there would pass for a success.
 */
export function real(name: string, needs: readonly Need[], suite: () => void): void {
  const missing = missingParts(needs);
  if (missing.length === 0) {
    describe(name, suite);
    return;
  }
  const message = `needs ${missing.join(', ')}; .ci/provision brings all of it`;
  if (process.env.MIRRORWATCH_REQUIRE_REAL === '1') {
    describe(name, () => {
      test('has its real parts', () => {
        throw new Error(`${name}: MIRRORWATCH_REQUIRE_REAL=1, but it ${message}`);
      });
    });
    return;
  }
  console.warn(`SKIPPED ${name}: ${message}`);
  describe.skip(`${name} (skipped: ${message})`, suite);
}
