import { maskChain } from '../../core/secret.ts';
import type { Edit, Trap } from '../../core/trap.ts';
import type { Say } from '../../words/say.ts';
import { sayTold } from '../../words/told.ts';
import { goproxyMistake, parseGoproxy } from './client.ts';
import type { goKinds } from './doctor-kinds.ts';
import { leakTraps } from './leaks.ts';
import { matchesGoPatterns } from './patterns.ts';
import type { GoFound, GoSetting, GoVariable } from './settings-found.ts';

type GoTrap = Trap & { readonly id: keyof typeof goKinds };

/** What is wrong with these settings. */
export function goTraps(found: GoFound, say: Say): readonly GoTrap[] {
  return [
    ...shadowed(found, say),
    ...differing(found, say),
    ...found.settings.filter(({ name }) => name === 'GOPROXY').flatMap((setting) => proxyTraps(setting, say)),
    ...found.settings.flatMap((setting) => unsafe(setting, say)),
    ...leakTraps(found, say),
  ];
}

function shadowed({ settings }: GoFound, say: Say): readonly GoTrap[] {
  return settings.flatMap((own): GoTrap[] => {
    const above = settings.find(({ name, source }) => name === own.name && source === 'environment');
    if (own.source !== 'file' || above === undefined || above.value === own.value) return [];
    const { name } = own;
    const lines = settings.filter((one) => one.name === name && one.source === 'shell' && one.value === above.value);
    return [
      {
        id: 'go-env-shadowed',
        what: say('trap.go-env-shadowed.what', { name, above: shown(above), own: shown(own) }),
        where: [above.place, ...lines.map(({ place }) => place), own.place],
        set: [say('trap.go-env-shadowed.unset', { name }), say('trap.go-env-shadowed.drop', { name })],
        edits: dropped(own),
      },
    ];
  });
}

function differing({ settings }: GoFound, say: Say): readonly GoTrap[] {
  return [...new Set(settings.map(({ name }) => name))].flatMap((name): GoTrap[] => {
    const of = (...sources: readonly GoSetting['source'][]): readonly GoSetting[] =>
      settings.filter((one) => one.name === name && sources.includes(one.source));
    const [shells, direnv, own] = [of('shell'), of('direnv'), of('shell', 'file')];
    const traps: GoTrap[] = [];
    if (new Set(shells.map(({ value }) => value)).size > 1)
      traps.push({
        id: 'go-shells-differ',
        what: say('trap.go-shells-differ.what', { name, values: listed(shells, say) }),
        where: shells.map(({ place }) => place),
        set: [say('trap.go-shells-differ.set', { name })],
        edits: [],
      });
    const [project] = direnv;
    const others = own.filter(({ value }) => value !== project?.value);
    if (project !== undefined && others.length > 0)
      traps.push({
        id: 'go-direnv-differs',
        what: say('trap.go-direnv-differs.what', { name, project: shown(project), others: listed(others, say) }),
        where: [project.place, ...others.map(({ place }) => place)],
        set: [say('trap.go-direnv-differs.set', { name })],
        edits: [],
      });
    return traps;
  });
}

function proxyTraps(setting: GoSetting, say: Say): readonly GoTrap[] {
  const { value, place } = setting;
  if (setting.source === 'distribution') return [];
  const mistake = goproxyMistake(value);
  if (mistake !== null)
    return [
      {
        id: 'go-proxy-malformed',
        what: say('trap.go-proxy-malformed.what', { value: shown(setting), expected: sayTold(mistake, say) }),
        where: [place],
        set: [say('trap.go-proxy-malformed.set')],
        edits: [],
      },
    ];
  const parsed = parseGoproxy(value);
  if (parsed.tag === 'error') return [];
  const ended = /(?:^|[,|])\s*(direct|off)\s*[,|]\s*(.*[^,|\s].*)$/.exec(value);
  if (ended !== null) {
    const [, word = '', rest = ''] = ended;
    const head = value.slice(0, value.length - rest.length).replace(/\s*[,|]\s*$/, '');
    return [
      {
        id: 'go-proxy-unreached',
        what: say('trap.go-proxy-unreached.what', { value: shown(setting), word }),
        where: [place],
        set: [`go env -w GOPROXY='${maskChain(head)}'`],
        edits: replaced(setting, head),
      },
    ];
  }
  const last = parsed.value.members.at(-1);
  if (last?.kind !== 'url' || last.plain.startsWith('file:')) return [];
  return [
    {
      id: 'go-direct-missing',
      what: say('trap.go-direct-missing.what', { value: shown(setting) }),
      where: [place],
      set: [say('trap.go-direct-missing.set', { value: maskChain(value) })],
      edits: replaced(setting, `${value},direct`),
    },
  ];
}

