import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repoDir } from '../test/support/paths.ts';

/** One rule of `metric_relabel_configs`. */
export type Relabel = Readonly<Record<string, unknown>>;

/** The drop lists of docs/scrape-cost.md, which is where they are kept: each is a `yaml` block under a heading of its own. */
export function fewerLines(): readonly { readonly name: string; readonly relabel: readonly Relabel[] }[] {
  const page = readFileSync(join(repoDir, 'docs/scrape-cost.md'), 'utf8');
  return [...page.matchAll(/^### (.+)\n[\s\S]*?```yaml\n([\s\S]*?)```/gm)].flatMap(([, name = '', text = '']) => {
    const rules = (parse(text) as { metric_relabel_configs?: readonly Relabel[] }).metric_relabel_configs;
    return rules === undefined ? [] : [{ name, relabel: rules }];
  });
}
