import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { tempDir } from '../../support/paths.ts';
import { run } from './run-program.ts';

const top = tempDir('check-lists');
const cwd = join(top, 'project');

const secret = 'machine db.internal login s3cr3t\ns3cr3tname\nTOKEN=s3cr3t\n';

beforeAll(() => {
  mkdirSync(join(cwd, 'app/requirements'), { recursive: true });
  mkdirSync(join(top, 'project-b'));
  const files = {
    'secret.txt': secret,
    'project-b/secret.txt': secret,
    'project/.env': secret,
    'project/token': secret,
    'project/base.txt': 'idna==3.6\nseven>=1.0,<2\n',
    'project/app/requirements/more.in': 'certifi==2024.2.2\nAPI_KEY=s3cr3t\ns3cr3t login\n<<<<\n',
    'project/app/requirements.txt': [
      'six==1.17.0',
      '-r ../base.txt',
      '-c requirements/../../shared.txt',
      '-r requirements/more.in',
      `-r ${join(cwd, 'absolute.txt')}`,
      '-r /proc/self/environ',
      '-c /etc/passwd',
      `-r ${join(top, 'secret.txt')}`,
      '-r ../../secret.txt',
      '-r ../../project-b/secret.txt',
      '-r link.txt',
      '-r folder/secret.txt',
      '-r renamed.txt',
      '-r ../.env',
      'plain',
      'KEY=s3cr3t',
      'WORD==s3cr3t',
      '',
    ].join('\n'),
    'project/shared.txt': 'plain==1.0\n',
    'project/absolute.txt': 'urllib3==2.0.0\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(top, name), text);
  symlinkSync(join(top, 'secret.txt'), join(cwd, 'app/link.txt'));
  symlinkSync(top, join(cwd, 'app/folder'));
  symlinkSync('../token', join(cwd, 'app/renamed.txt'));
  symlinkSync('requirements.txt', join(cwd, 'app/same-requirements.txt'));
  symlinkSync(join(top, 'secret.txt'), join(cwd, 'app/linked-requirements.txt'));
  symlinkSync('../token', join(cwd, 'app/token-requirements.txt'));
  symlinkSync(join(cwd, 'base.txt'), join(cwd, 'app/base-requirements.txt'));
});

async function runCheck(from: string, place: string) {
  writeFileSync(
    join(place, 'mirrorwatch.yaml'),
    `mirrors: [ { name: a, ecosystem: pypi, url: "https://a.example.com/simple" } ]
controls: [ "tcp://192.0.2.1:53" ]
modules: { pypi: [ { from: ${from} } ] }
`,
  );
  return await run(['check'], { cwd: place });
}

async function check(from: string, place = cwd) {
  const { code, out, err } = await runCheck(from, place);
  expect([code, err]).toEqual([0, expect.any(String)]);
  return { out, err, skipped: out.split('\n').filter((line) => line.startsWith(`  ${from}`) || /\.in:\d/.test(line)) };
}

describe('a requirements file of another', () => {
  test('shows no file outside its project, and no text that is no version', async () => {
    const { out, err, skipped } = await check('app/requirements.txt');
    expect(`${out}${err}`).not.toMatch(/=s3cr3t|s3cr3tname|db\.internal|s3cr3t login|PATH/);
    expect(skipped.toSorted()).toEqual(
      [
        ...['-r /proc/self/environ', '-c /etc/passwd', `-r ${join(top, 'secret.txt')}`, '-r ../../secret.txt'],
        ...['-r ../../project-b/secret.txt', '-r link.txt', '-r folder/secret.txt', '-r renamed.txt', '-r ../.env'],
      ]
        .map((option) => `  app/requirements.txt: ${option} (the file was not read)`)
        .concat(
          // A file that was not read may name a private registry, so no module may be requested from public mirrors.
          ['certifi@2024.2.2', 'idna@3.6', 'plain@1.0', 'six@1.17.0', 'urllib3@2.0.0'].map(
            (module) => `  app/requirements.txt: ${module} (a file that may name its registry was not read)`,
          ),
        )
        .concat([
          '  app/requirements.txt: api-key (no exact version)',
          '  app/requirements.txt: key (no exact version)',
          '  app/requirements.txt: seven@>=1.0,<2 (no exact version)',
          '  app/requirements.txt: word (malformed)',
          '  app/requirements/more.in:3: malformed',
          '  app/requirements/more.in:4: malformed',
        ])
        .toSorted(),
    );
  });

  test('reads below its own folder alone if the configuration file is elsewhere', async () => {
    const place = join(top, 'etc');
    mkdirSync(place);
    writeFileSync(join(place, 'secret.txt'), secret);
    const own = join(cwd, 'app/requirements.txt');
    const { out, skipped } = await check(own, place);
    expect(skipped).toContain(`  ${own}: -r ../base.txt (the file was not read)`);
    expect(skipped).toContain(`  ${own}: api-key (no exact version)`);
    expect(out).not.toContain('s3cr3t');
  });
});

describe('a configured lock file that is a link', () => {
  test.each([
    ['to its own folder', 'app/same-requirements.txt', 'six'],
    ['to the folder of the configuration file', 'app/base-requirements.txt', 'seven'],
  ])('%s is read', async (_, from, module) => {
    const { code, out } = await runCheck(from, cwd);
    expect([code, out]).toEqual([0, expect.stringContaining(module)]);
  });

  test.each([
    ['out of the project', 'app/linked-requirements.txt', cwd],
    ['to a file with another ending', 'app/token-requirements.txt', cwd],
    [
      'out of its folder, with the configuration file elsewhere',
      join(cwd, 'app/base-requirements.txt'),
      join(top, 'project-b'),
    ],
  ])('%s is refused', async (_, from, place) => {
    const { code, out, err } = await runCheck(from, place);
    expect(code).toBe(2);
    expect(err).toContain('a lock file without a link to another folder or another ending');
    expect(`${out}${err}`).not.toContain('s3cr3t');
  });
});

test('the table and the warning say the same share of the probe slots', async () => {
  const place = join(top, 'slots');
  mkdirSync(place);
  writeFileSync(
    join(place, 'mirrorwatch.yaml'),
    `schedule: { every: 1164ms, perHost: 1 }
mirrors: [ { name: a, ecosystem: go, url: "http://127.0.0.1:8081" } ]
controls: [ "tcp://192.0.2.1:53" ]
modules: { go: [ rsc.io/quote@v1.5.2 ] }
`,
  );
  const { out, err } = await run(['check'], { cwd: place });
  const [, warned] = /saw ([\d.]+)% of the probe slots/.exec(err) ?? [];
  expect(warned).toBeDefined();
  expect(out).toContain(`${warned} %`);
});