/** Well-known public modules: a pattern that matches one is no pattern of private names. */
const publicModules = ['github.com/google/uuid', 'golang.org/x/net', 'gopkg.in/yaml.v3', 'google.golang.org/grpc'];

export function tooWide(value: string): readonly string[] {
  return value.split(',').filter((glob) => publicModules.some((module) => matchesGoPatterns([glob.trim()], module)));
}

/** What one setting makes unsafe, and what it should be instead. */
function unsafe(setting: GoSetting, say: Say): readonly GoTrap[] {
  const { name, value } = setting;
  if ((name === 'GOSUMDB' && value === 'off') || (name === 'GONOSUMCHECK' && value !== '0'))
    return [without('go-sumdb-off', say('trap.go-unsafe.what', { name, value }), setting, [], say)];
  if (name === 'GOINSECURE')
    return [without('go-insecure', say('trap.go-unsafe.what', { name, value }), setting, [], say)];
  if (name === 'GOFLAGS') {
    const flags = value.split(/\s+/).filter((flag) => flag !== '');
    const kept = flags.filter((flag) => !/^--?insecure(=|$)/.test(flag));
    return kept.length === flags.length
      ? []
      : [without('go-insecure', say('trap.go-insecure.flags'), setting, kept, say, ' ')];
  }
  const wide = name === 'GONOSUMDB' || name === 'GOPRIVATE' ? tooWide(value) : [];
  if (wide.length === 0) return [];
  const kept = value.split(',').filter((glob) => !wide.includes(glob));
  return [
    without(
      'go-sumdb-skipped',
      say('trap.go-sumdb-skipped.what', { name, globs: wide.join(say('list.and')) }),
      setting,
      kept,
      say,
    ),
  ];
}

/** A setting to be taken out, or cut down to what may stay. */
function without(
  id: GoTrap['id'],
  what: string,
  setting: GoSetting,
  kept: readonly string[],
  say: Say,
  separator: ' ' | ',' = ',',
): GoTrap {
  const { name, place } = setting;
  const becomes = kept.join(separator);
  const isKept = kept.length > 0;
  return {
    id,
    what,
    where: [place],
    set: [isKept ? `go env -w ${name}='${becomes}'` : say('trap.go-unsafe.drop', { name })],
    edits: isKept ? replaced(setting, becomes) : dropped(setting),
  };
}

/** The file of `go env -w` is ours to mend; shells' files, the environment and the distribution's are not. */
function dropped(setting: GoSetting): readonly Edit[] {
  return edit(setting, []);
}

function replaced(setting: GoSetting, value: string): readonly Edit[] {
  return edit(setting, [`${setting.name}=${value}`]);
}

function edit({ source, place, line }: GoSetting, becomes: readonly string[]): readonly Edit[] {
  if (source !== 'file' || line === null || !('file' in place)) return [];
  return [{ file: place.file, line: place.line, was: line, becomes }];
}

function shown({ name, value }: { readonly name: GoVariable; readonly value: string }): string {
  return name === 'GOPROXY' || name === 'GOSUMDB' ? maskChain(value) : value;
}

function listed(settings: readonly GoSetting[], say: Say): string {
  return [...new Set(settings.map(shown))].join(say('list.and'));
}
