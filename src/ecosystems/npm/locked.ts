import type { Sentence } from '../../core/result.ts';
import {
  type Lock,
  type LockEntry,
  type LockFile,
  malformedOf,
  type SkipReason,
  sortByNeed,
  type WrongLine,
} from '../locks.ts';
import { readIntegrity } from './integrity.ts';
import { isExact, isPackageName } from './names.ts';

/** A registry in the settings beside a lock file. */
interface Registry {
  /** A scope such as `@corp`; `@`: a scope that is not known; `null`: all packages. */
  readonly scope: string | null;
  readonly url: string;
}

/**
 * Reads the registries in the settings of npm, pnpm, yarn and bun beside a lock file. A lock file that records no source
 * has its packages from there.
 * @returns lists the registries that may serve a package, those of its scope alone if there are any
 */
function registriesFor({ name, sources, beside }: LockFile): (module: string) => readonly string[] {
  const textOf = (file: string): string => beside(name.replace(/(?<![^/\\])[^/\\]*$/, file)) ?? '';
  const all: readonly Registry[] = [
    ...sources.map((url) => ({ scope: null, url })),
    ...textOf('.npmrc').split('\n').flatMap(ofNpmrc),
    ...['.yarnrc.yml', 'pnpm-workspace.yaml'].flatMap((file) => textOf(file).split('\n').flatMap(ofYaml)),
    // The section of a line in a bunfig.toml is not read, so each URL may be the registry of any package.
    ...(textOf('bunfig.toml').match(/https?:\/\/[^\s"']+/gi) ?? []).map((url) => ({ scope: null, url })),
  ];
  return (module) => {
    const scope = module.startsWith('@') ? (module.split('/')[0] ?? '') : null;
    const own = all.filter((one) => scope !== null && one.scope === scope);
    const used =
      own.length > 0 ? own : all.filter((one) => one.scope === null || (one.scope === '@' && scope !== null));
    return used.map(({ url }) => url);
  };
}

function ofNpmrc(line: string): readonly Registry[] {
  const at = line.indexOf('=');
  const key = unquoted(line.slice(0, Math.max(0, at)));
  const scope = key.startsWith('@') && key.endsWith(':registry') ? key.slice(0, -':registry'.length) : null;
  return scope !== null || key === 'registry' ? [{ scope, url: unquoted(line.slice(at + 1)) }] : [];
}

/** Reads `npmRegistryServer` of yarn, also in `npmScopes`; of pnpm `registry`, and `default` and scopes in `registries`. */
function ofYaml(line: string): readonly Registry[] {
  // A mapping in one line is not read, so its registries are unknown.
  if (/\b(?:npmRegistryServer|registries)\b/.test(line) && line.includes('{')) return [{ scope: null, url: '' }];
  const at = line.search(/:(?:\s|$)/);
  const key = unquoted(line.slice(0, Math.max(0, at)));
  const url = unquoted(line.slice(at + 1).replace(/\s#.*$/s, ''));
  const isInner = /^\s/.test(line);
  if (key === 'npmRegistryServer') return [{ scope: isInner ? '@' : null, url }];
  if (!isInner) return key === 'registry' ? [{ scope: null, url }] : [];
  const isUrl = /^(?:https?:|\$\{)/i.test(url);
  return isUrl && (key.startsWith('@') || key === 'default') ? [{ scope: key === 'default' ? null : key, url }] : [];
}

function unquoted(text: string): string {
  return text.trim().replace(/^["']|["']$/g, '');
}

export interface Locked {
  readonly module: string;
  readonly version: string;
  /**
   * The recorded URL of the artifact, or another source such as a git repository. `null`: the configured registry, or a
   * local package.
   */
  readonly source: string | null;
  /** True for a link, a file, a workspace or a patch, which do not come from a registry. */
  readonly isLocal: boolean;
  readonly integrity: string | null;
  /** True: the tarball has a path of its own, below the registry. pnpm records it if the path is not the usual one. */
  readonly hasOwnPath?: boolean;
}

/** npm and yarn 1 write these hosts into lock files, even for packages from mirrors. */
const publicHost = /(^|\.)(npmjs\.org|npmjs\.com|yarnpkg\.com)$/;
const publicUpstream = 'npm';

/**
 * Returns the entries of a lock file, sorted by `sortByNeed`, and the hashes to pin.
 * @param expected  what a valid line looks like
 */
export function lockOf({ packages, direct, mentions, wrong }: LockFound, file: LockFile, expected: Sentence): Lock {
  const once = new Map<string, Locked>();
  for (const one of packages) {
    const key = `${one.module}@${one.version}`;
    // A patched package has two entries: the patch, and the package of the registry. The package of the registry
    // counts.
    if (!one.isLocal || !once.has(key)) once.set(key, one);
  }
  const registriesOf = registriesFor(file);
  const judged = [...once].map(([key, one]) => ({ key, ...one, because: skipReason(one, registriesOf, file) }));
  const order = sortByNeed(judged, mentions, direct, ({ key }) => key);
  const isOurs = (because: SkipReason | null): boolean => because === null || because === 'private';
  return {
    entries: order.map(({ module, version, because }): LockEntry => ({ module, version, because })),
    pinned: Object.fromEntries(
      judged.flatMap(({ key, integrity, because }) => {
        const [best] = integrity === null || !isOurs(because) ? [] : readIntegrity(integrity);
        return best === undefined ? [] : [[key, best.digests.join(' ')] as const];
      }),
    ),
    malformed: malformedOf(file.name, expected, wrong),
  };
}

function skipReason(
  { module, version, source, isLocal }: Locked,
  registriesOf: (module: string) => readonly string[],
  file: LockFile,
): SkipReason | null {
  if (file.isPrivate(module)) return 'private';
  if (isLocal) return 'replaced';
  const sources = source === null ? registriesOf(module).map((url) => `${url}/`) : [source];
  if (sources.some((one) => !isKnownSource(one, file.mirrors))) return 'foreign';
  return isPackageName(module) && isExact(version) ? null : 'malformed';
}

/** True for the public registry and its configured mirrors. A package from another source may be private. */
function isKnownSource(source: string, mirrors: LockFile['mirrors']): boolean {
  if (!/^https?:/.test(source) || !URL.canParse(source)) return false;
  const { hostname, protocol, host, pathname } = new URL(source);
  if (publicHost.test(hostname)) return true;
  return mirrors.some(
    ({ url, upstream }) =>
      upstream === publicUpstream && `${protocol}//${host}${pathname}`.startsWith(`${url.replace(/(?<!\/)\/+$/, '')}/`),
  );
}

/**
 * Returns the registry that the recorded URL of a package names; `null`: the public one, or no registry. `$`: a registry
 * that is not named, and is not the public one.
 */
export function lockedRegistryOf({ module, source, hasOwnPath }: Locked): string | null {
  if (source === null && hasOwnPath === true) return '$';
  const url = source !== null && /^https?:/.test(source) ? URL.parse(source) : null;
  if (url === null || publicHost.test(url.hostname)) return null;
  if (url.pathname.endsWith('/')) return url.origin + url.pathname;
  const path = url.pathname.replace(/%2f/i, '/').replace(/%40/, '@');
  const at = Math.max(path.indexOf(`/${module}/-/`), path.indexOf(`/${module}/download/`));
  return at < 0 ? null : `${url.origin}${path.slice(0, at)}/`;
}

/** What a lock file lists, collected while it is read. */
export class LockFound {
  readonly packages: Locked[] = [];
  readonly direct = new Set<string>();
  /** The number of packages that require a package, keyed by the name of the required package. */
  readonly mentions = new Map<string, number>();
  readonly wrong: WrongLine[] = [];
}
