import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';
import { isGoPattern, matchesGoPatterns } from './patterns.ts';
import { isCanonical } from './version.ts';

export const goNames: Names = {
  describes: 'Go modules. The canary requests the first with a fixed version (lock files last), else the first one.',
  entry: { describes: 'A module and its version.', expected: phrase('expected.goModule') },
  parse: parseGoModule,
  byHand(text) {
    const at = text.lastIndexOf('@');
    return at > 0 ? { module: text.slice(0, at), version: text.slice(at + 1) } : { module: text, version: null };
  },
  newest: 'latest',
  isFixed: (version) => version !== null && version !== 'latest',
  example: 'rsc.io/quote@v1.5.2',
  private: {
    describes:
      'Globs as in GOPRIVATE. Matching modules are requested only from mirrors whose key `upstream` has another value than `go`.',
    expected: phrase('expected.goPattern'),
    list: phrase('expected.listOf', { what: 'globs' }),
    isPattern: isGoPattern,
    matches: matchesGoPatterns,
  },
};

const element = /^[A-Za-z0-9~_-][A-Za-z0-9.~_-]*$/;

/** True for a module path that the go command requests from a proxy. @see golang.org/x/mod module.CheckPath */
export function isModulePath(path: string): boolean {
  const [first = '', ...rest] = path.split('/');
  if (!first.includes('.') || !/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(first)) return false;
  return rest.every((part) => element.test(part) && !part.endsWith('.'));
}

/** Parses `path@version`, where the version may be `latest`. */
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

/** Returns the mistake in the major version of a module path or version; `null`: there is none. */
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
