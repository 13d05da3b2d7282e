import { isLoopback } from '../../core/addresses.ts';
import type { Edit, Trap } from '../../core/trap.ts';
import { isInnerHost } from '../../core/url.ts';
import type { Say } from '../../words/words.ts';
import { trapOf } from '../doctor.ts';
import { parseGoproxy } from './client.ts';
import { isNarrow, matchesGoPatterns } from './patterns.ts';
import { type GoFound, type GoSetting, type GoVariable, settingInForce, settingLineFor } from './settings-found.ts';

/** Matches host names that organisations often use for private code. `everybodys`: public hosts with such names. */
const ownHost = /^(git|gitlab|gitea|gogs|bitbucket|stash|github|ghe|svn|scm)\.[^.]+\.[^/]+$/;
const everybodys = ['git.sr.ht', 'git.apache.org', 'gitlab.freedesktop.org', 'git.kernel.org', 'gitlab.gnome.org'];
const shownMax = 5;

export function isLikelyPrivate(module: string): boolean {
  const [host = ''] = module.split('/', 1);
  return (host.includes('.') && isInnerHost(host)) || (ownHost.test(host) && !everybodys.includes(host));
}

/** Returns the globs of one variable, or those of GOPRIVATE if the variable is not set. */
export function listGlobs(found: GoFound, name: 'GONOPROXY' | 'GONOSUMDB'): readonly string[] {
  return (settingInForce(found, name) ?? settingInForce(found, 'GOPRIVATE'))?.value.split(',') ?? [];
}

/**
 * Returns the trap of private modules in go.mod whose names the go command sends to a public mirror or to the checksum
 * database. Empty: there are none.
 */
export function findLeakTraps(found: GoFound, say: Say): readonly (Trap & { readonly id: 'go-private-leaks' })[] {
  const isSentOutside = usesOutside(settingInForce(found, 'GOPROXY')?.value ?? null);
  const isLookedUp = settingInForce(found, 'GOSUMDB')?.value !== 'off';
  const stated = found.privatePatterns.filter(isNarrow);
  const [unproxied, unverified] = [listGlobs(found, 'GONOPROXY'), listGlobs(found, 'GONOSUMDB')];
  const leaking = found.required.filter(
    ({ module }) =>
      (isLikelyPrivate(module) || matchesGoPatterns(stated, module)) &&
      ((isSentOutside && !matchesGoPatterns(unproxied, module)) ||
        (isLookedUp && !matchesGoPatterns(unverified, module))),
  );
  if (leaking.length === 0) return [];
  // Modules of other owners at the same host stay verified by the checksum database.
  const named = [...stated, ...globsOfMachine(found)];
  const strange = new Set<string>();
  const own = leaking.flatMap(({ module }) => {
    const patterns = named.filter((pattern) => matchesGoPatterns([pattern], module));
    const [host = ''] = module.split('/', 1);
    if (patterns.length === 0) strange.add(host);
    return patterns.length > 0 ? patterns : [`${host}/*`];
  });
  const changes = steering(found, isSentOutside, isLookedUp).map((name) => {
    const old = settingInForce(found, name);
    const globs = [...new Set([...(old?.value ?? '').split(','), ...own])];
    return { name, old, value: globs.filter((glob) => glob !== '' && glob !== 'none').join(',') };
  });
  const first = leaking.slice(0, shownMax);
  const list = first.map(({ module }) => module).join(', ');
  const more = leaking.length - shownMax;
  const modules = more > 0 ? say('list.more', { list, more }) : list;
  const edits = changes.flatMap(({ name, old, value }) => editOf(found, name, old, value) ?? []);
  return [
    trapOf(
      'go-private-leaks',
      say(isSentOutside ? 'trap.go-private-leaks.mirror' : 'trap.go-private-leaks.database', { modules }),
      first.map(({ file, line }) => ({ file, line })),
      changes.map(({ name, old, value }) => {
        const source = old?.source ?? (found.goenv === null ? 'environment' : 'file');
        const line = settingLineFor({ name, source }, value);
        return strange.size === 0 ? line : say('trap.go-private-leaks.set', { line, hosts: [...strange].join(', ') });
      }),
      // A host that only go.mod names may be a stranger's: as a private one, nothing verifies its modules.
      edits.length < changes.length || strange.size > 0 ? [] : edits,
    ),
  ];
}

/** Returns the globs of private modules in the settings of this machine, without those of a checkout. */
function globsOfMachine({ settings }: GoFound): readonly string[] {
  const isGlob = /^GO(?:PRIVATE|NOPROXY|NOSUMDB)$/;
  const own = settings.filter(({ name, source }) => isGlob.test(name) && source !== 'direnv');
  return own.flatMap(({ value }) => value.split(',')).filter((glob) => glob !== 'none' && isNarrow(glob));
}

/** Returns the variables to change to prevent the leak: GONOPROXY or GONOSUMDB if it is set, else GOPRIVATE. */
function steering(found: GoFound, isSentOutside: boolean, isLookedUp: boolean): readonly GoVariable[] {
  const of = (name: GoVariable): GoVariable => (settingInForce(found, name) === null ? 'GOPRIVATE' : name);
  return [...new Set([...(isSentOutside ? [of('GONOPROXY')] : []), ...(isLookedUp ? [of('GONOSUMDB')] : [])])];
}

/**
 * Returns the edit that sets a variable in the file of `go env -w`; `null`: GOENV is off, or an environment variable
 * overrides the file.
 */
function editOf(found: GoFound, name: GoVariable, old: GoSetting | null, value: string): Edit | null {
  if (found.goenv === null || old?.source === 'environment') return null;
  const becomes = [`${name}=${value}`];
  return old?.source === 'file' && 'file' in old.place
    ? { ...old.place, was: old.line, becomes }
    : { file: found.goenv, line: null, was: null, becomes };
}

/**
 * True if a GOPROXY list has a proxy outside the internal network.
 * @param list  `null`: GOPROXY is not set, so Go uses its public default proxy, and the result is true
 */
function usesOutside(list: string | null): boolean {
  if (list === null) return true;
  const parsed = parseGoproxy(list);
  const urls = parsed.tag === 'ok' ? parsed.value.members.filter(({ kind }) => kind === 'url') : [];
  return urls.some(({ plain }) => {
    const host = URL.canParse(plain) ? new URL(plain).hostname : '';
    return host !== '' && !isInnerHost(host) && !isLoopback(host) && !ownHost.test(host);
  });
}
