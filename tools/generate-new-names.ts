import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addedTo, breakingIn, type Contract, contract, contractPath, differencesOf } from './release/contract.ts';

// Writes docs/new-names.md from the contract of 1.0 (test/contract/1.0.json) and that of the code.

/** The path of the page. */
export const newNamesPath = join(import.meta.dirname, '../docs/new-names.md');

const titles: Readonly<Record<string, string>> = {
  metrics: 'Metrics',
  rules: 'Alerts and recording rules',
  config: 'Configuration keys',
  webhooks: 'Webhooks',
  api: 'API',
  commands: 'Commands',
  reasons: 'Reasons of failures',
  environment: 'Environment variables',
  runtime: 'Runtime',
};

const isPart = (name: string, whole: string): boolean =>
  name.startsWith(whole) && /^[.[ ]/.test(name.slice(whole.length));
const code = (text: string): string => `\`${text}\``;
const lastOf = (name: string): string => name.split('.').at(-1) ?? name;

/** Without the parts of other names, and with one line for a field of the messages about several kinds of findings. */
function wholesOf(names: readonly string[]): readonly string[] {
  const wholes = names.filter((name) => !names.some((other) => isPart(name, other)));
  const shared = Map.groupBy(wholes, (name) => name.replace(/^mirror\.\w+\.(?=data\.)/, 'mirror.KIND.'));
  return [...shared].map(([name, all]) => (all.length > 1 ? name : (all[0] ?? name)));
}

/** What a value of a list is called: `--public`, not `options --public`. */
const wordOf = (value: string): string => value.replaceAll(/["{}]|^(options|parameters) /g, '');

function sectionOf(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines.map((line) => `- ${line}`), ''];
}

/** The text of the page. */
export function newNamesPage(before: Contract, now: Contract): string {
  const breaking = new Set(breakingIn(before, now).map(({ section, name }) => `${section} ${name}`));
  const sections = Object.entries(titles).flatMap(([section, title]) => {
    const differences = differencesOf({ [section]: before[section] ?? {} }, { [section]: now[section] ?? {} });
    const added = differences.filter(({ kind }) => kind === 'added').map(({ name }) => name);
    const grown = differences.filter(({ name, kind }) => kind === 'changed' && !breaking.has(`${section} ${name}`));
    const values = new Set(
      grown.map(({ name }) => {
        const own = addedTo(before[section]?.[name], now[section]?.[name]) ?? [];
        const where = section === 'api' && !name.includes(' 200') ? name : lastOf(name);
        return `${code(where)} also: ${own.map((one) => code(wordOf(one))).join(', ')}`;
      }),
    );
    return sectionOf(title, [...wholesOf(added).map(code), ...values]);
  });
  return `<!-- Written by tools/generate-new-names.ts. -->

# Names that are new since 1.0

This page lists the names and values of [stable interfaces](stability.md) that 1.0 did not have. A field stands for all
that is below it. \`KIND\` stands for the kind of a finding. [Upgrade](upgrading.md) lists what ended or changed.

${sections.join('\n').trimEnd()}
`;
}

if (import.meta.main) {
  const before = JSON.parse(readFileSync(contractPath, 'utf8')) as Contract;
  writeFileSync(newNamesPath, newNamesPage(before, await contract()));
}
