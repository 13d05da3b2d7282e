import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Writes docs/walks.md from the tables that the real clients made: test/golden/*-walk-of-bodies.golden.txt.

/** Where the page lies. */
export const walksPagePath = join(import.meta.dirname, '../docs/walks.md');

const golden = (name: string): string =>
  readFileSync(join(import.meta.dirname, `../test/golden/${name}-walk-of-bodies.golden.txt`), 'utf8').trim();

const clients: readonly (readonly [string, string])[] = [
  ['go', 'go'],
  ['pip', 'pip'],
];

/** The page as it should be. */
export function walksPage(): string {
  const tables = clients.map(([name, title]) => `## ${title}\n\n${golden(name)}`);
  return `<!-- Written by tools/generate-walks.ts. -->

# What clients do with a wrong body

Mirror \`near\` sends status 200 and a wrong body. Mirror \`far\` is well. The real client ran once for each cell.

- \`ok\`: the client got the right bytes.
- \`failed\`: the client ended with an error.
- \`hangs\`: the client has no timeout of its own. The test ended it.

**our probe** is what the real probe of mirrorwatch said of the same body. The tests hold \`client.walk\` against each row. Where the
walk differs, the test names the row.

${tables.join('\n\n')}

## Others

- uv takes the first index that has the project, and asks no other for any of them (test/real/pypi-clients.test.ts).
- npm, pnpm and yarn know one registry. Each wrong body fails (test/real/npm-client.test.ts, pnpm-yarn.test.ts).
- apt's mirror list and pacman's server list: test/real/http-lists.test.ts. Both go on after a cut. Both stop at a flipped byte.
- skopeo and ctr: test/real/oci-registries.test.ts, oci-containerd.test.ts.
- Docker 20.10 was measured once, by hand. It goes on after a corrupt blob. It needs 75 s for a cut one. No test runs it.
`;
}

if (import.meta.main) writeFileSync(walksPagePath, walksPage());
