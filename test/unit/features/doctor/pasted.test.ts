import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../../cli/run-program.ts';
import { testMachine } from './machine.ts';

// Every line that the doctor prints to be pasted is given to a shell, with settings of a hostile project.

const evil = "$(touch$IFS'x')`touch x`;touch x;";
const path = 'https://h.example.com/$(touch$IFS./x)/`touch$IFS./x`/';

/** Pastes lines into a shell whose only programs are these; what they are given is written down. */
function paste(folder: string, lines: readonly string[]): { readonly isRun: boolean; readonly log: string } {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const name of ['go', 'mirrorwatch', 'npm', 'yarn', 'chmod', 'touch'])
    writeFileSync(join(bin, name), `#!/bin/sh\nprintf '<%s>' ${name} "$@"\necho\n`, { mode: 0o755 });
  writeFileSync(join(bin, 'touch'), `#!/bin/sh\n: >'${folder}/ran'\n`, { mode: 0o755 });
  rmSync(join(folder, 'ran'), { force: true });
  const log = lines.map((line) => {
    try {
      const shell = ['/bin/sh', ['-c', `${line}\nexport`]] as const;
      return execFileSync(...shell, { cwd: folder, env: { PATH: bin }, encoding: 'utf8', stdio: 'pipe' });
    } catch {
      return '';
    }
  });
  return { isRun: existsSync(join(folder, 'ran')), log: log.join('') };
}

const files: Readonly<Record<string, string>> = {
  '~/.profile': [
    `export GONOSUMDB="github.com/*,';touch x;'"`,
    `export GOFLAGS="-insecure ';touch x;'"`,
    `export GOPROXY="https://a.example.com,direct,https://b.example.com/';touch x;'"`,
    `export GOPRIVATE='*,$(touch x)'`,
  ].join('\n'),
  '~/.bashrc': `export GOPROXY="https://a.example.com/';touch x;'"\nexport GOINSECURE="';touch x;'"\n`,
  '~/.config/go/env': `GONOSUMDB=github.com/*,';touch x;'\nGOPROXY=https://h.example.com/';touch x;'\nGOFLAGS=-insecure ';touch x;'\n`,
  'go.mod': `module x\n\ngo 1.24\n\nrequire git.corp.example.com/';touch$IFS'x/a v1.0.0\n`,
  'requirements.txt': `--index-url ${path.replace('https', 'http')}\n--extra-index-url ${path}\na==1\n`,
  'pip.conf': `[global]\nindex-url = ${path.replace('https', 'http')}\n`,
  '.npmrc': `registry=${path.replace('https', 'http')}\n//${evil}/:_authToken=a\n`,
  '.yarnrc.yml': `npmRegistryServer: "https://other.example.com/"\n`,
  '/etc/containerd/certs.d/a/hosts.toml': `[host."${path.replace('https', 'http')}"]\n`,
  '/etc/docker/daemon.json': JSON.stringify({ 'registry-mirrors': [path.replace('https', 'http')] }),
};

it('runs nothing of a hostile project, and sets what it says', async () => {
  const machine = testMachine(files, {
    HTTP_PROXY: 'http://proxy.example.com:1',
    no_proxy: "a,';touch x;'",
    NO_PROXY: "https://';touch$IFS'x/,$(touch x)",
    NODE_EXTRA_CA_CERTS: "/ca/$(touch x)';touch x;'.pem",
    PIP_INDEX_URL: 'https://h.example.com/',
  });
  const { out } = await machine.run(['doctor', '--json']);
  const traps = (JSON.parse(out) as { traps: { id: string; set: string[] }[] }).traps;
  // Lines of .npmrc are for a file, not for a shell.
  const lines = traps.flatMap(({ set }) => set).filter((line) => !line.includes('.npmrc') && !/^\S+:_auth/.test(line));
  const commands = lines.filter((line) => /^(export|go env|mirrorwatch|unset|npm|yarn|chmod|#)/.test(line));
  expect(new Set(traps.map(({ id }) => id)).size).toBeGreaterThan(12);
  expect(commands.length).toBeGreaterThan(12);
  const { isRun, log } = paste(machine.root, lines);
  expect(lines.filter((line) => paste(machine.root, [line]).isRun)).toEqual([]);
  expect(isRun).toBe(false);
  expect(log).toContain(`<mirrorwatch><doctor><${path.replaceAll('`', '%60')}><--ecosystem><pypi>`);
});

it('no value of a checkout is printed to be pasted for other projects', async () => {
  const project = {
    '.envrc': [
      'export GOFLAGS="-insecure -toolexec=./evil"',
      'export GOPROXY=https://evil.example.com',
      "export GOPRIVATE='*,github.com/evil/*'",
    ].join('\n'),
    '.npmrc': 'cafile=/checkout/evil.pem\n',
    'package.json': '{}',
  };
  const machine = testMachine({
    ...project,
    '~/.config/pip/pip.conf': '[global]\ntimeout = 9\nindex-url = https://pypi.example.com/\n',
  });
  const { traps } = JSON.parse((await machine.run(['doctor', '--json'])).out) as {
    traps: { id: string; set: string[] }[];
  };
  expect(traps.map(({ id }) => id).toSorted()).toEqual(['go-direct-missing', 'go-insecure', 'go-sumdb-skipped']);
  expect(traps.flatMap(({ set }) => set).join('\n')).not.toMatch(/evil/);
});

it('an explained error suggests nothing that runs', async () => {
  const folder = testMachine({}).root;
  for (const url of [
    path,
    `https://$(touch$IFS'x').example.com/`,
    `https://h';touch$IFS'x;'/`,
    `https://h/\u202e\u001b[2K`,
  ]) {
    const text = `ERROR: Could not connect to ${url}: certificate verify failed: self-signed certificate`;
    const { out } = await run(['explain', '--json', text]);
    const { errors } = JSON.parse(out) as { errors: { run: string[] }[] };
    expect(errors.length).toBeGreaterThan(0);
    expect(
      paste(
        folder,
        errors.flatMap((one) => one.run),
      ).isRun,
    ).toBe(false);
  }
});

it('no printed command makes modules private that a malformed path in go.mod matches', async () => {
  const machine = testMachine({
    'go.mod': 'module app\nrequire (\n\tgit.example.com,*/x v1.0.0\n\tgit.example.com/team v1.0.0\n)\n',
  });
  const { out } = await machine.run(['doctor']);
  expect(out).toContain("go env -w GOPRIVATE='git.example.com/*'");
  expect(out).not.toContain('*/*');
});
