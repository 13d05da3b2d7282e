import { error, ok, type Result } from '../../core/result.ts';
import { isCanonical } from './version.ts';

const element = /^[A-Za-z0-9~_-][A-Za-z0-9.~_-]*$/;

/** True for a module path that the go command would ask a proxy for. @see golang.org/x/mod module.CheckPath */
export function isModulePath(path: string): boolean {
  const [first = '', ...rest] = path.split('/');
  if (!/^[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]*[a-z0-9]$/.test(first)) return false;
  return rest.every((part) => element.test(part) && !part.endsWith('.'));
}

/** Reads `path@version`; the error says what was expected. `latest` is a version too. */
export function parseGoModule(text: string): Result<{ readonly module: string; readonly version: string }, string> {
  const at = text.indexOf('@');
  const module = at < 0 ? text : text.slice(0, at);
  const version = at < 0 ? '' : text.slice(at + 1);
  if (!isModulePath(module)) return error('module@version with a path such as github.com/google/uuid');
  if (version === '') return error(`module@version, such as ${module}@latest`);
  if (version === 'latest') return ok({ module, version });
  if (!isCanonical(version)) return error('a whole version such as v1.2.3, or latest, after the @');
  const wrong = majorMistake(module, version);
  return wrong === null ? ok({ module, version }) : error(wrong);
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
