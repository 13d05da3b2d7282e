import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Fills in where the project is, which a fork or a checkout does not know. The release runs it; by hand:
//
//   node tools/release/project.ts OWNER/NAME [registry/path/image]

/** The addresses of a project at GitHub, by its `OWNER/NAME`. */
export function projectAt(repository: string) {
  const home = `https://github.com/${repository}`;
  return { home, git: `git+${home}.git`, bugs: `${home}/issues` };
}

/**
 * Writes the addresses into package.json (`repository`, `homepage`, `bugs`: npm compares the first with its provenance,
 * and `mirrorwatch rules` makes links to the runbook of `homepage`), and into the chart (`home`, `sources`, its image).
 * @param image  the image without a tag, such as `ghcr.io/owner/mirrorwatch`; absent: the chart's image stays
 * @throws Error if the repository is not of the form OWNER/NAME, or the chart has another form
 */
export function fillProject(root: string, repository: string, image?: string): void {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new Error(`${repository} is no repository: OWNER/NAME`);
  const { home, git, bugs } = projectAt(repository);
  const change = (path: string, by: (text: string) => string): void => {
    const before = readFileSync(join(root, path), 'utf8');
    writeFileSync(join(root, path), by(before));
  };
  change('package.json', (text) => {
    const own = { ...JSON.parse(text), repository: { type: 'git', url: git }, homepage: home, bugs: { url: bugs } };
    return `${JSON.stringify(own, null, 2)}\n`;
  });
  const chart = 'deploy/kubernetes/mirrorwatch';
  change(`${chart}/Chart.yaml`, (text) => {
    const rest = text.replace(/^home: .*\n|^sources: .*\n/gm, '');
    return rest.replace(/^type: .*$/m, `$&\nhome: ${home}\nsources: ["${home}"]`);
  });
  if (image === undefined) return;
  const [, registry = '', path = ''] = /^([^/]+)\/([^:@]+)$/.exec(image) ?? [];
  if (path === '') throw new Error(`${image} is no image: registry/path`);
  change(`${chart}/values.yaml`, (text) => {
    const filled = text
      .replace(/^ {2}registry: ""/m, `  registry: "${registry}"`)
      .replace(/^ {2}repository: mirrorwatch$/m, `  repository: ${path}`);
    if (filled === text) throw new Error('values.yaml has no image to fill in');
    return filled;
  });
}

if (import.meta.main) {
  const [repository = '', image] = process.argv.slice(2);
  fillProject(join(import.meta.dirname, '../..'), repository, image);
}
