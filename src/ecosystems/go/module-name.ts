import { error, ok, type Result } from '../../core/result.ts';
import type { Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
import { isCanonical } from './version.ts';

const element = /^[A-Za-z0-9~_-][A-Za-z0-9.~_-]*$/;

/** True for a module path that the go command would ask a proxy for. @see golang.org/x/mod module.CheckPath */
export function isModulePath(path: string): boolean {
  const [first = '', ...rest] = path.split('/');
  if (!/^[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]*[a-z0-9]$/.test(first)) return false;
  return rest.every((part) => element.test(part) && !part.endsWith('.'));
}

/** Reads `path@version`; the error says what was expected. `latest` is a version too. */
export function parseGoModule(text: string): Result<{ readonly module: string; readonly version: string }, Sentence> {
  const at = text.indexOf('@');
  const module = at < 0 ? text : text.slice(0, at);
  const version = at < 0 ? '' : text.slice(at + 1);
  if (!isModulePath(module)) return error(phrase('expected.goModulePath'));
  if (version === '') return error(phrase('expected.goModuleSuch', { example: `${module}@latest` }));
  if (version === 'latest') return ok({ module, version });
  if (!isCanonical(version)) return error(phrase('expected.goVersion'));
  const wrong = majorMistake(module, version);
  return wrong === null ? ok({ module, version }) : error(wrong);
}

/** A `/vN` path goes with vN alone; without one it is v0, v1, or `+incompatible`. */
function majorMistake(module: string, version: string): Sentence | null {
  const major = Number(/^v(\d+)/.exec(version)?.[1]);
  const suffix = /^gopkg\.in\//.test(module)
    ? /\.v(\d+)(?:-unstable)?$/.exec(module)?.[1]
    : /\/v(\d+)$/.exec(module)?.[1];
  if (suffix !== undefined) {
    return major === Number(suffix) || (major === 0 && version.startsWith('v0.0.0-'))
      ? null
      : phrase('expected.goMajor', { version: `v${suffix}.y.z`, suffix: `v${suffix}` });
  }
  if (major < 2 || version.endsWith('+incompatible')) return null;
  return phrase('expected.goPathMajor', { suffix: `/v${major}` });
}
