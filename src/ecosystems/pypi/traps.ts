import { isLoopbackHost } from '../../core/inner-host.ts';
import { maskText } from '../../core/mask-text.ts';
import type { Edit, Trap } from '../../core/trap.ts';
import type { Say } from '../../words/say.ts';
import { askWhetherTls, keptOrDropped } from '../trap-lines.ts';
import type { pypiKinds } from './doctor-kinds.ts';
import { inOrder, type PypiFound, type PypiSetting } from './settings-found.ts';

type PypiTrap = Trap & { readonly id: keyof typeof pypiKinds };

/** What is wrong with these settings. */
export function pypiTraps(found: PypiFound, say: Say): readonly PypiTrap[] {
  return [...shadowed(found, say), ...differing(found, say), ...found.settings.flatMap((setting) => of(setting, say))];
}

function shadowed(found: PypiFound, say: Say): readonly PypiTrap[] {
  const rows = [
    ['pip', 'index-url', 'pip-index-shadowed'],
    ['uv', 'default-index', 'uv-index-shadowed'],
  ] as const;
  return rows.flatMap(([client, key, id]): PypiTrap[] => {
    const [first, ...others] = inOrder(found, client, key);
    const hidden = others.filter((one) => plain(one.values[0]) !== plain(first?.values[0]));
    if (first === undefined || hidden.length === 0) return [];
    const listed = hidden.map((one) => `${shown(one)} (${say(`trap.level.${one.level}`)})`).join(say('list.and'));
    return [
      {
        id,
        what: say('trap.pypi-index-shadowed.what', {
          first: shown(first),
          level: say(`trap.level.${first.level}`),
          others: listed,
        }),
        where: [first, ...hidden].map(({ place }) => place),
        set: keptOrDropped(first, hidden, say),
        edits: [],
      },
    ];
  });
}

function differing(found: PypiFound, say: Say): readonly PypiTrap[] {
  const [pip] = inOrder(found, 'pip', 'index-url');
  const [uv] = inOrder(found, 'uv', 'default-index');
  if (pip === undefined || uv === undefined || plain(pip.values[0]) === plain(uv.values[0])) return [];
  return [
    {
      id: 'pip-uv-differ',
      what: say('trap.pip-uv-differ.what', { pip: shown(pip), uv: shown(uv) }),
      where: [pip.place, uv.place],
      set: [say('trap.pip-uv-differ.set')],
      edits: [],
    },
  ];
}

/** What one setting is a trap for by itself. */
function of(setting: PypiSetting, say: Say): readonly PypiTrap[] {
  const { client, key, values, place } = setting;
  const where = [place];
  const listed = values.map(maskText).join(' ');
  switch (key) {
    case 'extra-index-url':
      return [
        {
          id: 'pip-extra-index',
          what: say('trap.pypi-setting.what', { key, value: listed }),
          where,
          set: [
            say('trap.pip-extra-index.one'),
            say('trap.pip-extra-index.sources'),
            '[[index]]',
            'name = "own"',
            'url = "https://pypi.example.com/simple"',
            'explicit = true',
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
          what: say('trap.pypi-setting.what', { key, value: hosts.map(maskText).join(' ') }),
          where,
          set: [
            outOf(setting, say),
            say(client === 'pip' ? 'trap.pip-trusted-host.authority' : 'trap.uv-insecure-host.authority'),
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
          what: say('trap.pypi-setting.what', { key, value: listed }),
          where,
          set: [outOf(setting, say), say('trap.uv-unsafe-strategy.set')],
          edits: dropped(setting),
        },
      ];
    case 'cert':
      return [];
    default:
      return values
        .filter((url) => /^http:/i.test(url) && URL.canParse(url) && !isLoopbackHost(new URL(url).hostname))
        .map((url) => ({
          id: 'pip-index-plain',
          what: say('trap.pip-index-plain.what', { client, url: maskText(url) }),
          where,
          set: [askWhetherTls('pypi', plain(url), say)],
          edits: [],
        }));
  }
}

/** How a setting is taken out of where it stands. */
function outOf({ place }: PypiSetting, say: Say): string {
  return 'variable' in place ? say('trap.variable.out', { name: place.variable }) : say('trap.line.out');
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
  return maskText(value);
}

/** A project's files are its people's; those of the user and the system are pip's and uv's own. */
function dropped({ place, lines, level }: PypiSetting): readonly Edit[] {
  if (!('file' in place) || level === 'project' || level === 'shell') return [];
  const { file } = place;
  return lines.map(({ line, text }) => ({ file, line, was: text, becomes: [] }));
}
