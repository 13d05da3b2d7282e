import { maskText } from '../../core/secret.ts';
import type { Edit, Trap } from '../../core/trap.ts';
import { isLoopbackHost } from '../../core/url.ts';
import type { Say } from '../../words/words.ts';
import { explainPlainUrl, explainShadowed, type KnownTraps } from '../doctor.ts';
import { type PypiFound, type PypiSetting, sortInOrder } from './settings-found.ts';

/** Traps of the settings of pip and uv. */
export const pypiKinds = {
  'pip-index-shadowed': { severity: 'warning', isFixable: false },
  'pip-extra-index': { severity: 'error', isFixable: false },
  'pip-trusted-host': { severity: 'error', isFixable: true },
  'pip-index-plain': { severity: 'warning', isFixable: false },
  'pip-uv-differ': { severity: 'note', isFixable: false },
  'uv-index-shadowed': { severity: 'warning', isFixable: false },
  'uv-unsafe-strategy': { severity: 'error', isFixable: true },
  'uv-insecure-host': { severity: 'error', isFixable: true },
} as const satisfies KnownTraps;

type PypiTrap = Trap & { readonly id: keyof typeof pypiKinds };

/** Finds the traps in these settings. */
export function findPypiTraps(found: PypiFound, say: Say): readonly PypiTrap[] {
  return [...shadowed(found, say), ...differing(found, say), ...found.settings.flatMap((setting) => of(setting, say))];
}

function shadowed(found: PypiFound, say: Say): readonly PypiTrap[] {
  const rows = [
    ['pip', 'index-url', 'pip-index-shadowed'],
    ['uv', 'default-index', 'uv-index-shadowed'],
  ] as const;
  return rows.flatMap(([client, key, id]): PypiTrap[] => {
    const [first, ...others] = sortInOrder(found, client, key);
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
        set: explainShadowed(first, hidden, say),
        edits: [],
      },
    ];
  });
}

function differing(found: PypiFound, say: Say): readonly PypiTrap[] {
  const [pip] = sortInOrder(found, 'pip', 'index-url');
  const [uv] = sortInOrder(found, 'uv', 'default-index');
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

/** The traps of a single setting. */
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
          set: [explainPlainUrl('pypi', plain(url), say)],
          edits: [],
        }));
  }
}

/** How to remove a setting from its place. */
function outOf({ place }: PypiSetting, say: Say): string {
  return 'variable' in place ? say('trap.variable.out', { name: place.variable }) : say('trap.line.out');
}

/** URLs without credentials and with one final slash, for comparison. */
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

/** A project's files are not edited; those of the user and the system belong to pip and uv. */
function dropped({ place, lines, level }: PypiSetting): readonly Edit[] {
  if (!('file' in place) || level === 'project' || level === 'shell') return [];
  const { file } = place;
  return lines.map(({ line, text }) => ({ file, line, was: text, becomes: [] }));
}
