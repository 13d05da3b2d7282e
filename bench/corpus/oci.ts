import { startOciRegistry } from '../../test/support/oci-registry.ts';
import { commandPath, removeTempDir, tempDir } from '../../test/support/paths.ts';
import { mustRun, run } from '../../test/support/process.ts';
import { makeImage } from './oci-images.ts';
import { itemOf, type Part, type Served } from './part.ts';
import type { Wanted } from './roots.ts';

const sealed = {
  REGISTRY_AUTH_FILE: '/nonexistent/auth.json',
  HTTP_PROXY: undefined,
  HTTPS_PROXY: undefined,
  http_proxy: undefined,
  https_proxy: undefined,
};

/** Images of many shapes, made here, pushed by skopeo to Debian's registry, and a pull-through of it. */
export async function openOci({ count, say }: Wanted): Promise<Part> {
  const registry = await startOciRegistry();
  const names: string[] = [];
  await inLanes([...Array(count).keys()], async (at) => {
    if (at % 25 === 0) say(`making images, ${at} of ${count}`);
    const dir = tempDir('corpus-image');
    const { format } = makeImage(dir, at);
    const to = `docker://${registry.host}/corpus/image-${at}:1`;
    const args = ['copy', '--insecure-policy', '--all', '--dest-tls-verify=false', ...format, `oci:${dir}:1`, to];
    await mustRun(commandPath('skopeo'), args, { env: sealed });
    removeTempDir(dir);
    names.push(`corpus.test/corpus/image-${at}:1`);
  });
  const through = await startOciRegistry({ upstream: registry.url });
  const serve = (name: string, { url, host }: { url: string; host: string }): Served => ({
    name,
    url,
    keys: { upstream: 'corpus.test' },
    install: (some) => copyEach(host, some),
  });
  return {
    word: 'oci',
    ecosystem: 'oci',
    modules: names.map((name) => itemOf(name, ':')),
    servers: [serve('registry', registry), serve('pull-through', through)],
    notServed: [],
    async close() {
      await through.close();
      await registry.close();
    },
  };
}

/** A copy mostly waits: four at once. */
async function inLanes<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

async function copyEach(host: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  const arrived = new Set<string>();
  await inLanes(names, async (name) => {
    const dir = tempDir('corpus-pull');
    const from = `docker://${name.replace('corpus.test', host)}`;
    const platform = ['--override-os=linux', '--override-arch=amd64'];
    const args = [...platform, 'copy', '--insecure-policy', '--src-tls-verify=false', from, `dir:${dir}`];
    if ((await run(commandPath('skopeo'), args, { env: sealed })).code === 0) arrived.add(name);
    removeTempDir(dir);
  });
  return arrived;
}
