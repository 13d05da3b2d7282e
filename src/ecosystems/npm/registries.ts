import type { LockFile } from '../locks.ts';

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
export function registriesFor({ name, sources, beside }: LockFile): (module: string) => readonly string[] {
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
