import { publicControls } from '../../config/default-config.ts';
import { type KnownMirror, knownGoMirrors, knownKinds } from '../../config/known-mirrors.ts';
import { printable } from '../../core/printable.ts';
import type { Sentence } from '../../core/result.ts';
import type { Survey, Surveyed } from '../../core/survey.ts';
import { baseUrl, mirrorNameOf } from '../../core/url.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { english, type Say } from '../../words/words.ts';

/**
 * The content of a proposed configuration. It comes from a survey of the machine. Parts are omitted until it is valid
 * without warnings.
 */
export interface SetupDraft {
  readonly vantage: string;
  /** False: the section `door` is written as a comment. */
  readonly hasDoor: boolean;
  readonly ecosystems: readonly Drafted[];
}

export interface Drafted {
  readonly surveyed: Surveyed;
  /** The chain of mirrors to write to the configuration; `null`: none. */
  readonly chain: string | null;
  /** The lock files, each with the maximum number of its modules to monitor. */
  readonly locks: readonly { readonly file: string; readonly top: number }[];
  readonly used: Surveyed['used'];
}

/**
 * The maximum number of modules of one ecosystem from lock files, and the same from other files. It limits the load on
 * mirrors.
 */
const modulesMax = 12;
/** The maximum number of lock files of one ecosystem. */
export const locksMax = 3;

/**
 * Returns the draft for a whole survey.
 * @param pathOf  returns the path of a project file as the configuration names it
 */
export function draftOf(
  survey: Survey,
  chosen: Pick<SetupDraft, 'vantage' | 'hasDoor'>,
  pathOf: (file: string) => string,
): SetupDraft {
  return {
    ...chosen,
    ecosystems: survey.ecosystems.map((surveyed) => {
      const locks = surveyed.locks.slice(0, locksMax);
      const used = surveyed.used.filter(({ entry }) => isAskable(surveyed.id, entry)).slice(0, modulesMax);
      return {
        surveyed,
        chain: surveyed.chain,
        used,
        locks: locks.map((file) => ({ file: pathOf(file), top: Math.floor(modulesMax / locks.length) })),
      };
    }),
  };
}

/**
 * True if the proposed mirrors can serve this module. They can serve an image only if its registry is the one that they
 * mirror.
 */
export function isAskable(id: string, entry: string): boolean {
  const parsed = registry.of(id)?.names.parse(entry);
  const upstream = parsed?.tag === 'ok' ? parsed.value.upstream : undefined;
  return parsed?.tag === 'ok' && (upstream === undefined || upstream === knownOf(id).upstream);
}

interface Known {
  readonly upstream: string | null;
  readonly keys: Readonly<Record<string, string>>;
  readonly mirrors: readonly KnownMirror[];
  readonly modules: readonly (string | Readonly<Record<string, string>>)[];
}

/**
 * Returns the known mirrors of an ecosystem. Those of the first ecosystem come from the built-in configuration.
 */
function knownOf(id: string): Known {
  const kind = registry.of(id);
  if (id === registry.all[0].id)
    return {
      upstream: kind?.publicUpstream ?? null,
      keys: {},
      mirrors: knownGoMirrors,
      modules: [kind?.names.example ?? ''],
    };
  return knownKinds.find(({ ecosystem }) => ecosystem === id) ?? { upstream: null, keys: {}, mirrors: [], modules: [] };
}

/**
 * Returns the mirrors of the current chain that are not among the known ones, each once. They are monitored too, with
 * their host as name.
 */
function ownMirrors({ id, chain }: Surveyed): readonly { readonly name: string; readonly url: string }[] {
  const client = registry.of(id)?.clients[0];
  const parsed = chain === null ? null : client?.parse(chain);
  if (client === undefined || parsed?.tag !== 'ok') return [];
  const known = new Set(knownOf(id).mirrors.map(({ url }) => client.member(url).key));
  const names = new Set<string>();
  return parsed.value.members.flatMap(({ kind, key, plain }) => {
    if (kind !== 'url' || known.has(key) || baseUrl(plain) === null) return [];
    known.add(key);
    const host = mirrorNameOf(plain);
    let name = `${host}-${id}`;
    for (let count = 2; names.has(name); count += 1) name = `${host}-${count}-${id}`;
    names.add(name);
    return [{ name, url: plain }];
  });
}

