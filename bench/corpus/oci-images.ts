import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { buildTar } from '../../test/support/archives.ts';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const ociType = (word: string): string => `application/vnd.oci.image.${word}`;
const otherPlatforms = ['arm64', 'ppc64le', 's390x', '386', 'riscv64', 'mips64le', 'loong64'];

/**
 * Writes an image as an OCI layout with the tag `1`. Shapes go round by `at`: one to twelve layers of 1 KiB to 4 MiB, as
 * gzip, zstd or plain; alone or in a list of one to eight platforms, with attestations or without; long configurations.
 * @returns the arguments of skopeo for the form that it is pushed in
 */
export function makeImage(dir: string, at: number): { readonly format: readonly string[] } {
  mkdirSync(join(dir, 'blobs', 'sha256'), { recursive: true });
  const put = (content: Uint8Array, mediaType: string): Descriptor => {
    const hex = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(dir, 'blobs', 'sha256', hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const putJson = (value: object, mediaType: string): Descriptor => put(Buffer.from(JSON.stringify(value)), mediaType);
  const isDocker = at % 4 === 3;
  const one = (architecture: string): Descriptor => {
    const layers = Array.from({ length: 1 + (at % 12) }, (_, of) => layerOf(at, of, architecture, isDocker));
    const config = putJson(
      {
        architecture,
        os: 'linux',
        config: {
          Labels: Object.fromEntries(Array.from({ length: (at % 7) * 50 }, (_, of) => [`label-${of}`, 'x'.repeat(80)])),
        },
        rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
        history: layers.map(({ diffId }) => ({ created_by: `COPY ${diffId}` })),
      },
      ociType('config.v1+json'),
    );
    const put_ = layers.map(({ packed, mediaType }) => put(packed, mediaType));
    const mediaType = ociType('manifest.v1+json');
    return putJson({ schemaVersion: 2, mediaType, config, layers: put_ }, mediaType);
  };
  const main = one('amd64');
  const tagged = at % 3 === 0 ? main : listOf(main, at, one, putJson, isDocker);
  writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const manifests = [{ ...tagged, annotations: { 'org.opencontainers.image.ref.name': '1' } }];
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  return { format: isDocker ? ['--format=v2s2'] : [] };
}

function layerOf(at: number, of: number, architecture: string, isDocker: boolean) {
  const length = of === 0 ? 2 ** (10 + (at % 13)) : 1_024;
  const tar = buildTar([[`file-${of}`, noise(`${at} ${of} ${architecture}`, length)]]);
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
  const form = isDocker ? 'gzip' : (['gzip', 'zstd', 'plain'] as const)[(at + of) % 3];
  if (form === 'zstd') return { diffId, packed: zstdCompressSync(tar), mediaType: ociType('layer.v1.tar+zstd') };
  if (form === 'plain') return { diffId, packed: tar, mediaType: ociType('layer.v1.tar') };
  return { diffId, packed: gzipSync(tar), mediaType: ociType('layer.v1.tar+gzip') };
}

/** Text that gzip cannot make much smaller. */
function noise(seed: string, length: number): string {
  const blocks = Math.ceil(length / 64);
  return Array.from({ length: blocks }, (_, at) => createHash('sha256').update(`${seed} ${at}`).digest('hex'))
    .join('')
    .slice(0, length);
}

function listOf(
  main: Descriptor,
  at: number,
  one: (architecture: string) => Descriptor,
  putJson: (value: object, mediaType: string) => Descriptor,
  isDocker: boolean,
): Descriptor {
  const others = otherPlatforms.slice(0, at % 8).map((architecture) => ({
    ...one(architecture),
    platform: { architecture, os: 'linux' },
  }));
  const images = [{ ...main, platform: { architecture: 'amd64', os: 'linux' } }, ...others];
  // As BuildKit adds them: https://docs.docker.com/build/metadata/attestations/attestation-storage/.
  const attestations = at % 5 !== 2 || isDocker ? [] : images.map((image) => attestationOf(image, putJson));
  const mediaType = ociType('index.v1+json');
  const manifests = at % 2 === 0 ? [...images, ...attestations] : [...images].reverse().concat(attestations);
  return putJson({ schemaVersion: 2, mediaType, manifests }, mediaType);
}

function attestationOf({ digest }: Descriptor, putJson: (value: object, mediaType: string) => Descriptor) {
  const layer = putJson(
    { _type: 'https://in-toto.io/Statement/v0.1', subject: [{ digest }] },
    'application/vnd.in-toto+json',
  );
  const config = putJson(
    { architecture: 'unknown', os: 'unknown', config: {}, rootfs: { type: 'layers', diff_ids: [layer.digest] } },
    ociType('config.v1+json'),
  );
  const mediaType = ociType('manifest.v1+json');
  return {
    ...putJson({ schemaVersion: 2, mediaType, config, layers: [layer] }, mediaType),
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digest },
  };
}
