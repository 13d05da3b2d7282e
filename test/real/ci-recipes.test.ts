import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { tempDir } from '../support/paths.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { blocksOf } from '../unit/docs/pages.ts';

// The recipes of docs/guides/ci.md, taken out of the page and run by the shell that their service starts, against somebody
// who answers as the daemon does. `go` is a script that says what it was given.

const block = (file: string): string => blocksOf('docs/guides/ci.md').find((one) => one.file === file)?.text ?? '';

interface Workflow {
  readonly jobs: { readonly build: { readonly steps: readonly { readonly run?: string }[] } };
}
interface Gitlab {
  readonly default: { readonly before_script: readonly string[] };
  readonly build: { readonly script: readonly string[] };
}

/** The scripts of each recipe, one for each shell that the service starts, and how it starts one. */
const recipes: readonly (readonly [name: string, shell: readonly string[], scripts: readonly string[]])[] = [
  [
    'GitHub Actions',
    ['bash', '-e'],
    (parse(block('.github/workflows/build.yml')) as Workflow).jobs.build.steps.flatMap((step) => step.run ?? []),
  ],
  [
    'GitLab',
    ['sh', '-e'],
    [parse(block('.gitlab-ci.yml')) as Gitlab].map((file) =>
      [...file.default.before_script, ...file.build.script].join('\n'),
    ),
  ],
  ['Jenkins', ['sh', '-xe'], [...block('Jenkinsfile').matchAll(/'''([\s\S]*?)'''/g)].map(([, script = '']) => script)],
];

type Answer = { readonly status: number; readonly text: string } | 'nobody';

/** Runs a recipe whole; what `go` was given, and what the recipe wrote. */
async function build(
  shell: readonly string[],
  scripts: readonly string[],
  answer: Answer,
  set: Readonly<Record<string, string>>,
) {
  const folder = tempDir('recipe');
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    if (answer !== 'nobody') response.writeHead(answer.status).end(answer.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  if (answer === 'nobody') await new Promise((resolve) => server.close(resolve));
  writeFileSync(join(folder, 'go'), '#!/bin/sh\necho "go $* with $GOPROXY"\n');
  chmodSync(join(folder, 'go'), 0o755);
  const carried = join(folder, 'env');
  let [said, code] = ['', 0];
  for (const script of scripts) {
    const lines = existsSync(carried) ? readFileSync(carried, 'utf8').trim().split('\n') : [];
    const before = Object.fromEntries(
      lines.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
    );
    writeFileSync(join(folder, 'script'), script);
    const ended = await run(shell[0] ?? 'sh', [...shell.slice(1), join(folder, 'script')], {
      cwd: folder,
      env: {
        GOPROXY: undefined,
        ...set,
        ...before,
        PATH: `${folder}:${process.env['PATH']}`,
        GITHUB_ENV: carried,
        MIRRORWATCH_URL: `http://127.0.0.1:${port}`,
        MIRRORWATCH_TOKEN: 'token-of-a-test',
      },
    });
    said += ended.stdout;
    code ||= ended.code;
  }
  server.close();
  server.closeAllConnections();
  return { code, asked, built: said.split('\n').filter((line) => line.startsWith('go ')), said };
}

real('the recipes for CI', ['curl', 'bash'], () => {
  test('are three, and each builds', () =>
    expect(recipes.map(([, , scripts]) => scripts.some((script) => script.includes('go build ./...')))).toEqual([
      true,
      true,
      true,
    ]));

  test.each(recipes)('%s: builds with what is advised', async (_, shell, scripts) => {
    const line = "export GOPROXY='https://b.example.net|https://a.example.com,direct'\n";
    const { code, asked, built } = await build(shell, scripts, { status: 200, text: line }, {});
    expect([code, built]).toEqual([0, ['go build ./... with https://b.example.net|https://a.example.com,direct']]);
    expect(asked).toEqual(['/api/v1/advice/go/remedy Bearer token-of-a-test']);
  });

  test.each(recipes)('%s: nothing to change leaves what is set', async (_, shell, scripts) => {
    const { code, built } = await build(
      shell,
      scripts,
      { status: 204, text: '' },
      { GOPROXY: 'https://mine.example.com' },
    );
    expect([code, built]).toEqual([0, ['go build ./... with https://mine.example.com']]);
  });

  const troubles: readonly Answer[] = [
    'nobody',
    { status: 401, text: '{}' },
    { status: 500, text: "export GOPROXY='x'" },
  ];
  test.each(recipes.flatMap(([name, ...rest]) => troubles.map((answer) => [name, answer, ...rest] as const)))(
    '%s: %j is said, and the build goes on with what is set',
    async (_, answer, shell, scripts) => {
      const { code, built, said } = await build(shell, scripts, answer, { GOPROXY: 'https://mine.example.com' });
      expect([code, built]).toEqual([0, ['go build ./... with https://mine.example.com']]);
      expect(said).toContain('mirrorwatch does not respond');
    },
  );
});
