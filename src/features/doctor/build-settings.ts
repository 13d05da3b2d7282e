import type { ChainForms, NamedMirror } from '../../ecosystems/chain-forms.ts';

/** Words before a command: an instruction of a Dockerfile, the syntax of shells, YAML and Makefiles. */
const leading = /^(?:(?:RUN\b|then\b|else\b|do\b|(?:run|script):|[-@|>({"'!])\s*){1,8}/;
const begin = /^(?:if|case|ifn?eq|ifn?def)\b(?!\s*:)/;
const end = /^(?:fi|esac|endif)\b/;
const check = /^(?:\[|test\b)/;
const comment = /^[ \t]*(?:#|\/\/).*$/gm;
/** Matches a backslash at the end of a line, and empty lines behind it. */
const continued = /\\[ \t\r]*\n(?:[ \t\r]*\n)*/g;

/** Matches the separator and the URL after a key. A reference to a variable may stand for the URL or a part of it. */
const assigned =
  /["']?(?:\s+|\s*(?:[:?+]?=|[:,])\s*)["']?(?:[\w.-]{1,40}=)?((?:https?:|(?=\$))(?:\$\{[^{}\s]*\}|[^\s"'&;(){}\\>`])*)/y;
/** Matches a variable whose value is a URL. */
const variable = /\b([A-Za-z_]\w*)(?:\s*[:?]?=|:[ \t])[ \t]*["']?(https?:[^\s"'$;&)}]+)/g;
const reference = /\$(?:\{(\w+)(?::?-([^{}]*))?\}|(\w+))/g;
/** The values of variables add at most so many characters to a URL. More would be no URL, and could fill the memory. */
const addedCharsMax = 2_000;
/** The beginning of a command that names its program. */
const commandChars = 500;

export interface BuildMirror extends NamedMirror {
  /** The line number, from 1. */
  readonly line: number;
  /** True if a condition decides whether the setting applies: a branch of an `if`, or a command after a test or `||`. */
  readonly isConditional: boolean;
}

/**
 * Returns the mirrors that a Dockerfile, a CI file or another file of builds names. A variable is replaced if the file
 * sets it to one URL. Other variables stay as written.
 */
export function mirrorsInBuild(text: string, { keys, meaningOf }: ChainForms): readonly BuildMirror[] {
  const urls = new Map<string, string | null>();
  for (const [, name = '', url = ''] of text.matchAll(variable))
    urls.set(name, urls.has(name) && urls.get(name) !== url ? null : url);
  const replaceIn = (value: string): string => {
    let left = addedCharsMax;
    return value.replaceAll(reference, (whole: string, braced?: string, usual?: string, plain?: string) => {
      const known = urls.get(braced ?? plain ?? '') ?? usual ?? whole;
      left -= known.length;
      return left < 0 ? whole : known;
    });
  };
  const found: BuildMirror[] = [];
  let [line, depth, isChecked] = [1, 0, false];
  // A vertical tab stands for a line end inside a command.
  const joined = text.replaceAll(comment, '').replaceAll(continued, (one) => '\v'.repeat(countLines(one)));
  for (const part of joined.split(/(&&|\|\||[;\n])/)) {
    const command = part.trimStart().replace(leading, '');
    if (end.test(command)) depth = Math.max(0, depth - 1);
    if (begin.test(command)) depth += 1;
    if (/^(?:\|\||[;\n])$/.test(part)) isChecked = part === '||';
    let from = 0;
    for (const match of part.matchAll(keys)) {
      line += countLines(part.slice(from, match.index));
      from = match.index;
      assigned.lastIndex = from + match[0].length;
      const [, value = ''] = assigned.exec(part) ?? [];
      const meaning = value === '' ? null : meaningOf(match[0], part.slice(0, commandChars));
      if (meaning === null) continue;
      const isConditional = depth > 0 || isChecked;
      found.push({
        value: replaceIn(value),
        line,
        isFurther: meaning === 'further',
        isConditional,
      });
    }
    line += countLines(part.slice(from));
    isChecked ||= check.test(command);
  }
  return found;
}

function countLines(text: string): number {
  return text.split(/[\n\v]/).length - 1;
}
