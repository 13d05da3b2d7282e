import { printable } from './printable.ts';

/** Words that sh, bash, zsh and fish read as they are. A leading `=` or `%` is not among them. */
const plainWord = /^[A-Za-z0-9_@+:,./-][A-Za-z0-9_@+:,./=%-]*$/;

/**
 * Returns a text as one word for sh, bash, zsh and fish. Backslashes and single quotes are outside the quotes, because
 * fish reads them inside quotes in another way than the other shells.
 */
export function escapeWord(text: string): string {
  return plainWord.test(text) ? text : quoted(text);
}

function quoted(text: string): string {
  return `'${text}'`.replace(/[\\']/g, (mark, at: number) =>
    at === 0 || at === text.length + 1 ? mark : `'\\${mark}'`,
  );
}

type Word = string | number | readonly string[];

/**
 * Formats a command to paste into a shell, as the tag of a template. Each value becomes one word, and a list becomes one
 * word for each entry. The value of an assignment (`${name}=${value}`) is always quoted. If a value has control
 * characters or other unprintable ones, the command becomes a comment, because nobody can check what it would do.
 */
export function formatCommand(literals: TemplateStringsArray, ...values: readonly Word[]): string {
  const words = values.map((value, at) => {
    if (typeof value !== 'object') return literals[at] === '=' ? quoted(String(value)) : escapeWord(String(value));
    return value.map(escapeWord).join(' ');
  });
  const command = String.raw({ raw: literals }, ...words);
  const shown = printable(command);
  return shown === command ? command : `# ${shown}`;
}
