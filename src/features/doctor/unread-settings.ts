import { join, resolve } from 'node:path';
import type { Machine } from '../../core/trap.ts';
import { listBelow } from '../../ecosystems/doctor.ts';

/** Settings of clients that init does not read: the path of the file, and what shows that it names a mirror or proxy. */
const forms: readonly (readonly [path: RegExp, names: RegExp])[] = [
  [/\/apt\/sources\.list(?:\.d\/[^/]+\.(?:list|sources))?$/, /^\s*(?:deb(?:-src)?\s|URIs:)/m],
  [/\/apt\/apt\.conf(?:\.d\/[^/]+)?$/, /Proxy[\s{:]/],
  [/(?:^|\/)\.cargo\/config(?:\.toml)?$/, /replace-with|^\s*(?:registry|index)\s*=/m],
  [/(?:^|\/)(?:[\w.-]*settings|pom)\.xml$/, /<(?:mirror|repository|pluginRepository)>/],
  [/\.gradle(?:\.kts)?$/, /\bmaven\s*[({]/],
  [/(?:^|\/)buildkitd\.toml$/, /\bmirrors\s*=/],
  [/(?:^|\/)(?:\.condarc|environment\.ya?ml)$/, /https?:/],
  [/(?:^|\/)(?:\.gemrc|\.bundle\/config)$/, /https?:/],
  // Options of kaniko and dockerd, Talos, kind.
  [
    /\.ya?ml$|(?:^|\/)Jenkinsfile|\/docker\.service\.d\/[^/]+$/,
    /--registry-m(?:irror|ap)\b|kind: *RegistryMirrorConfig|^ +registries:\n +mirrors:|registry\.mirrors/m,
  ],
];

/** Such files outside of the project; with a slash at the end, all files of a folder. */
const outside =
  '~/.cargo/config ~/.cargo/config.toml ~/.m2/settings.xml ~/.gradle/init.gradle ~/.gradle/init.gradle.kts ~/.gradle/init.d/ ~/.condarc ~/.gemrc ~/.bundle/config ~/.config/buildkit/buildkitd.toml /etc/buildkit/buildkitd.toml /etc/apt/sources.list /etc/apt/sources.list.d/ /etc/apt/apt.conf /etc/apt/apt.conf.d/ /etc/systemd/system/docker.service.d/';
const filesMax = 2_000;

/**
 * Lists the files that name mirrors or proxies, but that init does not read.
 * @param files  all files of the project, with paths relative to it
 */
export async function listUnreadSettings(machine: Machine, files: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  const named = outside.split(' ').map(async (name) => {
    const path = name.startsWith('~/') ? join(machine.home, name.slice(2)) : machine.system(name);
    return name.endsWith('/') ? await listBelow(machine, path, /./) : [path];
  });
  for (const file of [...(await Promise.all(named)).flat(), ...files.slice(0, filesMax)]) {
    const form = forms.find(([path]) => path.test(file));
    const read = form && (await machine.read(resolve(machine.cwd, file)));
    if (read?.tag === 'ok' && form?.[1].test(read.text) === true) found.push(file);
  }
  return found;
}
