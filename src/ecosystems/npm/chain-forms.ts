import { join } from 'node:path';
import { type ChainForms, type ReadFields, readToml, readYaml, textsAt } from '../chain-forms.ts';
import { configFolderOf } from '../doctor.ts';
import { registriesIn } from './lock-reader.ts';

/** Makes a reader for files with a key and a value in each line. It reads them up to the first section. */
function linesOf(pattern: RegExp): ReadFields {
  return (text) => {
    const [top = ''] = text.split(/^[ \t]*\[/m, 1);
    return Object.fromEntries([...top.matchAll(pattern)].map(([, key, value]) => [key, value]));
  };
}

const readNpmrc = linesOf(/^[ \t]*"?([\w-]+)"?[ \t]*=[ \t]*["']?([^\s"';#]+)/gm);
const readYarnrc = linesOf(/^"?([\w-]+)"?[ \t]+"?([^\s"]+)/gm);
const anyLock = /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?)$/;

/** The settings files: the path, the client's lock files, the parser, and the paths of keys that set the registry. */
const files: readonly (readonly [RegExp, RegExp, ReadFields, ...(readonly string[])[]])[] = [
  [/(?:^|\/)\.yarnrc\.yml$/, /^yarn\.lock$/, readYaml, ['npmRegistryServer']],
  [/(?:^|\/)\.yarnrc$/, /^yarn\.lock$/, readYarnrc, ['registry']],
  [/(?:^|\/)pnpm(?:-workspace|\/config)\.yaml$/, /^pnpm-lock/, readYaml, ['registries', 'default'], ['registry']],
  [/(?:^|\/)\.?bunfig\.toml$/, /^bun\.lock/, readToml, ['install', 'registry'], ['install', 'registry', 'url']],
  [/(?:^|\/)pnpm\/rc$/, /^pnpm-lock/, readNpmrc, ['registry']],
  [/(?:^|\/)\.npmrc$/, anyLock, readNpmrc, ['registry']],
];

/** Matches a CI file in which setup-node has a scope (GitHub's registry always has one), or that publishes. @see https://github.com/actions/setup-node/blob/main/src/authutil.ts */
const scoped = /^[ \t]*(?:scope:|registry-url:.*\bgithub\.com)|\bpublish\b/m;

export const npmForms: ChainForms = {
  files: files.map(([path, lock, parse, ...keys]) => ({
    ...{ path, lock },
    read(text) {
      const fields = parse(text);
      return fields && keys.flatMap((key) => textsAt(fields, ...key).map((value) => ({ value })));
    },
  })),
  userFiles: ({ env, home }) => [
    ...['.yarnrc.yml', '.yarnrc', '.bunfig.toml'].map((name) => join(home, name)),
    ...['rc', 'config.yaml'].map((name) => join(configFolderOf({ env, home }), 'pnpm', name)),
  ],
  hasCredentials: (text, host) =>
    text
      .split('\n')
      .some((line) => /_auth|token|ident|passw/i.test(line) && (!line.includes('//') || line.includes(`//${host}`))),
  keys: /p?npm_config_registry|npm_?registry_?server|(?:yarn|bun_config)_registry|--registry|registry-url|set\s+(?:-\S+\s+){0,3}["']?(?:registry|npmRegistryServer)|(?<![\w:.@-])registry(?=\s*=)/gi,
  meaningOf(key, command, text) {
    // Without a scope, the action setup-node sets the registry of all packages.
    if (key === 'registry-url' && /\bsetup-node@/.test(text) && !scoped.test(text)) return 'default';
    // A variable REGISTRY may be for images.
    if (/url$/i.test(key) || key === 'REGISTRY' || /\b(?:publish|login|adduser)\b/.test(command)) return 'further';
    return /^--/.test(key) && !/\b(?:c?npm|npx|pnpm|yarn|bun)\b/.test(command) ? null : 'default';
  },
  recordedIn: registriesIn,
};
