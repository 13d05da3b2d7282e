import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { DemoResponse } from '../../core/demo.ts';
import { buildTar } from '../archives.ts';
import type { SmallMirror } from '../ecosystem.ts';
import { digestOf } from './digest.ts';

const upstream = 'registry.example.com';
const repository = 'hello';
const tag = '1.0';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

interface Part {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly digest: string;
}

function part(mediaType: string, bytes: Buffer): Part {
  return { mediaType, bytes, digest: digestOf('sha256', bytes).text };
}

function descriptor({ mediaType, digest, bytes }: Part): object {
  return { mediaType, digest, size: bytes.length };
}

const files = buildTar([['hello', '#!/bin/sh\necho hello\n']]);
const layer = part('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(files));
const config = part(
  'application/vnd.oci.image.config.v1+json',
  Buffer.from(
    JSON.stringify({
      created: '2024-01-01T00:00:00Z',
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/hello'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(files).digest('hex')}`] },
    }),
  ),
);
const manifest = part(
  manifestType,
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor(config),
      layers: [descriptor(layer)],
    }),
  ),
);

function responseOf({ mediaType: type, bytes: body, digest }: Part): DemoResponse {
  return { type, body, headers: { 'docker-content-digest': digest } };
}

const responses = new Map<string, DemoResponse>([
  ['/v2/', { type: 'application/json', body: '{}', headers: { 'docker-distribution-api-version': 'registry/2.0' } }],
  [
    `/v2/${repository}/tags/list`,
    { type: 'application/json', body: JSON.stringify({ name: repository, tags: [tag] }) },
  ],
  ...[tag, manifest.digest].map((name) => [`/v2/${repository}/manifests/${name}`, responseOf(manifest)] as const),
  ...[config, layer].map((one) => [`/v2/${repository}/blobs/${one.digest}`, responseOf(one)] as const),
]);

export const ociDemo: SmallMirror = {
  upstream,
  base: '',
  module: `${upstream}/${repository}@${manifest.digest}`,
  chain: (near, far) => `${near}|${far}|direct`,
  form: 'hosts.toml',
  respond: ({ path }) => responses.get(path) ?? null,
};
