import { error, ok, type Result } from '../core/result.ts';

const element = /^[A-Za-z0-9~_-][A-Za-z0-9.~_-]*$/;
const canonical =
  /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(\+incompatible)?$/;

/** True for a module path that the go command would ask a proxy for. @see golang.org/x/mod module.CheckPath */
export function isModulePath(path: string): boolean {
  const [first = '', ...rest] = path.split('/');
  if (!/^[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]*[a-z0-9]$/.test(first)) return false;
  return rest.every((part) => element.test(part) && !part.endsWith('.'));
}

/** True for `vX.Y.Z`, with pre-release and `+incompatible` where there are any. */
export function isCanonicalVersion(version: string): boolean {
  return canonical.test(version);
}

/** Reads `path@version`; the error says what was expected. `latest` is a version too. */
export function parseGoModule(text: string): Result<{ readonly module: string; readonly version: string }, string> {
  const at = text.indexOf('@');
  const module = at < 0 ? text : text.slice(0, at);
  const version = at < 0 ? '' : text.slice(at + 1);
  if (!isModulePath(module)) return error('module@version with a path such as github.com/google/uuid');
  if (version === '') return error(`module@version, such as ${module}@latest`);
  if (version === 'latest') return ok({ module, version });
  if (!isCanonicalVersion(version)) return error('a whole version such as v1.2.3, or latest, after the @');
  const wrong = majorMistake(module, version);
  return wrong === null ? ok({ module, version }) : error(wrong);
}

/** Order of two canonical versions as semver has it; build suffixes do not count. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [canonical.exec(a), canonical.exec(b)];
  for (const at of [1, 2, 3]) {
    const difference = Number(left?.[at] ?? 0) - Number(right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePre(left?.[4] ?? '', right?.[4] ?? '');
}

/** A `/vN` path goes with vN alone; without one it is v0, v1, or `+incompatible`. */
function majorMistake(module: string, version: string): string | null {
  const major = Number(/^v(\d+)/.exec(version)?.[1]);
  const suffix = /^gopkg\.in\//.test(module)
    ? /\.v(\d+)(?:-unstable)?$/.exec(module)?.[1]
    : /\/v(\d+)$/.exec(module)?.[1];
  if (suffix !== undefined) {
    return major === Number(suffix) || (major === 0 && version.startsWith('v0.0.0-'))
      ? null
      : `a version v${suffix}.y.z, as the path ends in v${suffix}`;
  }
  if (major < 2 || version.endsWith('+incompatible')) return null;
  return `a path that ends in /v${major}, or a version that ends in +incompatible`;
}

function comparePre(a: string, b: string): number {
  if (a === '' || b === '') return (a === '' ? 1 : 0) - (b === '' ? 1 : 0);
  const [left, right] = [a.slice(1).split('.'), b.slice(1).split('.')];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const [one, other] = [left[at], right[at]];
    if (one === other) continue;
    if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
    const numbers = [one, other].map((part) => (/^\d+$/.test(part) ? Number(part) : null));
    const [m, n] = [numbers[0] ?? null, numbers[1] ?? null];
    if (m !== null && n !== null) return m - n;
    if (m !== null || n !== null) return m !== null ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return 0;
}
