import { beforeAll, test } from 'vitest';
import type { Client } from '../../src/ecosystems/client.ts';
import { containerd, podman } from '../../src/ecosystems/oci/clients.ts';
import { startContainerd } from '../support/containerd.ts';
import { makeOciImage, type OciImage } from '../support/oci-image.ts';
import { startOciScripted } from '../support/oci-scripted.ts';
import { skopeoPull } from '../support/oci-skopeo.ts';
import type { CommandResult } from '../support/process.ts';
import { type Need, real } from '../support/requires.ts';
import { expectWalkOfBodies, type Limits } from './bodies.ts';

/** A registry that is never there: what stands behind the mirrors cannot be reached from here. */
const upstream = '127.0.0.9';
const repository = 'team/app';

interface Named {
  readonly name: string;
  readonly client: Client;
  /** The form of the remedy that sets its mirrors. */
  readonly form: string;
  readonly need: Need;
  readonly differs: readonly string[];
  readonly hangs: readonly string[];
  pull(image: OciImage, lines: string, limits: Limits): Promise<CommandResult & { readonly hasLayer: boolean }>;
}

const nameOf = ({ listDigest }: OciImage): string => `${upstream}/${repository}@${listDigest}`;

const clients: readonly Named[] = [
  {
    name: 'skopeo',
    client: podman,
    form: 'registries.conf',
    need: 'skopeo',
    differs: [],
    hangs: ['stalled | manifest', 'stalled | blob'],
    pull: (image, lines, { endMs }) => skopeoPull(nameOf(image), lines, image, undefined, endMs),
  },
  {
    name: 'ctr',
    client: containerd,
    form: 'hosts.toml',
    need: 'containerd',
    differs: [],
    hangs: ['stalled | manifest', 'stalled | blob'],
    async pull(image, lines, { endMs }) {
      // Nothing of another pull is kept.
      const server = await startContainerd();
      try {
        const done = await server.pull(nameOf(image), lines, endMs);
        return { ...done, hasLayer: server.hasLayer(image) };
      } finally {
        await server.close();
      }
    },
  },
];

for (const { name, client, form, need, pull, ...more } of clients)
  real(`the real ${name} and bodies that are wrong`, [need], () => {
    let image: OciImage;
    beforeAll(() => {
      image = makeOciImage();
    });

    /** The file that we would have people paste for these mirrors. */
    const linesOf = (text: string): string => {
      const chain = client.parse(text);
      if (chain.tag === 'error') throw new Error(chain.error.kind);
      return client.remedy(chain.value, chain.value, [], { upstream }).remedy[form] ?? '';
    };

    test('end where our walk ends, by the table (UPDATE_GOLDEN=1 rewrites)', async () => {
      const at = { module: `${upstream}/${repository}`, version: image.listDigest };
      await expectWalkOfBodies({
        name,
        client,
        start: () => startOciScripted(image, repository),
        mirror: `ecosystem: oci, upstream: "${upstream}"`,
        yaml: `modules: { oci: [ "${nameOf(image)}" ] }`,
        of: {
          manifest: { path: /\/manifests\//, step: 'manifest', ...at },
          blob: { path: /\/blobs\//, step: 'blob', ...at },
        },
        chains: { 'near alone': (near) => near, 'near, then far': (near, far) => `${near}|${far}` },
        async download(chain, limits) {
          const { code, hasLayer } = await pull(image, linesOf(chain), limits);
          // ctr ends with 0 where the list has a type that it does not know: it fetches nothing of it.
          return { code: code === 0 && !hasLayer ? 1 : code };
        },
        // Both use the HTTP client of Go, as the go command does.
        either: ['manifest', 'blob'].map((of) => `longer than announced | ${of} | near alone`),
        ...more,
      });
    });
  });
