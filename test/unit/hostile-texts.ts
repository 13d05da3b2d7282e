import { parentPort } from 'node:worker_threads';
import type { Machine } from '../../src/core/trap.ts';
import { isSpoiltMod } from '../../src/ecosystems/go/mod-file.ts';
import { isModulePath } from '../../src/ecosystems/go/names.ts';
import { listedAt } from '../../src/ecosystems/http/profiles/debian.ts';
import { parseBunLock } from '../../src/ecosystems/npm/lock-reader.ts';
import { findNpm } from '../../src/ecosystems/npm/settings-found.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { errorTexts } from '../../src/features/doctor/error-texts.ts';
import { findKnownErrors } from '../../src/features/doctor/explain.ts';
import { examineProject } from '../../src/features/doctor/survey.ts';
import { cacheOf } from '../../src/probe/measure.ts';

/** A thread that gives 1 MiB of a hostile text to each reader, and tells the name of each that has returned. */
const chars = 2 ** 20;

const fill = (piece: string): string => piece.repeat(Math.ceil(chars / piece.length));

/** A machine on which each file with this name has this text. */
function machineWith(name: string, text: string): Machine {
  return {
    env: {},
    home: '/h',
    cwd: '/h/p',
    system: (path) => path,
    read: async (path) => (path.endsWith(`p/${name}`) ? { tag: 'ok', text } : { tag: 'error', code: 'ENOENT' }),
    list: async () => ({ tag: 'ok', names: [name] }),
  };
}

const npm = (name: string, text: string) =>
  findNpm({ machine: machineWith(name, text), assignments: [], privatePatterns: [] });

const readers: Readonly<Record<string, () => unknown>> = {
  'a go.mod of newlines': () => isSpoiltMod(Buffer.from(fill('\n')), 'example.com/m'),
  'a module path of dots': () => isModulePath(`a${fill('.')}`),
  'a bun.lock with a quote that never ends': () => parseBunLock(`]${fill('"\\')}`),
  'a header of words like tcp_': () => cacheOf({ 'x-cache': fill('tcp_') }),
  'a header of escaped quotes': () => cacheOf({ 'cache-status': `${fill('\\"')}\\` }),
  'a path of many suites': () => listedAt(`${fill('/dists/s//')}\n`),
  'a 404 with many read errors': () => registry.all.map(({ isMasked }) => isMasked?.(fill('read tcp '))),
  'an error text of one line': () => findKnownErrors(fill('failed to do request: digest lookup x body error ')),
  'an error text of many lines': () => findKnownErrors(fill("Wheel '' located at stream error: stream ID 1; \n")),
  'a text of places of a status': () =>
    errorTexts.map(({ pattern }) =>
      pattern.test(fill('Err 404 bad response reading unexpected status (x: error for y')),
    ),
  'a text of forms of clients': () =>
    registry.all.map(({ errorFrames: frames = {} }) =>
      Object.values(frames).map((one) =>
        one.test(fill('error: download of http:/v2/x@v1 for url: x.go:1:1: Err:1 /v2/')),
      ),
    ),
  'an .npmrc of blanks': () => npm('.npmrc', `x${fill('\t')}=${fill('\t')}"${fill('\t')}\n='`),
  'an .npmrc of unclosed variables': () => npm('.npmrc', `registry=https://x/${fill('${A:-')}`),
  'a .yarnrc.yml of blanks': () => npm('.yarnrc.yml', `a:${fill('\t')}#${fill('\t')}\n0`),
  'a pnpm-workspace.yaml of blanks': () => npm('pnpm-workspace.yaml', `-:${fill('\t')}#${fill('\t')}`),
  'a Dockerfile of assignments': () => examineProject(machineWith('Dockerfile', fill('A=http:$'))),
  'a Jenkinsfile of blanks': () => examineProject(machineWith('Jenkinsfile', `image${fill('\t')}`)),
};

for (const [name, read] of Object.entries(readers)) {
  await read();
  parentPort?.postMessage(name);
}
parentPort?.postMessage(null);
