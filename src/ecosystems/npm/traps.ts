import { isInnerHost, isLoopbackHost } from '../../core/inner-host.ts';
import { maskUrl } from '../../core/secret.ts';
import type { Edit, Trap } from '../../core/trap.ts';
import type { npmKinds } from './doctor-kinds.ts';
import { matchesNpmPatterns } from './patterns.ts';
import { type NpmFound, type NpmSetting, placesOfKey, tlsVariable } from './settings-found.ts';

type NpmTrap = Trap & { readonly id: keyof typeof npmKinds };

/** What is wrong with these settings. */
export function npmTraps(found: NpmFound): readonly NpmTrap[] {
  return [
    ...registryTraps(found),
    ...found.settings.flatMap(tlsTraps),
    ...found.settings.flatMap((setting) => authTraps(setting, found)),
    ...scopeTraps(found),
  ];
}

function registryTraps(found: NpmFound): readonly NpmTrap[] {
  const places = placesOfKey(found, 'registry');
  const [first] = places;
  const traps: NpmTrap[] = [];
  const others = places.slice(1).filter((one) => plainUrl(one.value) !== plainUrl(first?.value ?? ''));
  if (first !== undefined && others.length > 0)
    traps.push({
      id: 'npm-registry-shadowed',
      what: `${shown(first)} counts (${first.level}), not ${others.map((one) => `${shown(one)} (${one.level})`).join(' and ')}.`,
      where: [first, ...others].map(({ place }) => place),
      set: [`npm config set registry ${plainUrl(first.value)}    # and take the others out, or this one`],
      edits: [],
    });
  const yarn = found.settings.find(({ key, level }) => key === 'registry' && level === 'yarn');
  const project = places.find(({ level }) => level === 'project');
  if (yarn !== undefined && project !== undefined && plainUrl(yarn.value) !== plainUrl(project.value))
    traps.push({
      id: 'npm-clients-differ',
      what: `npm is told ${shown(project)}, yarn ${shown(yarn)}.`,
      where: [project.place, yarn.place],
      set: [`yarn config set npmRegistryServer ${plainUrl(project.value)}`],
      edits: [],
    });
  for (const setting of found.settings.filter(isRegistry)) {
    const host = hostOf(setting.value);
    if (/^http:/i.test(setting.value) && host !== null && !isLoopbackHost(host))
      traps.push({
        id: 'npm-registry-plain',
        what: `${setting.key} is ${shown(setting)}.`,
        where: [setting.place],
        set: [`npm config set ${setting.key} ${plainUrl(setting.value).replace(/^http:/i, 'https:')}`],
        edits: [],
      });
  }
  return traps;
}

function tlsTraps(setting: NpmSetting): readonly NpmTrap[] {
  const { key, value, place } = setting;
  const isOff = (key === 'strict-ssl' && value === 'false') || (key === tlsVariable && value === '0');
  if (!isOff) return [];
  const ca =
    'npm config set cafile /path/to/your-authority.pem    # where it is your own authority that npm does not know';
  const out = 'variable' in place ? `unset ${place.variable}` : 'Take the line out.';
  return [
    {
      id: 'npm-tls-off',
      what: key === tlsVariable ? `${tlsVariable} is 0.` : 'strict-ssl is false.',
      where: [place],
      set: [out, ca],
      edits: edit(setting, []),
    },
  ];
}

const credential = /^(\/\/.*:)?(_auth|_authToken|_password|username)$/i;

function authTraps(setting: NpmSetting, found: NpmFound): readonly NpmTrap[] {
  const { key, place } = setting;
  const [, holder, name = ''] = credential.exec(key) ?? [];
  if (name === '' || setting.level === 'yarn') return [];
  if (holder === undefined) {
    const registry = registryFor(setting, found);
    const scoped = registry === null ? '//npm.example.com/' : registry.replace(/^https?:/i, '').replace(/\/*$/, '/');
    return [
      {
        id: 'npm-auth-unscoped',
        what: `${name} stands without a registry.`,
        where: [place],
        set: [`${scoped}:${name}=…    # in place of ${name}=…`],
        edits: registry === null ? [] : edit(setting, [(setting.line ?? '').replace(/^\s*/, `${scoped}:`)]),
      },
    ];
  }
  const host = holder.replace(/^\/\//, '').replace(/[/:].*$/, '');
  const inUse = found.settings.filter(isRegistry).map(({ value }) => hostOf(value)?.replace(/:\d+$/, '') ?? '');
  // Without any registry the clients' own default is in use, whose host we do not say.
  if (inUse.length === 0 || inUse.includes(host)) return [];
  return [
    {
      id: 'npm-auth-elsewhere',
      what: `${name} is of ${host}; in use ${inUse.length === 1 ? 'is' : 'are'} ${[...new Set(inUse)].join(', ')}.`,
      where: [place],
      set: [`npm logout --registry=https://${host}/    # where it is not needed any more`],
      edits: [],
    },
  ];
}

/** The registry that a file's own credentials are for: what the same file names. */
function registryFor({ place }: NpmSetting, { settings }: NpmFound): string | null {
  if (!('file' in place)) return null;
  const found = settings.find(
    (one) =>
      one.key === 'registry' && 'file' in one.place && one.place.file === place.file && hostOf(one.value) !== null,
  );
  return found === undefined ? null : plainUrl(found.value);
}

function scopeTraps(found: NpmFound): readonly NpmTrap[] {
  const { scopes, settings, privatePatterns } = found;
  const [main] = placesOfKey(found, 'registry');
  const mainHost = main === undefined ? null : hostOf(main.value);
  const isOutside = mainHost === null || !(isInnerHost(mainHost) || isLoopbackHost(mainHost));
  return scopes.flatMap(({ scope, name, file, line }): NpmTrap[] => {
    const own = placesOfKey(found, `${scope}:registry`);
    const isPrivate = matchesNpmPatterns(privatePatterns, name);
    const [ours] = own;
    if (ours === undefined && isPrivate && isOutside)
      return [
        {
          id: 'npm-scope-leaks',
          what: `${name} is private, and ${scope} has no registry.`,
          where: [{ file, line }],
          set: [`${scope}:registry=https://npm.example.com/    # in the project's .npmrc, with your own`],
          edits: [],
        },
      ];
    if (ours?.level !== 'user' || settings.some(({ key, level }) => key === `${scope}:registry` && level === 'project'))
      return [];
    return [
      {
        id: 'npm-scope-of-user',
        what: `${scope} is asked of ${shown(ours)} here.`,
        where: [ours.place, { file, line }],
        set: [`${scope}:registry=${plainUrl(ours.value)}    # in the project's .npmrc`],
        edits: [],
      },
    ];
  });
}

function isRegistry({ key }: NpmSetting): boolean {
  return key === 'registry' || /^@[^:]+:registry$/.test(key);
}

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}

/** Without credentials, with one slash at its end: what two spellings of one registry share. */
export function plainUrl(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/*$/, '/');
}

function shown({ value }: NpmSetting): string {
  return maskUrl(value);
}

/** The files of npm and yarn are theirs to change; the builtin one belongs to a package. */
function edit({ level, place, line }: NpmSetting, becomes: readonly string[]): readonly Edit[] {
  if (line === null || !('file' in place) || level === 'builtin' || level === 'shell') return [];
  return [{ file: place.file, line: place.line, was: line, becomes }];
}
