import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Writes docs/walks.md from the tables of tests with real clients: test/golden/*-walk-of-bodies.golden.txt.

/** The path of the page. */
export const walksPagePath = join(import.meta.dirname, '../docs/walks.md');

const golden = (name: string): string =>
  readFileSync(join(import.meta.dirname, `../test/golden/${name}-walk-of-bodies.golden.txt`), 'utf8').trim();

const clients = ['go', 'pip', 'uv', 'npm', 'pnpm', 'yarn', 'skopeo', 'ctr', 'apt'];

/** The table of a client as Markdown: with a pipe at both ends of each line, and a full name for the column `of`. */
const tableOf = (name: string): string =>
  golden(name)
    .replace('wrong in the body | of | our probe', 'wrong in the body | response | our probe')
    .split('\n')
    .map((line) => `| ${line} |`)
    .join('\n');

/** The text of the page. */
export function walksPage(): string {
  const tables = clients.map(
    (name) =>
      `## ${name}\n\nEach row is one wrong body that mirror \`near\` sends. The columns show the result of a mirrorwatch probe, and of ${name} with each chain.\n\n${tableOf(name)}`,
  );
  return `<!-- Written by tools/generate-walks.ts. -->

# What clients do with a wrong body

The tables show what real clients do if a mirror sends status 200 and a wrong body. Mirror \`near\` sends the wrong body; mirror \`far\` is
healthy. The last columns are named after the chain (list of mirrors) that the client had. Each cell of these columns is the end of one run:
- \`ok\`: the client succeeded.
- \`failed\`: the client ended with an error.
- \`ok or failed\`: two runs can end differently, because the mirror sent more bytes than it announced. If the client reads the extra bytes
  as the start of the next response, it fails.
- \`hangs\`: the client did not end, because it has no timeout. The test stopped it.

The column **our probe** shows the result of a mirrorwatch probe of the same body. Advice uses a model of each client. Tests compare the model with each cell
and list the cells in which the model differs (\`test/real/*-bodies.test.ts\`). If a body is longer than its \`Content-Length\`, the probe fails; most
clients read only the announced length.

${tables.join('\n\n')}

## Notes

These notes explain rows and columns of the tables above:
- If a mirror stalls (sends no more bytes), go waits without end, because it has no timeout for a response ([http2.md](http2.md)). skopeo and
  ctr have none either. The other clients have a timeout; the tests set it to 2 s.
- npm, pnpm and yarn use only one registry, so their tables show only one chain. After an empty artifact yarn 4 does not end.
- In the tables of pip and uv, \`near, far extra\` means that the client has the index \`near\` and the extra index \`far\`.
- uv requests its extra indexes first, and uses the first one that has the project. pip requests all indexes, and takes the file of the last
  index that has the file.
- skopeo reads \`registries.conf\` as podman does. ctr reads \`hosts.toml\` as containerd does.

apt and pacman use a list of mirrors (\`test/real/http-lists.test.ts\`). After a file of wrong size, apt requests the next mirror, and pacman fails. After a wrong hash, both fail.

Docker 20.10 was measured once, by hand. After a corrupt blob it requests the next mirror. For a truncated blob this takes 75 s. No test runs
Docker.
`;
}

if (import.meta.main) writeFileSync(walksPagePath, walksPage());
