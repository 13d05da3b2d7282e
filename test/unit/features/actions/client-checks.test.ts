import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ActionDeed } from '../../../../src/core/action.ts';
import type { Advice } from '../../../../src/core/advice.ts';
import { showStored } from '../../../../src/words/tell.ts';
import { english } from '../../../../src/words/words.ts';
import { fakeClients, pathWith } from '../../../support/fake-client.ts';
import { acting } from './acting.ts';
import { adviceTo } from './advice.ts';
import { eachFolder } from './each-folder.ts';

/** A client on this machine reads the new text of its file, before an action gives up the old one. */

const folder = eachFolder();
const before = 'registry=https://a.example.com/\n';
const npm = adviceTo({ ecosystem: 'npm', remedy: { json: '{"npm_config_registry":"https://b.example.net/"}' } });
const pypi = adviceTo({
  ecosystem: 'pypi',
  remedy: {
    json: '{"PIP_INDEX_URL":"https://b.example.net/simple","UV_DEFAULT_INDEX":"https://b.example.net/simple"}',
  },
});

const readsNpm = 'sed -n s/registry=//p "$npm_config_userconfig"';

type FileDeed = Extract<ActionDeed, { kind: 'file' }>;

/** Runs the action on a file with this text, on a machine with these clients. */
async function acts(
  advice: Advice,
  as: FileDeed['as'],
  text: string | null,
  scripts: Readonly<Record<string, string>>,
) {
  const path = join(folder(), 'settings');
  if (text !== null) writeFileSync(path, text);
  const one = acting(folder(), { kind: 'file', path, as }, advice, { path: pathWith(fakeClients(scripts)) });
  const end = await one.step('act');
  const now = existsSync(path) ? readFileSync(path, 'utf8') : null;
  return { end, why: end.tag === 'failed' ? showStored(end.because, english) : '', now };
}

it.each([
  ['of the old file', before],
  ['of no file', null],
])('writes nothing in place %s if npm reads another value', async (_, text) => {
  const { end, why, now } = await acts(npm, 'npmrc', text, { npm: 'echo https://a.example.com/', pnpm: readsNpm });
  expect(end).toMatchObject({ tag: 'failed', retry: true });
  expect(why).toContain('npm does not read the wanted value from the new text of the file');
  expect(now).toBe(text);
});

describe('writes the text if npm', () => {
  it.each([
    ['reads the value', readsNpm, false],
    ['fails with the old text too', 'exit 1', true],
  ])('%s', async (_name, program, isNoted) => {
    const { end, now } = await acts(npm, 'npmrc', before, { npm: program, pnpm: readsNpm });
    expect(end).toMatchObject({ tag: 'ok', output: expect.stringContaining('+registry=https://b.example.net/') });
    expect(end.output.includes('npm fails even with the old text')).toBe(isNoted);
    expect(now).toBe('registry=https://b.example.net/\n');
  });
});

it.each([
  ['pip', '[global]\nindex-url = https://a.example.com/simple\n', 'echo global.index-url=x', 'exit 1'],
  ['uv', 'index-url = "https://a.example.com/simple"\n', 'exit 1', 'echo --index-url x'],
] as const)('%s is the client of its file', async (as, text, pip, uv) => {
  const { why, now } = await acts(pypi, as, text, { pip, uv });
  expect(why).toContain(`${as} does not read the wanted value`);
  expect(now).toBe(text);
});
