import { expect, test } from 'vitest';
import { snippetOf } from '../../../src/core/snippet.ts';
import { cargoClient } from '../../../src/ecosystems/cargo/client.ts';
import type { Client } from '../../../src/ecosystems/client.ts';
import { filesClient } from '../../../src/ecosystems/http/http.ts';
import { profiles } from '../../../src/ecosystems/http/profiles.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { aMirror } from '../ecosystems/http/mirror.ts';

const [a, b] = ['https://a.example.com', 'https://b.example.com'] as const;

function remedyFor(client: Client, of?: Parameters<Client['remedy']>[3]) {
  const [before, after] = [client.parse(a), client.parse(b)];
  if (before.tag === 'error' || after.tag === 'error') throw new Error(client.id);
  return client.remedy(before.value, after.value, [], of).remedy;
}

/** True for lines that a shell reads, and for a file whose first line names it. */
const isForShell = /^(export \w+='|(grep|bundle) )/;
const namesFile = /^(#|<!--) [~/]\S+/;

test.each([
  ...registry.all.flatMap(({ clients }) => clients).map((client) => [client.id, client, undefined] as const),
  ...profiles.map(({ id }) => [id, filesClient, { mirrors: [aMirror('b', b, id)] }] as const),
])('what people paste for %s is for a shell, or its file is named', (id, client, of) => {
  const snippet = snippetOf(remedyFor(client, of));
  // Without a profile, the client of files is unknown, so that nothing can be pasted.
  if (id === 'files') return expect(snippet).toBeNull();
  const { text = '', file = null } = snippet ?? {};
  expect(text).not.toBe('');
  expect(isForShell.test(text) || namesFile.test(text) || file !== null).toBe(true);
});

test('Docker’s JSON cannot name its file, so the snippet does', () => {
  const docker = registry.all.flatMap(({ clients }) => clients).find(({ id }) => id === 'docker');
  expect(docker && snippetOf(remedyFor(docker))).toMatchObject({
    form: 'daemon.json',
    file: '/etc/docker/daemon.json',
  });
});

test('lines for a shell win over lines that stand before them, as in advice of an older release', () => {
  expect(snippetOf({ pip: '[global]', env: 'export A=1', json: '{}' })?.text).toBe('export A=1');
  expect(snippetOf({ json: '{}' })).toBeNull();
  expect(snippetOf({})).toBeNull();
});

test('the setting of cargo alone names its file', () => {
  const { set, unset } = cargoClient.withoutHttp2?.({}) ?? {};
  for (const remedy of [set, unset]) expect(snippetOf(remedy ?? {})?.text).toMatch(namesFile);
});
