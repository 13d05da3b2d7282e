import { isInnerHost, isLoopbackHost } from '../../core/inner-host.ts';
import type { Edit, Trap } from '../../core/trap.ts';
import type { Say } from '../../words/say.ts';
import { parseGoproxy } from './client.ts';
import { matchesGoPatterns } from './patterns.ts';
import { type GoFound, type GoSetting, type GoVariable, inForce, settingLine } from './settings-found.ts';

/** First words of hosts where organisations keep their own code, and hosts of that form that are everybody's. */
const ownHost = /^(git|gitlab|gitea|gogs|bitbucket|stash|github|ghe|svn|scm)\.[^.]+\.[^/]+$/;
const everybodys = ['git.sr.ht', 'git.apache.org', 'gitlab.freedesktop.org', 'git.kernel.org', 'gitlab.gnome.org'];
const shownMax = 5;

/** True for a path whose host looks like an organisation's own. */
export function looksPrivate(module: string): boolean {
  const [host = ''] = module.split('/', 1);
  return (host.includes('.') && isInnerHost(host)) || (ownHost.test(host) && !everybodys.includes(host));
}

/** Private modules of the project whose names a public mirror or the checksum database would be told. */
export function leakTraps(found: GoFound, say: Say): readonly (Trap & { readonly id: 'go-private-leaks' })[] {
  const globs = (name: GoVariable): readonly string[] => {
    const set = inForce(found, name)?.value ?? (name === 'GOPRIVATE' ? '' : inForce(found, 'GOPRIVATE')?.value);
    return (set ?? '').split(',');
  };
  const isToldOutside = asksOutside(inForce(found, 'GOPROXY')?.value ?? null);
  const isLooked = inForce(found, 'GOSUMDB')?.value !== 'off';
  const leaking = found.required.filter(
    ({ module }) =>
      (looksPrivate(module) || matchesGoPatterns(found.privatePatterns, module)) &&
      ((isToldOutside && !matchesGoPatterns(globs('GONOPROXY'), module)) ||
        (isLooked && !matchesGoPatterns(globs('GONOSUMDB'), module))),
  );
  if (leaking.length === 0) return [];
  const hosts = leaking.map(({ module }) => `${module.split('/', 1)[0]}/*`);
  const changes = steering(found, isToldOutside, isLooked).map((name) => ({
    name,
    old: inForce(found, name),
    value: [...new Set([...(inForce(found, name)?.value ?? '').split(','), ...hosts])]
      .filter((glob) => glob !== '' && glob !== 'none')
      .join(','),
  }));
  const first = leaking
    .slice(0, shownMax)
    .map(({ module }) => module)
    .join(', ');
  const more = leaking.length - shownMax;
  const modules = more > 0 ? say('list.more', { list: first, more }) : first;
  const edits = changes.map(({ name, old, value }) => editOf(found, name, old, value));
  return [
    {
      id: 'go-private-leaks',
      what: say(isToldOutside ? 'trap.go-private-leaks.mirror' : 'trap.go-private-leaks.database', { modules }),
      where: leaking.slice(0, shownMax).map(({ file, line }) => ({ file, line })),
      set: changes.map(({ name, old, value }) =>
        settingLine({ name, source: old?.source ?? (found.goenv === null ? 'environment' : 'file') }, value),
      ),
      edits: edits.includes(null) ? [] : edits.filter((edit) => edit !== null),
    },
  ];
}

/** The variables that keep a name from where it would be told: GOPRIVATE, unless a variable of its own wins over it there. */
function steering(found: GoFound, isToldOutside: boolean, isLooked: boolean): readonly GoVariable[] {
  const of = (name: GoVariable): GoVariable => (inForce(found, name) === null ? 'GOPRIVATE' : name);
  return [...new Set([...(isToldOutside ? [of('GONOPROXY')] : []), ...(isLooked ? [of('GONOSUMDB')] : [])])];
}

/** The line in the file of `go env -w`; `null`: there is no such file, or a variable of the environment hides it. */
function editOf(found: GoFound, name: GoVariable, old: GoSetting | null, value: string): Edit | null {
  if (found.goenv === null || old?.source === 'environment') return null;
  const becomes = [`${name}=${value}`];
  return old?.source === 'file' && 'file' in old.place
    ? { file: old.place.file, line: old.place.line, was: old.line, becomes }
    : { file: found.goenv, line: null, was: null, becomes };
}

/** Whether the list names a proxy that is not of the inner network. @param list  `null`: Go's own default, which does */
function asksOutside(list: string | null): boolean {
  if (list === null) return true;
  const parsed = parseGoproxy(list);
  const urls = parsed.tag === 'ok' ? parsed.value.members.filter(({ kind }) => kind === 'url') : [];
  return urls.some(({ plain }) => {
    const host = URL.canParse(plain) ? new URL(plain).hostname : '';
    return host !== '' && !isInnerHost(host) && !isLoopbackHost(host) && !ownHost.test(host);
  });
}
