import { isMarkup, utf8 } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { error, ok, type Result } from '../../core/result.ts';
import { type Slices, walkLines } from '../../core/slices.ts';
import { malformed, wrongContent } from '../../words/tell.ts';

/**
 * Reads the module path in a go.mod. It may differ from the requested path, as in a fork that is used through
 * `replace`.
 * @see docs/protocols/common.md#shapes-of-bodies; go.dev/ref/mod#go-mod-file-module
 */
export function* parseModFile(body: Uint8Array): Slices<Result<string, ProbeFailure>> {
  if (isMarkup(body)) return error(wrongContent('answer.goMod'));
  const text = utf8(body);
  const isOdd = text === null || text.includes('\0') || /^(?:\ufeff|[ \t]*\/\*)/m.test(text);
  if (isOdd) return error(malformed('answer.goMod'));
  const read = createGoModReader();
  const found: (readonly string[])[] = [];
  let isBroken = false;
  yield* walkLines(text, (line) => {
    const directive = read(line);
    if (directive?.verb === 'module') found.push(directive.words);
    isBroken ||= directive?.verb === 'require' && directive.words.length !== 2;
    return !isBroken;
  });
  if (isBroken) return error(malformed('answer.goMod'));
  const [[path = '', ...rest] = [], ...further] = found;
  if (path === '' || rest.length + further.length > 0 || /[\s()]/.test(path))
    return error(malformed('answer.moduleLine'));
  return ok(path);
}

/**
 * True if a body looks like a go.mod, even with some wrong bytes: it has a `module` line, or this module's path at the
 * place where such a line has it. An error page may have the path elsewhere.
 */
export function isSpoiltMod(body: Uint8Array, module: string): boolean {
  const text = isMarkup(body) ? '' : Buffer.from(body).toString('latin1');
  const at = text.indexOf(module);
  const isAtPlace = at >= 0 && at - text.lastIndexOf('\n', at) - 1 <= 'module "'.length;
  return /^[ \t]*module\s/m.test(text) || isAtPlace;
}

/** True for the single line that proxies generate for a module without a go.mod. */
export function isSynthetic(body: Uint8Array, module: string): boolean {
  return Buffer.from(body).equals(Buffer.from(`module ${module}\n`));
}

/** One directive of a go.mod. Each line of a block such as `require ( … )` is one directive. */
interface GoModDirective {
  readonly verb: string;
  /** The words without the verb and without quotes. */
  readonly words: readonly string[];
  /** The text after `//` on the same line; empty: none. */
  readonly comment: string;
}

const word = /"[^"]*"|`[^`]*`|[()]|[^\s()"`]+/g;

/**
 * Returns the directives of a go.mod in order. It does not validate them.
 * @see go.dev/ref/mod#go-mod-file-lexical; golang/mod modfile/read.go
 */
export function readGoMod(text: string): readonly GoModDirective[] {
  const read = createGoModReader();
  return text.split('\n').flatMap((line) => read(line) ?? []);
}

/**
 * Returns a parser that takes the lines of a go.mod one by one, in order. The parser returns `null` for a line without
 * a directive.
 */
export function createGoModReader(): (line: string) => GoModDirective | null {
  let block: string | null = null;
  return (line) => {
    const [code = '', comment = ''] = line.split(/\/\/(.*)/s);
    const words = (code.match(word) ?? []).map((one) => one.replace(/^(["`])(.*)\1$/s, '$2'));
    const [verb, ...rest] = words;
    if (verb === undefined) return null;
    if (block !== null && verb === ')') block = null;
    else if (block !== null) return { verb: block, words, comment };
    else if (rest.length === 1 && rest[0] === '(') block = verb;
    else return { verb, words: rest, comment };
    return null;
  };
}
