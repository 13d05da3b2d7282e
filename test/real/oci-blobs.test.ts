import { afterAll, beforeAll, expect, test } from 'vitest';
import { replyWith } from '../../src/advise/answer.ts';
import type { Reason } from '../../src/core/failure.ts';
import { oci } from '../../src/ecosystems/oci/oci.ts';
import { podman } from '../../src/ecosystems/oci/podman.ts';
import type { Fault } from '../support/faults.ts';
import { makeOciImage, type OciImage } from '../support/oci-image.ts';
import { startOciScripted } from '../support/oci-scripted.ts';
import { skopeoPull } from '../support/oci-skopeo.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';

const upstream = '127.0.0.9';
const repository = 'team/app';

real('the real skopeo and a layer that is wrong', ['skopeo'], () => {
  let image: OciImage;
  let near: RawServer;
  let far: RawServer;
  beforeAll(async () => {
    image = makeOciImage();
    near = await startOciScripted(image, repository);
    far = await startOciScripted(image, repository);
  });
  afterAll(async () => {
    for (const server of [near, far]) await server?.close();
  });

  test.each<readonly [string, Fault, Reason]>([
    ['cut', { kind: 'close-mid-body' }, 'cut'],
    ['other bytes', { kind: 'corrupt' }, 'mismatch'],
  ])('%s: no other mirror is asked for it', async (_, fault, reason) => {
    await near.setFault(fault, { path: /\/blobs\// });
    const chain = podman.parse(`${near.url}|${far.url}|direct`);
    if (chain.tag === 'error') throw new Error(chain.error.kind);
    const lines = podman.remedy(chain.value, chain.value, [], { upstream }).remedy['registries.conf'] ?? '';
    const pulled = await skopeoPull(`${upstream}/${repository}@${image.listDigest}`, lines, image);
    const reply = replyWith(reason, 200, 1, oci.steps['blob']);
    const { tag } = podman.walk(chain.value, ({ plain }) => (plain === near.url ? reply : { tag: 'ok', tookMs: 1 }));
    expect([pulled.hasLayer, pulled.code === 0, tag], pulled.stderr).toEqual([false, false, 'failed']);
    expect(far.requests).toEqual([]);
  });
});
