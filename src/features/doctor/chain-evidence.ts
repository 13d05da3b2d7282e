import { basename, dirname, isAbsolute, resolve } from 'node:path';
import type { Surveyed } from '../../core/survey.ts';
import { type MachineSurroundings, placeTextOf } from '../../core/trap.ts';
import type { ChainForms, FileForm, NamedMirror } from '../../ecosystems/chain-forms.ts';
import type { ChainSetting, Doctor, Today } from '../../ecosystems/doctor.ts';

/** Words before a command: an instruction of a Dockerfile, the syntax of shells, YAML and Makefiles. */
const leading = /^(?:(?:RUN\b|then\b|else\b|do\b|(?:run|script):|[-@|>({"'!])\s*){1,8}/;
const begin = /^(?:if|case|ifn?eq|ifn?def)\b(?!\s*:)/;
const end = /^(?:fi|esac|endif)\b/;
const check = /^(?:\[|test\b)/;
const comment = /^[ \t]*(?:#|\/\/).*$/gm;
/**
 * Matches what continues a line: a backslash at its end, with empty lines behind it, or a key `value` in the next line,
 * as in `name: GOPROXY`, `value: https://…`.
 */
const continued = /\\[ \t\r]*\n(?:[ \t\r]*\n)*|\n[ \t]*value[ \t]*[:=]/g;

/**
 * Matches the separator and the URL after a key, or only the URL if the key ends with `+`. A reference to a variable may
 * stand for the URL or a part of it.
 */
const assigned =
  /(?:(?<=\+)|["']?\]?(?:\s+|\s*(?:[:?+]?=|[:,])\s*)["']?(?:[\w.-]{1,40}=)?)((?:https?:|(?=\$))(?:\$\{[^{}\s]*\}|[^\s"'&;(){}\\>`])*)/y;
/** Matches a variable whose value is a URL. */
const variable = /\b([A-Za-z_]\w*)(?:\s*[:?]?=|:[ \t])[ \t]*["']?(https?:[^\s"'$;&)}]+)/g;
const reference = /\$(?:\{(\w+)(?::?-([^{}]*))?\}|(\w+))/g;
/** The values of variables add at most so many characters to a URL. More would be no URL, and could fill the memory. */
const addedCharsMax = 2_000;
/** The beginning of a command that names its program. */
const commandChars = 500;

export interface BuildMirror extends NamedMirror {
  /** The line number, from 1. */
  readonly line: number;
  /** True if a condition decides whether the setting applies: a branch of an `if`, or a command after a test or `||`. */
  readonly isConditional: boolean;
}

/**
 * Returns the mirrors that a Dockerfile, a CI file or another file of builds names. A variable is replaced if the file
 * sets it to one URL. Other variables stay as written.
 */
export function mirrorsInBuild(text: string, { keys, meaningOf }: ChainForms): readonly BuildMirror[] {
  const urls = new Map<string, string | null>();
  // A vertical tab stands for a line end inside a command.
  const joined = text.replaceAll(comment, '').replaceAll(continued, (one) => '\v'.repeat(countLines(one)));
  for (const [, name = '', url = ''] of joined.matchAll(variable))
    urls.set(name, urls.has(name) && urls.get(name) !== url ? null : url);
  const replaceIn = (value: string): string => {
    let left = addedCharsMax;
    return value.replaceAll(reference, (whole: string, braced?: string, usual?: string, plain?: string) => {
      const known = urls.get(braced ?? plain ?? '') ?? usual ?? whole;
      left -= known.length;
      return left < 0 ? whole : known;
    });
  };
  const found: BuildMirror[] = [];
  let [line, depth, isChecked] = [1, 0, false];
  for (const part of joined.split(/(&&|\|\||[;\n])/)) {
    const command = part.trimStart().replace(leading, '');
    if (end.test(command)) depth = Math.max(0, depth - 1);
    if (begin.test(command)) depth += 1;
    if (/^(?:\|\||[;\n])$/.test(part)) isChecked = part === '||';
    let from = 0;
    for (const match of part.matchAll(keys)) {
      line += countLines(part.slice(from, match.index));
      from = match.index;
      assigned.lastIndex = from + match[0].length;
      const [, value = ''] = assigned.exec(part) ?? [];
      const meaning = value === '' ? null : meaningOf(match[0], part.slice(0, commandChars), text);
      if (meaning === null) continue;
      const isConditional = depth > 0 || isChecked;
      found.push({
        value: replaceIn(value),
        line,
        isFurther: meaning === 'further',
        isConditional,
      });
    }
    line += countLines(part.slice(from));
    isChecked ||= check.test(command);
  }
  return found;
}

function countLines(text: string): number {
  return text.split(/[\n\v]/).length - 1;
}

/** Matches the paths of project files that set variables or options for builds: CI, compose, Dockerfiles, Ansible, Bazel, conda. */
export const settingFiles =
  /(^|\/)(\.(github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml|\.(circleci|buildkite|woodpecker|semaphore|tekton)\/[^/]+\.ya?ml|\.gitlab-ci([.-][\w.-]+)?\.ya?ml|\.gitlab\/([^/]+\/){0,4}[^/]+\.ya?ml|(azure|bitbucket)-pipelines?([._-][\w.-]+)?\.ya?ml|\.?(azure-pipelines|azuredevops|pipelines)\/([^/]+\/){0,3}[^/]+\.ya?ml|\.?(travis|drone|woodpecker|appveyor|cirrus|cloudbuild|taskfile|goreleaser|render|skaffold|snapcraft)\.ya?ml|\.?devcontainer\.json|noxfile\.py|(hatch|tox|pyproject)\.toml|\.bazelrc|MODULE\.bazel|WORKSPACE(\.bazel)?|(conda-)?(env|environment)([.-][\w-]+)?\.ya?ml|(ansible|handlers|playbooks?|tasks)\/([^/]+\/){0,3}[^/]+\.ya?ml|playbook([._-][^/]*)?\.ya?ml|site\.ya?ml|docker-bake(\.[^/]+)?\.(hcl|json)|\.env(\.[^/]+)?|\.?mise\.toml|(netlify|nixpacks|project|railway)\.toml|\.?justfile|Earthfile|Tiltfile|Vagrantfile|vercel\.json|(docker-)?compose([.-][^/]+)?\.ya?ml|Jenkinsfile(\.[^/]+)?|(Dockerfile|Containerfile)(\.[^/]+)?|Makefile|tox\.ini|pip\.conf|[^/]+\.(dockerfile|containerfile|jenkinsfile|sh|bash|mk))$/i;

/**
 * What shows the chain in use, strongest first: entries of a lock file; variables and the nearest settings as the client
 * reads them; settings files beside the client's lock file, and others of the project; settings of the user and of the
 * system; start-up files of shells; files of builds; the default of a distribution.
 */
const strengths = ['lock', 'near', 'beside', 'project', 'own', 'shell', 'build', 'default'] as const;
type Strength = (typeof strengths)[number];

interface Named extends Partial<Pick<Surveyed, 'recorded'>> {
  /** The chain as written; `null`: the file is invalid. */
  readonly value: string | null;
  readonly strength: Strength;
  readonly place: { readonly file: string; readonly line: number | null };
  readonly unused?: Surveyed['others'][number]['unused'] | null;
  /** The text of a settings file, which may have credentials. */
  readonly settings?: string;
}

interface ChainFound extends Pick<Surveyed, 'recorded' | 'others' | 'unread' | 'sources'> {
  /** The chain with the strongest evidence; `null`: nothing shows one. */
  readonly chain: Today['chain'];
  /** True if a file of the project shows a chain. */
  readonly isInProject: boolean;
}

/**
 * Weighs what the client's settings and the project's files say about the chain in use.
 * @param files  all files of the project, with paths relative to it
 * @param locks  its lock files of the ecosystem
 * @returns      `sources`: all mirrors and indexes in files other than lock files, as written; an invalid file
 *   may name any
 */
export async function findChain(
  { forms }: Doctor,
  own: Today,
  surroundings: MachineSurroundings,
  files: readonly string[],
  locks: readonly string[],
): Promise<ChainFound> {
  const ofClient = [own.chain, ...(own.others ?? [])].filter((chain) => chain !== null);
  const all = ofClient.map(
    (chain): Pick<Named, 'strength' | 'unused' | 'recorded'> & { readonly chain: ChainSetting } => ({
      chain,
      strength: chain.isDefault ? 'default' : 'variable' in chain.place || chain.isOfProject ? 'near' : 'own',
    }),
  );
  const named = forms === undefined ? [] : await readForms(forms, surroundings, files, locks);
  const unread: string[] = [...(own.unread ?? [])];
  for (const { value, place, settings, ...one } of named) {
    const read = value === null || value.includes('$') ? null : own.chainOf?.(value);
    // A chain with references is one that the client itself reads.
    if (read == null && own.chain?.hasReferences !== true) unread.push(placeTextOf(place));
    if (read == null || value === null) continue;
    const isSecret = settings !== undefined && forms?.hasCredentials?.(settings, new URL(value).host) === true;
    const isOfProject = !['own', 'shell'].includes(one.strength) || place.file.endsWith('/.envrc');
    const hasCredentials = isSecret || read.hasCredentials === true;
    all.push({ ...one, chain: { ...read, place, isDefault: false, isOfProject, hasCredentials } });
  }
  all.sort((a, b) => strengths.indexOf(a.strength) - strengths.indexOf(b.strength));
  const best = all.find(({ unused }) => unused == null);
  // The client's own reading of a setting knows more about it, such as whether the user has credentials for its host.
  const chain = ofClient.find(({ text }) => text === best?.chain.text) ?? best?.chain ?? null;
  const [same = [], rest = []] = [true, false].map((is) =>
    all.filter((one) => (one.chain.text === chain?.text) === is),
  );
  return {
    chain: chain && { ...chain, hasCredentials: same.some((one) => one.chain.hasCredentials === true) },
    recorded: (chain === best?.chain ? best?.recorded : null) ?? null,
    isInProject: all.some((one) => [null, 'further'].includes(one.unused ?? null) && one.chain.isOfProject === true),
    others: [...Map.groupBy(rest, (one) => one.chain.text)].flatMap(([text, [one]]) =>
      one === undefined || one.strength === 'default'
        ? []
        : { chain: text, setIn: placeTextOf(one.chain.place), unused: one.unused ?? 'other' },
    ),
    unread: [...new Set(unread)],
    sources: named.flatMap(({ recorded, value }) => (recorded == null ? (value ?? '$') : [])),
  };
}

/** The maximum number of mirrors of one file. With more, one more counts as a mirror that cannot be read. */
const namedMax = 100;

function limit(named: readonly Named[]): readonly Named[] {
  return named.slice(0, namedMax + 1).map((one, at) => (at < namedMax ? one : { ...one, value: '$' }));
}

type Reader = (text: string, file: string) => readonly Named[];

async function readForms(
  forms: ChainForms,
  { machine, assignments }: MachineSurroundings,
  files: readonly string[],
  locks: readonly string[],
): Promise<readonly Named[]> {
  const shell = inBuild(forms, 'shell');
  const ofShells = assignments.flatMap(({ name, value, file, line }) =>
    shell(`${name}=${value ?? '$'}`, file).map((one) => ({ ...one, place: { file, line } })),
  );
  const named = [...limit(ofShells)];
  const all = [...files, ...(forms.userFiles?.(machine) ?? [])];
  const readers: readonly (readonly [files: readonly string[], read: Reader])[] = [
    [locks, recordedBy(forms)],
    ...forms.files.map((form) => [all.filter((file) => form.path.test(file)), inForm(form, locks)] as const),
    [files.filter((file) => settingFiles.test(file)), inBuild(forms, 'build')],
  ];
  for (const [paths, read] of readers)
    for (const file of paths) {
      const text = await machine.read(resolve(machine.cwd, file));
      if (text.tag === 'ok') named.push(...limit(read(text.text, file)));
    }
  return named;
}

/** Counts the entries of a lock file by the mirror that they record. More than half of them show the one in use. */
function recordedBy({ recordedIn }: ChainForms): Reader {
  return (text, file) => {
    const entries = recordedIn?.(basename(file), text) ?? [];
    const [of, place] = [entries.length, { file, line: null }];
    return [...Map.groupBy(entries, (value) => value)].flatMap(([value, { length: count }]) => {
      const unused = count * 2 > of ? null : 'few';
      return value === null ? [] : { value, strength: 'lock', place, unused, recorded: { count, of } };
    });
  };
}

function inForm({ read, lock }: FileForm, locks: readonly string[]): Reader {
  return (settings, file) => {
    const hasLock = locks.some((one) => dirname(one) === dirname(file) && lock.test(basename(one)));
    const strength = isAbsolute(file) ? 'own' : locks.includes(file) ? 'lock' : hasLock ? 'beside' : 'project';
    return (
      read(settings)
        ?.slice(0, namedMax + 1)
        .map(({ value, isFurther }) => {
          const line = settings.slice(0, settings.indexOf(value)).split('\n').length;
          return { value, strength, place: { file, line }, unused: isFurther === true ? 'further' : null, settings };
        }) ?? [{ value: null, strength, place: { file, line: null } }]
    );
  };
}

function inBuild(forms: ChainForms, strength: Strength): Reader {
  return (text, file) =>
    mirrorsInBuild(text, forms).map(({ value, line, isFurther, isConditional }) => {
      const unused = isFurther === true ? 'further' : isConditional ? 'condition' : null;
      return { value, strength, place: { file, line }, unused };
    });
}
