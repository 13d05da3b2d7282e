import { join } from 'node:path';

/**
 * Runs cosign, which signs with the identity of the workflow. The Go checksum database verifies this version of cosign.
 */
const cosign = ['go', 'run', 'github.com/sigstore/cosign/v2/cmd/cosign@v2.5.3'] as const;

/**
 * The commands that publish a release from its folder, in order. They need the environment of the workflow: OIDC for
 * npm and signatures, GITHUB_TOKEN for the rest, and REGISTRY, IMAGE and CHARTS as destinations of images and charts.
 */
export function publishCommands(
  version: string,
  out: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): readonly (readonly [string, ...string[]])[] {
  const image = `${env['IMAGE'] ?? 'REGISTRY/OWNER/mirrorwatch'}:${version}`;
  const charts = env['CHARTS'] ?? 'oci://REGISTRY/OWNER/charts';
  const file = (name: string): string => join(out, name);
  const login = (command: string): readonly [string, ...string[]] => [
    'sh',
    '-c',
    `printf %s "$GITHUB_TOKEN" | ${command} login --username "$GITHUB_ACTOR" --password-stdin "$REGISTRY"`,
  ];
  return [
    ...['skopeo', '.cache/bin/helm registry', 'docker'].map(login),
    ['npm', 'publish', '--provenance', '--access', 'public', file(`mirrorwatch-${version}.tgz`)],
    ['skopeo', 'copy', '--all', `oci-archive:${file(`mirrorwatch-image-${version}.oci.tar`)}`, `docker://${image}`],
    [...cosign, 'sign', '--yes', '--recursive', image],
    ['.cache/bin/helm', 'push', file(`mirrorwatch-chart-${version}.tgz`), charts],
    [...cosign, 'sign-blob', '--yes', '--bundle', file('SHA256SUMS.sigstore.json'), file('SHA256SUMS')],
    ['sh', '-c', `gh release create "v${version}" --verify-tag --notes-file "${file('notes.md')}" "${out}"/*`],
  ];
}
