import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, text } from './answer.ts';
import type { OciImage } from './oci-image.ts';
import { type RawServer, startRawServer } from './raw-server.ts';

/** A registry in this process that holds one image, open to all: docs/protocols/oci.md#endpoints; every fault by `setFault`. */
export async function startOciScripted(image: OciImage, repository: string): Promise<RawServer> {
  const answer = ociAnswerOf(image, repository);
  // skopeo tries TLS first, and waits ten seconds for an answer.
  return startRawServer({ closesTls: true, answer: ({ path }) => answer(path) });
}

/** What that registry answers to a path. */
export function ociAnswerOf(image: OciImage, repository: string): (path: string) => Answer {
  const digests = readdirSync(join(image.dir, 'blobs', 'sha256')).map((hex) => `sha256:${hex}`);
  const held = new Map(digests.map((one) => [one, blobOf(image, one)]));
  const asked = new RegExp(`^/v2/${repository}/(manifests|blobs)/([^/]+)$`);
  return (path) => {
    if (path === '/v2/')
      return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') };
    const [, kind, name] = asked.exec(path) ?? [];
    const digest = name === '1' ? image.listDigest : (name ?? '');
    const body = held.get(digest);
    return body === undefined ? text(404, '{"errors":[]}') : answerOf(kind === 'blobs', digest, body);
  };
}

function blobOf({ dir }: OciImage, digest: string): Buffer {
  return readFileSync(join(dir, 'blobs', ...digest.split(':')));
}

function answerOf(isBlob: boolean, digest: string, body: Buffer): Answer {
  const type = isBlob ? 'application/octet-stream' : JSON.parse(body.toString()).mediaType;
  return { status: 200, headers: { 'content-type': type, 'docker-content-digest': digest }, body };
}
