import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { repoDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';
import { englishLeft } from './english-left.ts';
import { run } from './run-program.ts';

interface Explained {
  readonly known: boolean;
  readonly errors: readonly {
    readonly reason: string | null;
    readonly candidates: readonly { readonly reason: string; readonly means: string }[];
    readonly layer: string | null;
    readonly ecosystem: string | null;
    readonly url: string | null;
    readonly means: string;
    readonly next: string;
    readonly run: readonly string[];
  }[];
}

const explained = async (text: string): Promise<Explained> =>
  JSON.parse((await run(['explain', '--json', text])).out) as Explained;

/** Texts as the clients print them, with made-up hosts. */
const rows: readonly (readonly [
  client: string,
  text: string,
  reason: string,
  ecosystem: string,
  url: string | null,
])[] = table('unit/cli/explain-error', 'rows');

describe('mirrorwatch explain', () => {
  test.each(rows)('%s: %s', async (_, text, reason, ecosystem, url) => {
    const { known, errors } = await explained(text);
    const [first] = errors;
    const told = first?.reason ?? first?.candidates.map((one) => one.reason).join(', ');
    expect([known, told, first?.ecosystem, first?.url]).toEqual([true, reason, ecosystem, url]);
    expect([first?.means, first?.next]).toEqual([expect.stringMatching(/\w+/), expect.stringMatching(/\w+/)]);
    expect(first?.run.length).toBeGreaterThan(0);
  });

  test('for people: what it means, what to do and what to run', async () => {
    const ran = await run(['explain', 'npm', 'error', 'connect ECONNREFUSED http://npm.example.com:4873/x']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toBe(`refused  tcp
  npm error connect ECONNREFUSED http://npm.example.com:4873/x
  means  the host is up, but no service listens on that port, or a filter rejects the connection
  next   Check the port for a typo. If the port is right, the mirror is down or a filter rejects the connection.
  run    mirrorwatch doctor http://npm.example.com:4873 --ecosystem npm
         mirrorwatch rank npm
         mirrorwatch advice
`);
  });

  test.each([
    ['npm error 502 Bad Gateway - GET https://npm.example.com/depd', ['rank npm', 'advice']],
    ['npm error code E401\nnpm error 401 Unauthorized - GET https://npm.example.com/depd', ['rank npm']],
  ])('advice may name another mirror if a mirror is down: %s', async (text, want) => {
    const { errors } = await explained(text);
    expect(errors[0]?.run.slice(1)).toEqual(want.map((command) => `mirrorwatch ${command}`));
  });

  test('a text that does not tell its cause: the candidates, for people', async () => {
    const { code, out } = await run(['explain', 'go: example.com/hello@v1.0.0: zip: not a valid zip file']);
    expect(code).toBe(0);
    expect(out).toContain('not clear\n');
    expect(out).toMatch(/^ +cut: \w/m);
    expect(out).toMatch(/^ +wrong_content: \w/m);
  });

  test('in Chinese', async () => {
    const { out } = await run(['explain', '--lang', 'zh', 'npm error code ENOSPC\nnpm error connect ECONNREFUSED']);
    expect(
      englishLeft(
        out.replaceAll(
          /npm error (?:code ENOSPC|connect ECONNREFUSED)|--ecosystem npm|rank npm|mirrorwatch \w+|refused|disk|tcp/g,
          '',
        ),
      ),
    ).toEqual([]);
    expect(out).toContain('磁盘');
  });

  test('standard input with -', async () => {
    const ran = await run(['explain', '-', '--json'], { input: 'x\nE: Failed to fetch a  Hash Sum mismatch\n' });
    expect([ran.code, (JSON.parse(ran.out) as Explained).errors.map(({ reason }) => reason)]).toEqual([
      0,
      ['mismatch'],
    ]);
  });

  test('several errors of one text, each once, in their order', async () => {
    const { errors } = await explained('npm error ECONNRESET\nnpm error ECONNRESET\nnpm error E404');
    expect(errors.map(({ reason }) => reason)).toEqual(['reset', 'absent']);
  });

  test('sizes, counts and lines of a traceback are no status', async () => {
    const text = `   ━━━━━━━━━━ 502.1/502.1 kB 3.2 MB/s eta 0:00:00
Downloading six-1.17.0-py3-none-any.whl (404 kB)
added 404 packages, and audited 503 packages in 2s
  File "/usr/lib/python3/dist-packages/urllib3/connectionpool.py", line 429, in _make_request`;
    expect(await explained(text)).toEqual({ known: false, errors: [] });
  });

  test('what is not known: exit 1, and said', async () => {
    expect(await run(['explain', 'make: *** [all] Error 2'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('this text contains no known error'),
    });
    const json = await run(['explain', '--json', 'all is well']);
    expect([json.code, JSON.parse(json.out)]).toEqual([1, { known: false, errors: [] }]);
  });

  test.each([[[]], [['--jsn', 'x']]])('wrong usage: %j', async (argv) =>
    expect((await run(['explain', ...argv])).code).toBe(2),
  );

  test('neither credentials nor escapes of the text are printed', async () => {
    const { out } = await run(['explain', 'npm error ECONNREFUSED https://ada:hunter2@npm.example.com/x \u001b[2J']);
    expect(out).not.toContain('hunter2');
    expect(out).not.toContain('\u001b');
  });

  test('a text whose reason is known is explained without the code that reads configurations', () => {
    const script = `
      import { registerHooks } from 'node:module';
      const load = (url, context, next) => {
        if (url.endsWith('/src/config/schema.ts')) console.error('loads', url);
        return next(url, context);
      };
      registerHooks({ load });`;
    const argv = ['--import', `data:text/javascript,${encodeURIComponent(script)}`, 'src/main.ts', 'explain'];
    const { stdout, stderr } = spawnSync(process.execPath, [...argv, 'npm error ECONNREFUSED'], {
      cwd: repoDir,
      encoding: 'utf8',
    });
    expect(stdout).toContain('npm error ECONNREFUSED');
    expect(stderr).not.toContain('loads');
  });
});