export function renderProposal({ vantage, hasDoor, ecosystems }: SetupDraft, say: Say = english): string {
  const chains = ecosystems.filter(({ chain }) => chain !== null);
  const own = ecosystems.filter(
    ({ surveyed }) => surveyed.privatePatterns.length > 0 && registry.of(surveyed.id)?.names.private,
  );
  return [
    say('init.yaml.head'),
    `vantage: ${/^\d|^(?:null|true|false)$/i.test(vantage) ? JSON.stringify(vantage) : vantage}          # ${say('init.yaml.vantage')}`,
    `listen: 127.0.0.1:10120       # ${say('init.yaml.listen')}`,
    `# contact: ops@example.com    # ${say('init.yaml.contact')}`,
    '',
    say('init.yaml.mirrors'),
    'mirrors:',
    ...ecosystems.flatMap(({ surveyed }) => mirrorLines(surveyed, say)),
    '',
    say('init.yaml.controls'),
    'controls:',
    ...publicControls.map(({ name, url }) => `  - { name: ${name}, url: ${url} }`),
    ...(chains.length === 0 ? [] : ['', say('init.yaml.clients'), 'clients:']),
    ...chains.map(
      ({ chain, surveyed: { id, setIn } }) => `  ${id}: ${JSON.stringify(chain)}    ${comment(String(setIn))}`,
    ),
    '',
    say('init.yaml.modules'),
    'modules:',
    ...ecosystems.flatMap((one) => moduleLines(one, say)),
    ...(own.length === 0 ? [] : ['', say('init.yaml.private'), 'private:']),
    ...own.map(({ surveyed: { id, privatePatterns } }) => `  ${id}: ${JSON.stringify(privatePatterns)}`),
    '',
    say('init.yaml.door'),
    `${hasDoor ? '' : '# '}door: { listen: 127.0.0.1:10121 }`,
    '',
    'state: { path: ./data/mirrorwatch.db, keep: 30d }',
    '',
  ].join('\n');
}

/**
 * Returns a comment line with a path. The path is escaped: otherwise a line feed in it would turn the rest into
 * configuration.
 */
function comment(path: string): string {
  return `# ${printable(path)}`;
}

function mirrorLines(surveyed: Surveyed, say: Say): readonly string[] {
  const { id } = surveyed;
  const { mirrors, upstream, keys } = knownOf(id);
  const of = upstream === null || upstream === registry.of(id)?.publicUpstream ? [] : [`upstream: ${upstream}`];
  return [
    ...ownMirrors(surveyed).map(
      ({ name, url }) =>
        `  - { ${[`name: ${name}`, `ecosystem: ${id}`, ...of, `url: ${JSON.stringify(url)}`].join(', ')}, weight: 110 }    # ${say('init.yaml.yours')}`,
    ),
    ...mirrors.map(({ name, url, role, weight, region, operator }) => {
      const parts = [
        ...[`name: ${name}`, `ecosystem: ${id}`, ...of, `url: ${url}`],
        ...Object.entries(keys).map(([key, value]) => `${key}: ${value}`),
        ...(role === 'mirror' ? [] : [`role: ${role}`]),
        ...(weight === null ? [] : [`weight: ${weight}`]),
        ...(region === null ? [] : [`region: ${region}`]),
      ];
      return `  - { ${parts.join(', ')} }    # ${operator}`;
    }),
  ];
}

function moduleLines({ surveyed: { id }, locks, used }: Drafted, say: Say): readonly string[] {
  const lines = [
    ...locks.map(({ file, top }) => `    - { from: ${JSON.stringify(file)}, top: ${top} }`),
    ...used.map(({ entry, file }) => `    - ${JSON.stringify(entry)}    ${comment(file)}`),
  ];
  const known = knownOf(id).modules.map((entry) => `    - ${JSON.stringify(entry)}    # ${say('init.yaml.example')}`);
  return [`  ${id}:`, ...(lines.length > 0 ? lines : known)];
}

/**
 * Returns the draft without the part that an issue is about; `null`: nothing can be omitted to solve it.
 * @param path  as in `ConfigIssue`: `modules.<id>[0].from`, `clients.<id>`, or `schedule…` if there are too many
 *   requests
 */
export function reduceDraft(
  draft: SetupDraft,
  path: string,
): { readonly draft: SetupDraft; readonly without: Sentence | string } | null {
  const [, id = '', at] = /^modules\.([a-z]+)(?:\[(\d+)\])?/.exec(path) ?? [];
  const found = draft.ecosystems.find(({ surveyed }) => surveyed.id === id);
  if (found !== undefined && found.locks.length + found.used.length > 0) {
    const index = at === undefined ? 0 : Number(at);
    const lock = found.locks[index];
    const use = found.used[index - found.locks.length];
    const without = lock?.file ?? use?.entry ?? '';
    const ecosystems = draft.ecosystems.map((one) =>
      one === found
        ? {
            ...one,
            locks: one.locks.filter((other) => other !== lock),
            used: one.used.filter((other) => other !== use),
          }
        : one,
    );
    return without === '' ? null : { draft: { ...draft, ecosystems }, without };
  }
  if (found !== undefined && draft.ecosystems.length > 1)
    return { draft: { ...draft, ecosystems: draft.ecosystems.filter((one) => one !== found) }, without: id };
  const set = draft.ecosystems.find(({ surveyed, chain }) => path === `clients.${surveyed.id}` && chain !== null);
  if (set !== undefined) {
    const ecosystems = draft.ecosystems.map((one) => (one === set ? { ...one, chain: null } : one));
    return { draft: { ...draft, ecosystems }, without: String(set.surveyed.setIn) };
  }
  if (!path.startsWith('schedule') || !draft.ecosystems.some(({ locks }) => locks.some(({ top }) => top > 1)))
    return null;
  const fewer = draft.ecosystems.map((one) => ({
    ...one,
    locks: one.locks.map(({ file, top }) => ({ file, top: Math.max(1, Math.floor(top / 2)) })),
  }));
  return {
    draft: { ...draft, ecosystems: fewer },
    without: phrase('init.half'),
  };
}
