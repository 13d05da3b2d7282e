import { isLoopback } from '../../core/addresses.ts';
import { maskText } from '../../core/secret.ts';
import type { Edit, Trap } from '../../core/trap.ts';
import type { Say } from '../../words/words.ts';
import { editOf, explainPlainUrl, explainShadowed, type KnownTraps, plainUrlOf, removalOf, trapOf } from '../doctor.ts';
import { type PypiFound, type PypiSetting, sortInOrder } from './settings-found.ts';

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
    const hidden = others.filter((one) => urlOf(one) !== (first && urlOf(first)));
    if (first === undefined || hidden.length === 0) return [];
    const what = say('trap.pypi-index-shadowed.what', {
      first: shown(first),
      level: say(`trap.level.${first.level}`),
      others: hidden.map((one) => `${shown(one)} (${say(`trap.level.${one.level}`)})`).join(say('list.and')),
    });
    const where = [first, ...hidden].map(({ place }) => place);
    return [trapOf(id, what, where, explainShadowed(first, hidden, say))];
  });
}

function differing(found: PypiFound, say: Say): readonly PypiTrap[] {
  const [pip] = sortInOrder(found, 'pip', 'index-url');
  const [uv] = sortInOrder(found, 'uv', 'default-index');
  if (pip === undefined || uv === undefined || urlOf(pip) === urlOf(uv)) return [];
  const what = say('trap.pip-uv-differ.what', { pip: shown(pip), uv: shown(uv) });
  return [trapOf('pip-uv-differ', what, [pip.place, uv.place], [say('trap.pip-uv-differ.set')])];
}

function of(setting: PypiSetting, say: Say): readonly PypiTrap[] {
  const { client, key, values, place } = setting;
  const textFor = (shownValues: readonly string[]): string =>
    say('trap.pypi-setting.what', { key, value: shownValues.map(maskText).join(' ') });
  switch (key) {
    case 'extra-index-url': {
      const set = [say('trap.pip-extra-index.one'), say('trap.pip-extra-index.sources'), ...explicitIndex];
      return [trapOf('pip-extra-index', textFor(values), [place], set)];
    }
    case 'trusted-host':
    case 'allow-insecure-host': {
      const hosts = values.filter((one) => !isLoopback(one.replace(/:\d+$/, '')));
      if (hosts.length === 0) return [];
      const id = client === 'pip' ? 'pip-trusted-host' : 'uv-insecure-host';
      const set = [removalOf(place, say), say(`trap.${id}.authority`)];
      return [trapOf(id, textFor(hosts), [place], set, hosts.length === values.length ? dropped(setting) : [])];
    }
    case 'index-strategy': {
      if (!values.includes('unsafe-best-match') && !values.includes('unsafe-any-match')) return [];
      const set = [removalOf(place, say), say('trap.uv-unsafe-strategy.set')];
      return [trapOf('uv-unsafe-strategy', textFor(values), [place], set, dropped(setting))];
    }
    case 'cert':
    case 'index':
      return [];
    default:
      return values
        .filter((url) => /^http:/i.test(url) && URL.canParse(url) && !isLoopback(new URL(url).hostname))
        .map((url) => {
          const what = say('trap.pip-index-plain.what', { client, url: maskText(url) });
          return trapOf('pip-index-plain', what, [place], [explainPlainUrl('pypi', plainUrlOf(url), say)]);
        });
  }
}

/** The lines for a uv index that serves only the packages that name it as their source. */
const explicitIndex = ['[[index]]', 'name = "own"', 'url = "https://pypi.example.com/simple"', 'explicit = true'];

/** Returns the URL in a setting: its first value, without user-info and with one final slash. */
export function urlOf({ values: [value = ''] }: PypiSetting): string {
  return plainUrlOf(value);
}

function shown({ values: [value = ''] }: PypiSetting): string {
  return maskText(value);
}

/**
 * Returns the edits that delete a setting. The list is empty for a variable, a file of the project and a file that
 * shells read.
 */
function dropped({ written, level }: PypiSetting): readonly Edit[] {
  return level === 'project' ? [] : (written?.lines ?? []).map((line) => editOf(line, []));
}
