import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OciImage } from './oci-image.ts';
import { commandPath, tempDir } from './paths.ts';
import { patienceMs } from './patience.ts';
import { type CommandResult, mustRun, run } from './process.ts';

/** Nobody's login, and no proxy: what it asks is on this machine. */
const sealed = {
  REGISTRY_AUTH_FILE: '/nonexistent/auth.json',
  HTTP_PROXY: undefined,
  HTTPS_PROXY: undefined,
  http_proxy: undefined,
  https_proxy: undefined,
};

/** Pushes an image with all that its list names. @throws Error with what skopeo said */
export async function skopeoPush(image: OciImage, host: string, repository: string): Promise<void> {
  const to = `docker://${host}/${repository}:1`;
  const args = ['copy', '--insecure-policy', '--all', '--dest-tls-verify=false', `oci:${image.dir}:1`, to];
  await mustRun(commandPath('skopeo'), args, { env: sealed });
}

/** What a pull by the real skopeo came to; `hasLayer`: the layer's bytes are here. Never throws. */
export interface SkopeoPull extends CommandResult {
  readonly hasLayer: boolean;
}

/**
 * Pulls an image by the real skopeo, whose mirrors are those of a registries.conf, as podman and CRI-O read it.
 * @param name      `host/name:tag` or `host/name@sha256:…`
 * @param seconds   after which it is told to give up
 * @param timeoutMs  after which it is killed; default: the patience of the tests
 */
export async function skopeoPull(
  name: string,
  registriesConf: string,
  image: OciImage,
  seconds = patienceMs / 1_000,
  timeoutMs = patienceMs,
): Promise<SkopeoPull> {
  const dir = tempDir('oci-skopeo');
  writeFileSync(join(dir, 'registries.conf'), registriesConf);
  const args = [
    `--registries-conf=${join(dir, 'registries.conf')}`,
    `--command-timeout=${seconds}s`,
    '--override-os=linux',
    '--override-arch=amd64',
    '--insecure-policy',
    'copy',
    `docker://${name}`,
    `dir:${join(dir, 'out')}`,
  ];
  const result = await run(commandPath('skopeo'), args, { env: sealed, timeoutMs });
  return { ...result, hasLayer: existsSync(join(dir, 'out', image.layerDigest.replace('sha256:', ''))) };
}
