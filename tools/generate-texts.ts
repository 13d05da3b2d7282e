import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];
type Texts = Readonly<Record<string, string>>;

/** The numbers by which the parser denotes kinds of elements of a text. */
const argument = 1;
const select = 5;
const plural = 6;

const folder = join(import.meta.dirname, '..', 'locales');
const lineChars = 120;

/** The names of the values that a text needs; with `counts`, only numbers on which its wording depends (plurals). */
function namesIn(elements: readonly Element[], counts: boolean): readonly string[] {
  return elements.flatMap((one) => {
    if (one.type === argument) return counts ? [] : [one.value];
    if (one.type !== plural && one.type !== select) return [];
    return [
      ...(counts && one.type === select ? [] : [one.value]),
      ...Object.values(one.options).flatMap(({ value }) => namesIn(value, counts)),
    ];
  });
}

/**
 * The names of the values that a text needs, each once. With `counts`, only the numbers on which its wording depends
 * (plurals).
 */
export function placesIn(text: string, counts = false): readonly string[] {
  return [...new Set(namesIn(new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }).getAst(), counts))];
}

function fieldsOf(texts: Texts, counts: boolean): string {
  return Object.entries(texts)
    .map(([key, text]): readonly [string, readonly string[]] => [key, placesIn(text, counts)])
    .filter(([, names]) => !counts || names.length > 0)
    .map(([key, places]) => {
      const names = places.map((name) => `'${name}'`);
      const field = `  readonly '${key}':`;
      const line = `${field} ${names.join(' | ') || 'never'};`;
      return line.length <= lineChars ? line : `${field}\n${names.map((name) => `    | ${name}`).join('\n')};`;
    })
    .join('\n');
}

/** The TypeScript types of the texts, made from the English texts. */
export function textTypes(): string {
  const texts = JSON.parse(readFileSync(join(folder, 'en.json'), 'utf8')) as Texts;
  return `// Generated from en.json by \`npm run generate\`.

/** The values that each text needs, by the key of the text. */
export interface Places {
${fieldsOf(texts, false)}
}

/** The numbers on which the wording of a text depends (plurals), by the key of the text. */
export interface Counts {
${fieldsOf(texts, true)}
}
`;
}

if (import.meta.main) writeFileSync(join(folder, 'texts.d.ts'), textTypes());
