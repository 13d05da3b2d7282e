import { basename, dirname, join, resolve } from 'node:path';
import type { Sentence } from '../../core/result.ts';
import type { Survey, Surveyed } from '../../core/survey.ts';
import { type Machine, type MachineSurroundings, placeTextOf } from '../../core/trap.ts';
import { type Doctor, listBelow, type NameSources } from '../../ecosystems/doctor.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { readSurroundings } from './assignments.ts';
import { findChain, settingFiles } from './chain-evidence.ts';

/**
 * Settings of clients that init does not read, unless an ecosystem does: the path of the file, and what shows that it
 * names a mirror or proxy.
 */
const forms: readonly (readonly [path: RegExp, names: RegExp])[] = [
  [/\/apt\/sources\.list(?:\.d\/[^/]+\.(?:list|sources))?$/, /^[ \t]*(?:deb(?:-src)?\s|URIs:)/m],
  [/\/apt\/apt\.conf(?:\.d\/[^/]+)?$/, /Proxy[\s{:]/],
  [/(?:^|\/)(?:[\w.-]*settings|pom)\.xml$/, /<(?:mirror|repository|pluginRepository)>/],
  [/\.gradle(?:\.kts)?$/, /\bmaven\s*[({]/],
  [/(?:^|\/)buildkitd\.toml$/, /\bmirrors\s*=/],
  [/(?:^|\/)(?:\.condarc|environment\.ya?ml)$/, /https?:/],
  [/(?:^|\/)(?:\.gemrc|\.bundle\/config)$/, /https?:/],
  [/(?:^|\/)(?:nuget\.config|composer\.json)$/i, /<add key="[^"]*" value="https?:|"type": *"composer"/],
  // Options of kaniko and dockerd, Talos, kind, and scripts that write settings of Docker.
  [
    /\.(?:ya?ml|sh|bash)$|(?:^|\/)Jenkinsfile|\/docker\.service\.d\/[^/]+$/,
    /--registry-m(?:irror|ap)\b|kind: *RegistryMirrorConfig|^ +registries:\n +mirrors:|registry\.mirrors|"registry-mirrors"\s*:\s*\[\s*"/m,
  ],
];

/** Such files outside of the project; with a slash at the end, all files of a folder. */
const outside =
  '~/.m2/settings.xml ~/.gradle/init.gradle ~/.gradle/init.gradle.kts ~/.gradle/init.d/ ~/.condarc ~/.gemrc ~/.bundle/config ~/.config/buildkit/buildkitd.toml /etc/buildkit/buildkitd.toml /etc/apt/sources.list /etc/apt/sources.list.d/ /etc/apt/apt.conf /etc/apt/apt.conf.d/ /etc/systemd/system/docker.service.d/';
const filesMax = 2_000;

/**
 * Lists the files that name mirrors or proxies, but that init does not read.
 * @param files  all files of the project, with paths relative to it
 * @param read   the paths of the files that init reads
 */
async function listUnreadSettings(
  machine: Machine,
  files: readonly string[],
  read: readonly RegExp[],
): Promise<readonly string[]> {
  const found: string[] = [];
  const named = outside.split(' ').map(async (name) => {
    const path = name.startsWith('~/') ? join(machine.home, name.slice(2)) : machine.system(name);
    return name.endsWith('/') ? await listBelow(machine, path, /./) : [path];
  });
  for (const file of [...(await Promise.all(named)).flat(), ...files.slice(0, filesMax)]) {
    const form = forms.find(([path]) => path.test(file));
    if (form === undefined || read.some((path) => path.test(file))) continue;
    const text = await machine.read(resolve(machine.cwd, file));
    if (text.tag === 'ok' && form[1].test(text.text)) found.push(file);
  }
  return found;
}

/** Matches the paths of other files that may show where a build takes names from: scripts, variables, inputs of lock files. */
const sourceFiles =
  /(^|\/)(\.env(\.[^/]*)?|\.envrc|justfile|noxfile\.py|[^/]+\.(ya?ml|toml|ini|cfg|conf|env|sh|bash|mk|in|gradle|groovy|ps1|json))$/i;
/** A project has fewer such files, and fewer characters in them. With more, any name may be private. */
const sourceFilesMax = 5_000;
const sourceCharsMax = 256 * 1024 * 1024;
/** A longer file of these is data. */
const sourceChars = 256 * 1024;

const depthMax = 3;
const foldersMax = 300;
const withDot = new Set(
  '.github .circleci .gitlab .buildkite .devcontainer .vscode .woodpecker .semaphore .azure .azure-pipelines .ci .config .tekton .forgejo .gitea .mise .docker .cargo .mvn .bundle'.split(
    ' ',
  ),
);
const skipped = new Set(['node_modules', 'vendor', 'dist', 'build', 'target', 'venv', '__pycache__', 'testdata']);
/** Folders with examples and tests. Builds do not use them, so they are skipped, and the report lists them. */
const aside = new Set(['example', 'examples', 'sample', 'samples', 'fixtures', '__fixtures__']);
const pathsShown = 3;

/** Reads the settings of clients on this machine, and the project's lock files and other files that list modules. */
export async function examineProject(machine: Machine): Promise<Survey> {
  const surroundings = await readSurroundings(machine);
  const { files, isCut, passed } = await filesOf(machine);
  const doctors = await Promise.all(registry.all.map(async ({ id, doctor }) => ({ id, doctor: await doctor?.() })));
  const read = doctors.flatMap(({ doctor }) => doctor?.forms?.files.map(({ path }) => path) ?? []);
  const unread = await listUnreadSettings(machine, files, read);
  const leftOut = [
    ...(unread.length === 0 ? [] : [phrase('init.notRead', { files: shortened(unread) })]),
    ...(passed.length === 0 ? [] : [phrase('init.aside', { folders: shortened(passed) })]),
    ...(isCut ? [phrase('init.folders', { count: foldersMax })] : []),
  ];
  const ecosystems: Found[] = [];
  for (const { id, doctor } of doctors)
    if (doctor !== undefined) ecosystems.push(await surveyed(id, doctor, surroundings, files));
  const ofProject = ecosystems.filter((one) => one.isUsed);
  const set = ecosystems.filter(({ isUsed, chain, isDefault }) => !isUsed && chain !== null && !isDefault);
  if (ofProject.length === 0) return { ecosystems: set, leftOut };
  return { ecosystems: ofProject, leftOut: [...leftOut, ...set.map(unused)] };
}

/** Returns where clients' settings name this URL or a URL below it, such as the URL of the front door. */
export async function findSettingsOf(url: string, machine: Machine): Promise<readonly string[]> {
  const surroundings = await readSurroundings(machine);
  const places: string[] = [];
  for (const { doctor } of registry.all) {
    const chain = (await (await doctor?.())?.today?.(surroundings))?.chain ?? null;
    const members = chain?.text.split(/[,| ]/) ?? [];
    if (chain !== null && members.some((member) => `${member}/`.startsWith(`${url}/`)))
      places.push(placeTextOf(chain.place));
  }
  return places;
}

interface Found extends Surveyed {
  /** True if files of the project list modules of this ecosystem, or name one of its mirrors. */
  readonly isUsed: boolean;
  /** True if the chain is the client's default, so no setting names it. */
  readonly isDefault: boolean;
}

function unused({ id, setIn }: Surveyed): Sentence {
  return phrase('init.unused', { id, setIn: String(setIn), word: id });
}

function shortened(paths: readonly string[]): string {
  return `${paths.slice(0, pathsShown).join(', ')}${paths.length > pathsShown ? '…' : ''}`;
}

/** The maximum number of private patterns of one ecosystem. With more, all names are private. */
const patternsMax = 500;

async function surveyed(
  id: string,
  doctor: Doctor,
  surroundings: MachineSurroundings,
  files: readonly string[],
): Promise<Found> {
  const { machine } = surroundings;
  const own = (await doctor.today?.(surroundings)) ?? { chain: null, privatePatterns: [] };
  const locks = files.filter((file) =>
    doctor.isUsualLock(basename(file), (name) => files.includes(join(dirname(file), name))),
  );
  const found = await findChain(doctor, own, surroundings, files, locks);
  const { chain, recorded, others, unread } = found;
  const said = [own, ...(await sourcesOfProject(doctor, machine, files))];
  const inLocks = await entriesIn(machine, locks, () => doctor.privateIn ?? null);
  const patterns = new Set([...said.flatMap(({ privatePatterns }) => privatePatterns), ...inLocks.keys()]);
  const built = await entriesIn(machine, files, (file) => doctor.builtIn?.(file) ?? null);
  const named = await entriesIn(machine, files, (file) => doctor.usedIn?.(file) ?? null);
  const used = [...named].filter(([entry]) => !built.has(entry));
  return {
    id,
    locks,
    chain: chain?.text ?? null,
    setIn: chain === null ? null : placeTextOf(chain.place),
    ...{ recorded, others, unread },
    isOfProject: chain?.isOfProject === true,
    hasCredentials: chain?.hasCredentials === true,
    hasReferences: chain?.hasReferences === true,
    sources: [
      ...said.flatMap(({ sources = [] }) => sources),
      ...(own.sources === undefined ? [] : [...found.sources, ...(chain === null ? [] : [chain.text])]),
    ],
    isUnverified: said.some(({ isUnverified }) => isUnverified === true),
    privatePatterns: patterns.size > patternsMax ? ['*'] : [...patterns],
    used: used.map(([entry, file]) => ({ entry, file })),
    protections: (own.protections ?? []).map(({ place, ...one }) => ({ ...one, setIn: placeTextOf(place) })),
    isUsed: locks.length > 0 || used.length > 0 || found.isInProject,
    isDefault: chain?.isDefault === true,
  };
}

/** Returns the modules or patterns that files list, each with the first file that lists it. */
async function entriesIn(
  machine: Machine,
  files: readonly string[],
  readerOf: (file: string) => ((text: string) => readonly string[]) | null,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const file of files) {
    const read = readerOf(file);
    const text = read === null ? null : await machine.read(join(machine.cwd, file));
    if (read === null || text?.tag !== 'ok') continue;
    for (const entry of read(text.text)) if (!found.has(entry)) found.set(entry, file);
  }
  return found;
}

/** Returns what the files of the project's builds say about the sources of names. */
async function sourcesOfProject(
  { sourcesIn }: Doctor,
  machine: Machine,
  files: readonly string[],
): Promise<readonly NameSources[]> {
  const said: NameSources[] = [];
  const listed = files.filter((path) => settingFiles.test(path) || sourceFiles.test(path));
  let charsLeft = listed.length > sourceFilesMax ? 0 : sourceCharsMax;
  for (const file of sourcesIn === undefined ? [] : listed) {
    const text = charsLeft > 0 ? await machine.read(join(machine.cwd, file)) : null;
    if (text === null) return [{ sources: [''], privatePatterns: ['*'] }];
    if (text.tag === 'error' || sourcesIn === undefined) continue;
    charsLeft -= text.text.length;
    if (text.text.length <= sourceChars || settingFiles.test(file))
      said.push(sourcesIn(text.text.replaceAll(/^[ \t]*(?:#|\/\/).*$/gm, '')));
  }
  return said;
}

/** Lists the paths of the project, top level first, to a limited depth. It skips folders with third-party code. */
async function filesOf(machine: Machine) {
  const files: string[] = [];
  const passed: string[] = [];
  let level = [''];
  let count = 0;
  for (let depth = 0; depth <= depthMax; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      if (count === foldersMax) return { files, isCut: true, passed };
      const listed = await machine.list(join(machine.cwd, folder));
      if (listed.tag === 'error') continue;
      count += 1;
      for (const name of listed.names) {
        const path = folder === '' ? name : `${folder}/${name}`;
        if (aside.has(name)) {
          passed.push(`${path}/`);
          continue;
        }
        files.push(path);
        // A name without a dot may be a folder. If it is a file, listing it fails in the next pass, and the error is
        // ignored.
        if ((!name.includes('.') && !skipped.has(name)) || withDot.has(name)) next.push(path);
      }
    }
    level = next;
  }
  return { files, isCut: false, passed };
}
