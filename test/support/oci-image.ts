import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tempDir } from './paths.ts';

/** An image in a folder, as the OCI image layout has it: a list with one image of linux/amd64. */
export interface OciImage {
  readonly dir: string;
  /** Of the list, the image and its one layer. */
  readonly listDigest: string;
  readonly imageDigest: string;
  readonly layerDigest: string;
  readonly layerBytes: number;
}

const ociType = (word: string): string => `application/vnd.oci.image.${word}`;

/** Makes an image whose layer is large enough to measure by and of the same bytes each time. Its tag is `1`. */
export function makeOciImage(): OciImage {
  const dir = tempDir('oci-image');
  mkdirSync(join(dir, 'blobs', 'sha256'), { recursive: true });
  const put = (bytes: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(dir, 'blobs', 'sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const noise = Buffer.concat(
    Array.from({ length: 16 * 1024 }, (_, at) => createHash('sha256').update(String(at)).digest()),
  );
  const layer = put(gzipSync(noise), ociType('layer.v1.tar+gzip'));
  const diff = createHash('sha256').update(noise).digest('hex');
  const config = put(
    json({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [`sha256:${diff}`] } }),
    ociType('config.v1+json'),
  );
  const image = put(
    json({ schemaVersion: 2, mediaType: ociType('manifest.v1+json'), config, layers: [layer] }),
    ociType('manifest.v1+json'),
  );
  const list = put(
    json({
      schemaVersion: 2,
      mediaType: ociType('index.v1+json'),
      manifests: [{ ...image, platform: { architecture: 'amd64', os: 'linux' } }],
    }),
    ociType('index.v1+json'),
  );
  writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const tagged = { ...list, annotations: { 'org.opencontainers.image.ref.name': '1' } };
  writeFileSync(join(dir, 'index.json'), json({ schemaVersion: 2, manifests: [tagged] }));
  return { dir, listDigest: list.digest, imageDigest: image.digest, layerDigest: layer.digest, layerBytes: layer.size };
}
