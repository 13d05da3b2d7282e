import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Writes docs/walks.md from the tables that the real clients made: test/golden/*-walk-of-bodies.golden.txt.

/** Where the page lies. */
export const walksPagePath = join(import.meta.dirname, '../docs/walks.md');

const golden = (name: string): string =>
  readFileSync(join(import.meta.dirname, `../test/golden/${name}-walk-of-bodies.golden.txt`), 'utf8').trim();

const clients = ['go', 'pip', 'uv', 'npm', 'pnpm', 'yarn', 'skopeo', 'ctr', 'apt'];

/** The page as it should be. */
export function walksPage(): string {
  const tables = clients.map((name) => `## ${name}\n\n${golden(name)}`);
  return `<!-- Written by tools/generate-walks.ts. -->

# What clients do with a wrong body

Mirror \`near\` sends status 200 and a wrong body. Mirror \`far\` is healthy. The real client ran once for each cell.

- \`ok\`: the client succeeded.
- \`failed\`: the client ended with an error.
- \`hangs\`: the client has no timeout of its own. The test stopped it.

**our probe** is the result of the real probe of mirrorwatch for the same body. Advice is made by a model of each client: the tests
compare the model with each cell, and name each cell where it differs (\`test/real/*-bodies.test.ts\`). A probe fails a response that is
longer than announced. Clients read as far as announced.

${tables.join('\n\n')}

## Notes

- go waits at a mirror that stalls, behind \`,\` and \`|\` alike: it has no timeout for a response ([http2.md](http2.md)). skopeo and ctr have none
  either. The others have one; here it is 2 s.
- npm, pnpm and yarn know one registry, so they have one column. yarn 4 does not end after an empty artifact.
- uv asks its extra indexes first, and takes the first that has the project. pip asks all, and takes the file of the last one.
- skopeo reads \`registries.conf\` as podman does. ctr reads \`hosts.toml\` as containerd does.
- apt with two mirrors has a \`mirror+file:\` list. It goes on after a wrong size, and stops at a wrong hash. pacman, whose chain is the
  same, stops at both (test/real/http-lists.test.ts), and so does the model.
- Docker 20.10 was measured once, by hand. It goes on after a corrupt blob. It needs 75 s for a cut one. No test runs it.
`;
}

if (import.meta.main) writeFileSync(walksPagePath, walksPage());
