import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { buildWorkerBook, nothingLearnt } from '../../../src/daemon/book.ts';
import { readConfig } from '../../daemon/world.ts';

const yaml = `
vantage: here
contact: ops@example.com
mirrors:
  - { name: a, ecosystem: go, url: "https://robot:pa55word@a.example.com/base/", resolve: { family: 4, server: 192.0.2.53 }, allowHosts: [ 10.0.0.0/8 ] }
  - { name: b, ecosystem: go, url: "https://b.example.net", auth: { token: t0ken-value, hosts: [ auth.example.net ] }, proxy: "http://me:pr0xy-word@proxy.example.net:3128" }
  - { name: inner, ecosystem: go, upstream: ours, url: "https://go.corp.example.org" }
  - { name: literal, ecosystem: go, url: "https://192.0.2.9" }
controls: [ "https://www.example.com/", "tcp://192.0.2.53:53" ]
modules: { go: [ "example.com/hello@v1.0.0" ] }
private: { go: [ "git.example.com/*" ] }
go: { sumdb: off }
webhooks: [ { name: ops, url: "https://hooks.example.com/h00k-path", secrets: [ "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" ] } ]
`;
const read = readConfig(yaml);
if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
const config = read.value;
const book = buildWorkerBook({ config, learnt: nothingLearnt, version: '1.2.3' });

test('access in the clear, mirror by mirror; who we are', () => {
  expect(book.access['a']).toMatchObject({
    url: 'https://a.example.com/base',
    auth: { scheme: 'basic', username: 'robot', secret: 'pa55word', hosts: [] },
    proxy: null,
    family: 4,
    dnsServer: expect.stringContaining('192.0.2.53'),
    allowHosts: ['10.0.0.0/8'],
    userAgent: 'mirrorwatch/1.2.3 (+ops@example.com)',
  });
  expect(book.access['b']).toMatchObject({
    auth: { scheme: 'bearer', secret: 't0ken-value', hosts: ['auth.example.net'] },
    proxy: { url: 'http://proxy.example.net:3128', username: 'me', password: 'pr0xy-word' },
  });
});

test('the book is the only place: the configuration shows none, however it is printed', () => {
  for (const secret of ['pa55word', 't0ken-value', 'pr0xy-word', 'h00k-path', 'MDEyMzQ1']) {
    expect(JSON.stringify(config)).not.toContain(secret);
    expect(inspect(config, { depth: 20, showHidden: true })).not.toContain(secret);
    expect(String(config.webhooks[0]?.url)).toBe('***');
  }
});

test('a webhook is no business of the workers', () => expect(JSON.stringify(book)).not.toMatch(/h00k-path|MDEyMzQ1/));

test('names that detect a broken resolver: public mirrors and controls, no addresses, nothing private', () =>
  expect(book.otherNames).toEqual(['a.example.com', 'b.example.net', 'www.example.com']));

test('names that detect a broken resolver: none of a company that mirrors the public upstream in its own network', () => {
  const own = `
  - { name: nexus, ecosystem: go, url: "https://nexus.corp.internal/repository/go" }
  - { name: plain, ecosystem: go, url: "https://athens" }
  - { name: group, ecosystem: go, url: "https://packages.corp.example.org", servesPrivate: true }
controls: [ "https://portal.corp.internal/", `;
  const companys = readConfig(yaml.replace('\ncontrols: [ ', own));
  if (companys.tag === 'error') throw new Error(JSON.stringify(companys.error));
  const { otherNames } = buildWorkerBook({ config: companys.value, learnt: nothingLearnt, version: '1.2.3' });
  expect(otherNames).toEqual(['a.example.com', 'b.example.net', 'www.example.com']);
});

test('what conversations need: the base, hashes of authorities apart from those of lock files, what Go itself needs', () => {
  const learnt = new Map([
    [
      'go',
      new Map([
        ['pin/m@v1', 'h1:learnt'],
        ['pin/n@v1', 'h1:n'],
      ]),
    ],
  ]);
  const pinned = { ...config, pinned: { go: { 'm@v1': 'h1:from-go.sum' } } };
  expect(buildWorkerBook({ config: pinned, learnt, version: '1' }).context['a']).toEqual({
    baseUrl: 'https://a.example.com/base',
    pinned: { 'm@v1': 'h1:learnt', 'n@v1': 'h1:n' },
    locked: { 'm@v1': 'h1:from-go.sum' },
    own: { sumdb: null, lookup: { module: 'example.com/hello', version: 'v1.0.0' } },
  });
});
