/** One line of a go.mod: `require (` … `)` gives one for each line within. */
export interface GoModDirective {
  readonly verb: string;
  /** Without the quotes; parentheses that belong to no block stay, as what no path can be. */
  readonly words: readonly string[];
  /** What stands behind `//`; empty without. */
  readonly comment: string;
}

const word = /"[^"]*"|`[^`]*`|[()]|[^\s()"`]+/g;

/**
 * The directives of a go.mod in their order. Nothing is checked: what a directive needs is for the caller to say.
 * @see go.dev/ref/mod#go-mod-file-lexical; golang/mod modfile/read.go
 */
export function readGoMod(text: string): readonly GoModDirective[] {
  const read = goModReader();
  return text.split('\n').flatMap((line) => read(line) ?? []);
}

/** Reads a go.mod line by line; `null` for one that is no directive. */
export function goModReader(): (line: string) => GoModDirective | null {
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
