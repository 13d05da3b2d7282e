import { join } from 'node:path';
import { type ChainForms, type NamedMirror, readToml, readYaml, tablesAt, textsAt } from '../chain-forms.ts';
import { configFolderOf } from '../doctor.ts';
import { type Fields, fieldsOf } from '../parse-json.ts';
import { isForeignIndex, isPage } from './lock-source.ts';

/** The lists of indexes in settings files, and which of their indexes do not replace the public one. */
const lists: readonly (readonly [path: readonly string[], isFurther: (index: Fields, at: number) => boolean])[] = [
  [
    ['tool', 'poetry', 'source'],
    ({ priority, secondary }) => secondary === true || /supplemental|secondary|explicit/.test(String(priority)),
  ],
  [['tool', 'rye', 'sources'], ({ name }) => name !== 'default'],
  [['tool', 'pdm', 'source'], ({ name, type = 'index' }) => name !== 'pypi' || type !== 'index'],
  [['tool', 'uv', 'index'], (index) => index['default'] !== true],
  [['index'], (index) => index['default'] !== true],
  [['source'], (_, at) => at > 0],
  [['_meta', 'sources'], (_, at) => at > 0],
];

/** The tables with options of uv. */
const tables = [['tool', 'uv'], ['tool', 'uv', 'pip'], ['tool', 'pixi', 'pypi-options'], ['pypi-options'], ['pip'], []];
const options = ['index-url', 'extra-index-url', 'find-links'];

/** Returns the indexes in a parsed pyproject.toml, uv.toml, Pipfile or Pipfile.lock, and the pages with files. */
export function indexesOf(fields: Fields): readonly NamedMirror[] {
  const listed = lists.flatMap(([path, isFurther]) =>
    tablesAt(fields, ...path).flatMap((index, at) =>
      textsAt(index, 'url').map((value) => ({ value, isFurther: isFurther(index, at) })),
    ),
  );
  const set = options.flatMap((key, at) =>
    tables
      .flatMap((table) => textsAt(fields, ...table, key))
      .flatMap((value) => (key !== 'find-links' || isPage(value) ? { value, isFurther: at > 0 } : [])),
  );
  // The mirror of poetry-plugin-pypi-mirror.
  const ofPlugin = textsAt(fields, 'plugins', 'pypi_mirror', 'url').map((value) => ({ value }));
  return [...listed, ...set, ...ofPlugin];
}

const isNewTox = /^(?:min_?version|requires)[ \t]*=[^\d\n]{0,40}[4-9]/m;
const indexServers = /^indexserver[ \t]*=(.*(?:\n[ \t]+\S.*)*)/m;

export const pypiForms: ChainForms = {
  files: [
    {
      path: /(?:^|\/)(?:(?:pyproject|uv|poetry|pixi|pypoetry\/config)\.toml|Pipfile(?:\.lock)?)$/,
      lock: /^(?:poetry|pdm|uv|Pipfile)\.lock$/,
      read(text) {
        // Pipfile.lock is JSON, which is YAML too.
        const fields = (text.startsWith('{') ? readYaml : readToml)(text);
        return fields && indexesOf(fields);
      },
    },
    {
      path: /(?:^|\/)requirements(?:[.-][\w.-]+)?\.txt$/,
      lock: /^requirements/,
      // Of several lines, the last one counts.
      read: (text) =>
        [...text.matchAll(/^[ \t]*(?:-i|--index-url)[=\s][ \t]*(\S+)/gm)]
          .map(([, value = '']) => ({ value }))
          .reverse(),
    },
    {
      // tox 3 gives the server `default` to pip as `-i`; tox 4 ignores the list.
      path: /(?:^|\/)(?:tox\.ini|setup\.cfg)$/,
      lock: /^requirements/,
      read: (text) =>
        [
          ...(isNewTox.test(text) ? '' : (indexServers.exec(text)?.[1] ?? '')).matchAll(
            /^[ \t]*([\w.-]+)[ \t]*=[ \t]*(https?:\S+)/gm,
          ),
        ].map(([, name, value = '']) => ({ value, isFurther: name !== 'default' })),
    },
  ],
  userFiles: (machine) => [join(configFolderOf(machine), 'pypoetry/config.toml')],
  keys: /(?:extra[-_])?index[-_]url|(?:default|uv|-)[-_]index(?![-_]url)|source\s+add\s+(?:-\S+\s+){0,3}[\w.-]+(?:\s+-\S+){0,3}|find[-_]links|pypi[-_.](?:mirror|url)|(?<=["'\s])-[if](?=["'\s=])/gi,
  meaningOf(key, command) {
    const isPip =
      (/\b(?:pip|uv|session\b)/.test(command) && /\b(?:install|download|wheel|sync|compile)\b/.test(command)) ||
      // Ansible's module pip, and the list of pip in a file of conda.
      /^\s*(?:extra_args:|- )\s*["']?-[if]\b/.test(command);
    if (/^-[if]$/.test(key)) return !isPip ? null : key === '-i' ? 'default' : 'further';
    return /^(?:index|default|pypi|source(?!.*(?:supplemental|secondary|explicit)))/i.test(key) ? 'default' : 'further';
  },
  /** Reads a uv.lock or a poetry.lock. */
  recordedIn: (name, text) =>
    tablesAt(/^(?:uv|poetry)\.lock$/.test(name) ? readToml(text) : null, 'package').flatMap(({ source }) => {
      const { registry, type, url = registry } = fieldsOf(source) ?? { type: 'legacy', url: null };
      if (typeof url === 'string' && isPage(url) && (type === 'legacy' || url === registry))
        return isForeignIndex(url, []) ? url : null;
      return source === undefined ? null : [];
    }),
};
