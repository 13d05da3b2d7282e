import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OciImage } from './oci-image.ts';
import { commandPath, removeTempDir, tempDir } from './paths.ts';
import { patienceMs } from './patience.ts';
import { type CommandResult, run, startProcess } from './process.ts';

/** A running containerd with nothing in it. */
export interface Containerd {
  /** The arguments of `ctr` before its command. */
  readonly at: readonly string[];
  /** Has the real `ctr` do something. Never throws. */
  readonly ctr: (args: readonly string[]) => Promise<CommandResult>;
  /**
   * Has the real `ctr` pull an image's content, without unpacking it. Never throws.
   * @param name       `host/name:tag` or `host/name@sha256:…`
   * @param hostsToml  of that host
   * @param timeoutMs  after which ctr is killed; default: the patience of the tests
   */
  readonly pull: (name: string, hostsToml: string, timeoutMs?: number) => Promise<CommandResult>;
  /** Whether it has the layer's bytes. */
  readonly hasLayer: (image: OciImage) => boolean;
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/** No proxy: what it asks is on this machine. */
const sealed = { HTTP_PROXY: undefined, HTTPS_PROXY: undefined, http_proxy: undefined, https_proxy: undefined };

/**
 * Starts Debian's containerd as root in folders of its own.
 * @throws Error with its log when it does not start
 */
export async function startContainerd(): Promise<Containerd> {
  const dir = tempDir('containerd');
  const socket = join(dir, 'containerd.sock');
  const root = join(dir, 'root');
  const plugins = ['grpc.v1.cri', 'internal.v1.opt', 'snapshotter.v1.btrfs', 'snapshotter.v1.devmapper'];
  const config = [
    'version = 2',
    `root = "${root}"`,
    `state = "${join(dir, 'state')}"`,
    `disabled_plugins = [${plugins.map((one) => `"io.containerd.${one}"`).join(', ')}]`,
    '[grpc]',
    `  address = "${socket}"`,
    '',
  ].join('\n');
  writeFileSync(join(dir, 'config.toml'), config);
  const server = await startProcess({
    name: 'containerd',
    command: commandPath('containerd'),
    args: ['--config', join(dir, 'config.toml')],
    cwd: dir,
    env: sealed,
    ready: ({ log }) => existsSync(socket) && log().includes('successfully booted'),
  });
  const at = ['--address', socket, '--timeout', `${patienceMs / 1_000}s`];
  return {
    at,
    ctr: (args) => run(commandPath('ctr'), [...at, ...args], { env: sealed }),
    pull(name, hostsToml, timeoutMs = patienceMs) {
      const hosts = join(dir, 'certs.d', name.split('/')[0] ?? '');
      mkdirSync(hosts, { recursive: true });
      writeFileSync(join(hosts, 'hosts.toml'), hostsToml);
      const fetch = ['content', 'fetch', '--hosts-dir', join(dir, 'certs.d'), '--platform', 'linux/amd64', name];
      return run(commandPath('ctr'), [...at, ...fetch], { env: sealed, timeoutMs });
    },
    hasLayer: ({ layerDigest }) =>
      existsSync(join(root, 'io.containerd.content.v1.content', 'blobs', ...layerDigest.split(':'))),
    log: server.log,
    close: async () => {
      await server.close();
      removeTempDir(dir);
    },
  };
}
