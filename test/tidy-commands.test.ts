import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAst } from 'vitest/node';
import english from '../locales/en.json' with { type: 'json' };
import { repoDir } from './support/paths.ts';

/**
 * What is printed to be pasted into a shell passes one quoting: `formatCommand` and `escapeWord` of
 * `core/command-line.ts`. A template that contains a command and a value has that tag; a text of `locales/` that does
 * gets each value through one of the two.
 */

const programs = [
  'mirrorwatch (?:accept|ack|actions|advice|check|completion|demo|doctor|door|explain|fleet|init|pause|probe|rank|replay|rules|run|undo|webhook)',
  '(?:npm|pnpm|yarn|pip|pdm|uv|bundle|poetry) (?:add|ci|config|install|login|logout|pip|self|source|sync)',
  '(?:docker|dockerd|podman) (?:-|login|pull|info)',
  'export|unset|go (?:env|clean|get|mod)|systemctl|timedatectl|curl|eval|chmod|kill|sudo',
  'git (?:config|fetch|push|clone|remote)',
].join('|');
const begin = new RegExp(`(?:^|[\\s\`'"(;#>|])(?:${programs})(?: |$)`, 'm');

/** Not a shell's: scripts of `mirrorwatch completion`, whose values are names of our own options. Comments of files. */
const others: readonly string[] = ['cli/completion.ts', 'features/door/print/print.ts'];
/** A text that names a program but is a message about it. */
const messages = /^(?:mirrorwatch [a-z]+|mirrorwatch): /;

interface Part {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly tag?: { readonly name?: string };
  readonly quasi?: Part;
  readonly quasis?: readonly { readonly value: { readonly cooked: string } }[];
  readonly expressions?: readonly Part[];
  readonly operator?: string;
}

const src = join(repoDir, 'src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const texts = new Map(files.map((name) => [name, readFileSync(join(src, name), 'utf8')]));

/** The templates and sums of a text that put a value into a command, without the tag. */
function unquotedIn(text: string): string[] {
  const found: string[] = [];
  const visit = (node: unknown, isTagged = false): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (typeof node !== 'object' || node === null || !('type' in node)) return;
    const part = node as unknown as Part;
    const isCommand =
      part.type === 'TemplateLiteral'
        ? (part.expressions?.length ?? 0) > 0 && (part.quasis ?? []).some(({ value }) => begin.test(value.cooked))
        : part.type === 'BinaryExpression' && part.operator === '+' && begin.test(text.slice(part.start, part.end));
    if (isCommand && !isTagged) found.push(text.slice(part.start, part.end));
    for (const [key, child] of Object.entries(node))
      visit(child, part.type === 'TaggedTemplateExpression' && key === 'quasi' && part.tag?.name === 'formatCommand');
  };
  visit(parseAst(text, { lang: 'ts' }));
  return found;
}

it('no command is built without the quoting of a shell', () => {
  const found = [...texts].flatMap(([name, text]) =>
    begin.test(text) && !others.includes(name) ? unquotedIn(text).map((one) => `${name}: ${one}`) : [],
  );
  expect(found).toEqual([]);
});

it('each value of a command in a text of a person is quoted where it is filled in', () => {
  const wrong = Object.entries(english).flatMap(([key, text]) => {
    const at = messages.test(text) ? -1 : text.search(begin);
    // The command ends with its sentence.
    const command = at < 0 ? '' : (text.slice(at).split(/[.:;] |`,? (?!-)| {4}#/)[0] ?? '');
    const names = [...command.matchAll(/\{(\w+)\}/g)].flatMap(([, name = '']) => (name === 'command' ? [] : [name]));
    const use = new RegExp(`'${key.replaceAll('.', '\\.')}',\\s*\\{([^}]*)\\}`, 'g');
    const uses = [...texts].flatMap(([file, one]) =>
      names.length > 0 && one.includes(key)
        ? Array.from(one.matchAll(use), ([, values = '']) => [file, values] as const)
        : [],
    );
    return names.flatMap((name) =>
      uses.flatMap(([file, values]) =>
        new RegExp(`\\b${name}: (?:escapeWord\\(|formatCommand\`)`).test(values) ? [] : [`${file}: ${key}: ${name}`],
      ),
    );
  });
  expect(wrong).toEqual([]);
});

it('finds such commands', () => {
  const place = '$'.concat('{url}');
  expect(unquotedIn(`const a = \`mirrorwatch doctor ${place}\`;`)).toEqual([`\`mirrorwatch doctor ${place}\``]);
  expect(unquotedIn(`const a = \`export ${place}=1\`;`)).toHaveLength(1);
  expect(unquotedIn("const a = 'npm config set registry ' + url;")).toHaveLength(1);
  expect(
    unquotedIn(`const a = formatCommand\`mirrorwatch doctor ${place}\`; const b = \`mirrorwatch: ${place}\`;`),
  ).toEqual([]);
});
