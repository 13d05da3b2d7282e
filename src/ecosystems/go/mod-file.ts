import { isMarkup, utf8 } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { eachLine, type Slices } from '../../core/slices.ts';
import { malformed, wrongContent } from '../../words/failure.ts';
import { goModReader } from './mod-text.ts';

/**
 * The module path that a go.mod declares. Only the shape is checked: the declared path may differ from the one asked
 * for (a fork used through `replace`), which is no fault of the mirror's.
 * @returns wrong content for markup; malformed for a NUL, for what is not UTF-8, and without a `module` directive
 * @see protocols.md 0.2; go.dev/ref/mod#go-mod-file-module
 */
export function* parseModFile(body: Uint8Array): Slices<Result<string, ProbeFailure>> {
  if (isMarkup(body)) return error(wrongContent('answer.goMod'));
  const text = utf8(body);
  if (text === null || text.includes('\0')) return error(malformed('answer.goMod'));
  const read = goModReader();
  let words: readonly string[] = [];
  yield* eachLine(text, (line) => {
    const directive = read(line);
    if (directive?.verb !== 'module') return true;
    words = directive.words;
    return false;
  });
  const [path = '', ...rest] = words;
  if (path === '' || rest.length > 0 || /[\s()]/.test(path)) return error(malformed('answer.moduleLine'));
  return ok(path);
}

/** True for what still says that it is this module's go.mod, were any one byte of it wrong. */
export function isSpoiltMod(body: Uint8Array, module: string): boolean {
  const text = Buffer.from(body).toString('latin1');
  return /^\s*module\s/m.test(text) || text.includes(module);
}

/** True for the one line that proxies make up for a module without a go.mod. */
export function isSynthetic(body: Uint8Array, module: string): boolean {
  return Buffer.from(body).equals(Buffer.from(`module ${module}\n`));
}
