import { isLoopbackHost } from '../../core/inner-host.ts';
import { maskUrl } from '../../core/secret.ts';
import type { Edit, Trap } from '../../core/trap.ts';
import type { pypiKinds } from './doctor-kinds.ts';
import { inOrder, type PypiFound, type PypiSetting } from './settings-found.ts';

type PypiTrap = Trap & { readonly id: keyof typeof pypiKinds };

/** What is wrong with these settings. */
export function pypiTraps(found: PypiFound): readonly PypiTrap[] {
  return [...shadowed(found), ...differing(found), ...found.settings.flatMap(of)];
}

function shadowed(found: PypiFound): readonly PypiTrap[] {
  const rows = [
    ['pip', 'index-url', 'pip-index-shadowed', 'pip config set global.index-url'],
    ['uv', 'default-index', 'uv-index-shadowed', 'export UV_DEFAULT_INDEX='],
  ] as const;
  return rows.flatMap(([client, key, id, command]): PypiTrap[] => {
    const [first, ...others] = inOrder(found, client, key);
    const hidden = others.filter((one) => plain(one.values[0]) !== plain(first?.values[0]));
    if (first === undefined || hidden.length === 0) return [];
    const listed = hidden.map((one) => `${shown(one)} (${one.level})`).join(' and ');
    return [
      {
        id,
        what: `${shown(first)} counts (${first.level}), not ${listed}.`,
        where: [first, ...hidden].map(({ place }) => place),
        set: [
          `${command}${command.endsWith('=') ? '' : ' '}${plain(first.values[0])}    # and take the others out, or this one`,
        ],
        edits: [],
      },
    ];
  });
}

function differing(found: PypiFound): readonly PypiTrap[] {
  const [pip] = inOrder(found, 'pip', 'index-url');
  const [uv] = inOrder(found, 'uv', 'default-index');
  if (pip === undefined || uv === undefined || plain(pip.values[0]) === plain(uv.values[0])) return [];
  return [
    {
      id: 'pip-uv-differ',
      what: `pip asks ${shown(pip)}, uv ${shown(uv)}.`,
      where: [pip.place, uv.place],
      set: ['Set the same index for both, where the difference is not meant.'],
      edits: [],
    },
  ];
}

/** What one setting is a trap for by itself. */
function of(setting: PypiSetting): readonly PypiTrap[] {
  const { client, key, values, place } = setting;
  const where = [place];
  const listed = values.map(maskUrl).join(' ');
  switch (key) {
    case 'extra-index-url':
      return [
        {
          id: 'pip-extra-index',
          what: `extra-index-url is ${listed}.`,
          where,
          set: [
            'One index that has both (devpi, Nexus, Artifactory), as index-url; or uv, which takes the first index that knows a name:',
            '[[index]] name = "own", url = "…", explicit = true    # in uv.toml, and [tool.uv.sources] for your names',
          ],
          edits: [],
        },
      ];
    case 'trusted-host':
    case 'allow-insecure-host': {
      const hosts = values.filter((one) => !isLoopbackHost(one.replace(/:\d+$/, '')));
      if (hosts.length === 0) return [];
      return [
        {
          id: client === 'pip' ? 'pip-trusted-host' : 'uv-insecure-host',
          what: `${key} is ${hosts.join(' ')}.`,
          where,
          set: [
            client === 'pip' ? 'pip config unset global.trusted-host' : 'Take allow-insecure-host out.',
            client === 'pip'
              ? 'pip config set global.cert /path/to/your-authority.pem    # where it is your own authority'
              : 'export SSL_CERT_FILE=/path/to/your-authority.pem    # where it is your own authority',
          ],
          edits: hosts.length === values.length ? dropped(setting) : [],
        },
      ];
    }
    case 'index-strategy':
      if (!values.includes('unsafe-best-match') && !values.includes('unsafe-any-match')) return [];
      return [
        {
          id: 'uv-unsafe-strategy',
          what: `index-strategy is ${listed}.`,
          where,
          set: ['Take index-strategy out: uv then takes the first index that knows a name.'],
          edits: dropped(setting),
        },
      ];
    default:
      return values
        .filter((url) => /^http:/i.test(url) && URL.canParse(url) && !isLoopbackHost(new URL(url).hostname))
        .map((url) => ({
          id: 'pip-index-plain',
          what: `${client} is told ${maskUrl(url)}.`,
          where,
          set: [maskUrl(url).replace(/^http:/i, 'https:')],
          edits: [],
        }));
  }
}

/** URLs without credentials, with one slash at their end. */
export function plain(text = ''): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/*$/, '/');
}

function shown({ values: [value = ''] }: PypiSetting): string {
  return maskUrl(value);
}

/** A project's files are its people's; those of the user and the system are pip's and uv's own. */
function dropped({ place, lines, level }: PypiSetting): readonly Edit[] {
  if (!('file' in place) || level === 'project' || level === 'shell') return [];
  const { file } = place;
  return lines.map(({ line, text }) => ({ file, line, was: text, becomes: [] }));
}
