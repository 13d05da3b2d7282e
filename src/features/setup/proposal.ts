import { formatKnownMirror } from '../../config/default-config.ts';
import { printable } from '../../core/printable.ts';
import type { Sentence } from '../../core/result.ts';
import type { Survey, Surveyed } from '../../core/survey.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { english, type Say } from '../../words/words.ts';
import { findKnown, isWithheld, listControls, listOwnMirrors, listPublicMirrors, type PublicSet } from './mirrors.ts';

/**
 * The content of a proposed configuration. It comes from a survey of the machine. Parts are omitted until it is valid
 * without warnings.
 */
export interface SetupDraft {
  readonly vantage: string;
  /** False: the section `door` is written as a comment. */
  readonly hasDoor: boolean;
  /** Which known mirrors and controls are added to those that the settings of this machine name. */
  readonly publicSet: PublicSet;
  /** The addresses of this machine's own DNS servers. Without a public set, they are the controls. */
  readonly resolvers: readonly string[];
  readonly ecosystems: readonly Drafted[];
}

export interface Drafted {
  readonly surveyed: Surveyed;
  /** Names that may be private, because they come from another source than the upstream and its known mirrors. */
  readonly doubted: readonly string[];
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
  chosen: Omit<SetupDraft, 'ecosystems'>,
  pathOf: (file: string) => string,
): SetupDraft {
  return {
    ...chosen,
    ecosystems: survey.ecosystems.map((surveyed) => {
      const locks = surveyed.locks.slice(0, locksMax);
      const used = surveyed.used.filter(({ entry }) => isAskable(surveyed.id, entry)).slice(0, modulesMax);
      return {
        surveyed,
        doubted: [],
        chain: isWithheld(surveyed) ? null : surveyed.chain,
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
  return parsed?.tag === 'ok' && (upstream === undefined || upstream === findKnown(id).upstream);
}

export function renderProposal(draft: SetupDraft, say: Say = english): string {
  const { vantage, hasDoor, publicSet, ecosystems } = draft;
  const chains = ecosystems.filter(({ chain }) => chain !== null);
  const own = ecosystems.filter(hasPrivate);
  const protecting = ecosystems.filter(({ surveyed }) => surveyed.protections.length > 0);
  const controls = listControls(publicSet, draft.resolvers);
  return [
    say('init.yaml.head'),
    `vantage: ${/^\d|^(?:null|true|false)$/i.test(vantage) ? JSON.stringify(vantage) : vantage}          # ${say('init.yaml.vantage')}`,
    `listen: 127.0.0.1:10120       # ${say('init.yaml.listen')}`,
    `# contact: ops@example.com    # ${say('init.yaml.contact')}`,
    '',
    say('init.yaml.mirrors'),
    'mirrors:',
    ...ecosystems.flatMap(({ surveyed }) => mirrorLines(surveyed, publicSet, say)),
    '',
    say('init.yaml.controls'),
    ...(controls.length === 0 ? ['# controls: [ tcp://192.0.2.53:53 ]'] : ['controls:']),
    ...controls.map(({ name, url }) => `  - { name: ${name}, url: ${JSON.stringify(url)} }`),
    ...(chains.length === 0 ? [] : ['', say('init.yaml.clients'), 'clients:']),
    ...chains.map(
      ({ chain, surveyed }) =>
        `  ${surveyed.id}: ${addressText(String(chain), surveyed)}    ${comment(String(surveyed.setIn))}`,
    ),
    '',
    say('init.yaml.modules'),
    'modules:',
    ...ecosystems.flatMap((one) => moduleLines(one, say)),
    ...(own.length === 0 ? [] : ['', say('init.yaml.private'), 'private:']),
    ...own.flatMap(({ surveyed: { id, privatePatterns }, doubted }) => [
      ...(doubted.length === 0 ? [] : [`  # ${say('init.yaml.doubted')}`]),
      `  ${id}: [${[...new Set([...privatePatterns, ...doubted])].map(formatLiteral).join(', ')}]`,
    ]),
    ...(protecting.length === 0 ? [] : ['', say('init.yaml.protections')]),
    ...protecting.flatMap(({ surveyed }) => protectionLines(surveyed, say)),
    '',
    say('init.yaml.door'),
    `${hasDoor ? '' : '# '}door: { listen: 127.0.0.1:10121 }`,
    '',
    'state: { path: ./data/mirrorwatch.db, keep: 30d }',
    '',
  ].join('\n');
}

function protectionLines({ id, protections }: Surveyed, say: Say): readonly string[] {
  const lines = protections.map(({ name, setIn, byDefault: client }) => {
    const why = client === undefined ? setIn : say('init.yaml.byDefault', { client, place: setIn });
    return `    - ${name}    ${comment(why)}`;
  });
  return [`${id}:`, '  protections:', ...lines];
}

/** True if the configuration lists private names of this ecosystem. */
export function hasPrivate({ surveyed: { id, privatePatterns }, doubted }: Drafted): boolean {
  return privatePatterns.length + doubted.length > 0 && registry.of(id)?.names.private != null;
}

/** Quotes a text of a file for the configuration, in which `$${` stands for `${`: no variable is replaced in it. */
export function formatLiteral(text: string): string {
  return JSON.stringify(text.replaceAll('${', () => '$${'));
}

/** Quotes a chain or a URL of it. References to variables stay references, if the client replaces them too. */
function addressText(text: string, { hasReferences }: Surveyed): string {
  return hasReferences ? JSON.stringify(text) : formatLiteral(text);
}

/**
 * Returns a comment line with a path. The path is escaped: otherwise a line feed in it would turn the rest into
 * configuration.
 */
function comment(path: string): string {
  return `# ${printable(path)}`;
}

function mirrorLines(surveyed: Surveyed, set: PublicSet, say: Say): readonly string[] {
  const { id, hasCredentials } = surveyed;
  const { upstream, keys } = findKnown(id);
  // The lock files of such an ecosystem say where a name comes from. The mirror may serve private names too.
  const isIndex = surveyed.sources.length > 0 ? ', servesPrivate: true' : '';
  const mark = isWithheld(surveyed) ? '# ' : '';
  const why = mark !== '' ? 'init.yaml.withheld' : hasCredentials ? 'init.yaml.credentials' : 'init.yaml.yours';

  const of = upstream === null || upstream === registry.of(id)?.publicUpstream ? [] : [`upstream: ${upstream}`];
  const ofKind = Object.entries(keys).map(([key, value]) => `${key}: ${value}`);
  return [
    ...listOwnMirrors(surveyed).map(
      ({ name, url }) =>
        `  ${mark}- { ${[`name: ${name}`, `ecosystem: ${id}`, ...of, `url: ${addressText(url, surveyed)}`].join(', ')}, weight: 110${isIndex} }    # ${say(why)}`,
    ),
    ...listPublicMirrors(surveyed, set).map((mirror) => formatKnownMirror(mirror, [`ecosystem: ${id}`, ...of], ofKind)),
  ];
}

function moduleLines({ surveyed: { id }, locks, used }: Drafted, say: Say): readonly string[] {
  const lines = [
    ...locks.map(({ file, top }) => `    - { from: ${formatLiteral(file)}, top: ${top} }`),
    ...used.map(({ entry, file }) => `    - ${formatLiteral(entry)}    ${comment(file)}`),
  ];
  const known = findKnown(id).modules.map((entry) => `    - ${JSON.stringify(entry)}    # ${say('init.yaml.example')}`);
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
  const withChanged = (changed: Drafted, by: Partial<Drafted>): SetupDraft => ({
    ...draft,
    ecosystems: draft.ecosystems.map((one) => (one === changed ? { ...one, ...by } : one)),
  });
  const [, id = '', at] = /^modules\.([a-z]+)(?:\[(\d+)\])?/.exec(path) ?? [];
  const found = draft.ecosystems.find(({ surveyed }) => surveyed.id === id);
  if (found !== undefined && found.locks.length + found.used.length > 0) {
    const index = at === undefined ? 0 : Number(at);
    const lock = found.locks[index];
    const use = found.used[index - found.locks.length];
    const without = lock?.file ?? use?.entry ?? '';
    const locks = found.locks.filter((other) => other !== lock);
    const used = found.used.filter((other) => other !== use);
    return without === '' ? null : { draft: withChanged(found, { locks, used }), without };
  }
  if (found !== undefined && draft.ecosystems.length > 1)
    return { draft: { ...draft, ecosystems: draft.ecosystems.filter((one) => one !== found) }, without: id };
  const set = draft.ecosystems.find(({ surveyed, chain }) => path === `clients.${surveyed.id}` && chain !== null);
  if (set !== undefined) return { draft: withChanged(set, { chain: null }), without: String(set.surveyed.setIn) };
  if (!path.startsWith('schedule') || !draft.ecosystems.some(({ locks }) => locks.some(({ top }) => top > 1)))
    return null;
  const fewer = draft.ecosystems.map((one) => ({
    ...one,
    locks: one.locks.map(({ file, top }) => ({ file, top: Math.max(1, Math.floor(top / 2)) })),
  }));
  return { draft: { ...draft, ecosystems: fewer }, without: phrase('init.half') };
}
