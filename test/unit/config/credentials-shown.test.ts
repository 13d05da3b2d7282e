import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { program } from '../../../src/cli/program.ts';
import { maskText } from '../../../src/core/secret.ts';
import { tempDir } from '../../support/paths.ts';
import { fakeTerminal } from '../cli/fake-terminal.ts';

/** How people write a credential beside an address, `//` or not. */
const shapes: readonly ((secret: string) => string)[] = [
  (s) => `u:${s}@h.example.com`,
  (s) => `u:pa/${s}@h.example.com:80`,
  (s) => `${s}@h.example.com`,
  (s) => `u ${s}@h.example.com`,
  (s) => `u:p ${s} q@h.example.com/x`,
  (s) => `u:p@${s}@h.example.com`,
  (s) => `u:${s}%40h.example.com`,
  (s) => `[u:${s}@::1]:80`,
  (s) => `//u:${s}@h.example.com`,
  (s) => `http:u:${s}@h.example.com`,
  (s) => `http:/u:${s}@h.example.com`,
  (s) => `https:///u:${s}@h.example.com`,
  (s) => `http:\\\\u:${s}@h.example.com`,
  (s) => `http:\\u:${s}@h.example.com`,
  (s) => `ftp://u:${s}@h.example.com`,
  (s) => `https://u:a/${s}@h.example.com`,
  (s) => `https://u:a\\${s}@h.example.com`,
  (s) => `https://u:a b${s}@h.example.com`,
  (s) => `https://u:a#${s}@h.example.com`,
  (s) => `https://u:${s}@[bad`,
  (s) => `https://u:${s}/x`,
  (s) => `tcp://u:${s}@h.example.com:1`,
  (s) => `https://h.example.com/#${s}`,
  (s) => `https://h.example.com/?t=${s}`,
  (s) => `https://h.example.com/?t=a@b&k=${s}`,
  (s) => `h.example.com#${s}`,
  (s) => `h.example.com:443?${s}`,
  (s) => `https://h.example.com,https:/u:${s}@k.example.com|direct`,
  (s) => `https://h.example.com u:${s}@k.example.com`,
];

/** Places of a configuration that take a URL, an address or a name, by the text that goes there. */
const places: Readonly<Record<string, (text: string) => Readonly<Record<string, unknown>>>> = {
  'mirrors[].url': (url) => ({ mirrors: [{ name: 'a', ecosystem: 'go', url }] }),
  'mirrors[].name': (name) => ({ mirrors: [{ name, ecosystem: 'go', url: 'https://a.example.com' }] }),
  'mirrors[].upstream': (upstream) => ({ mirrors: [{ ...mirror, upstream }] }),
  'mirrors[].ecosystem': (ecosystem) => ({ mirrors: [{ ...mirror, ecosystem }] }),
  'mirrors[].proxy': (proxy) => ({ mirrors: [{ ...mirror, proxy }] }),
  'mirrors[].auth.hosts': (host) => ({ mirrors: [{ ...mirror, auth: { token: 'abc', hosts: [host] } }] }),
  'mirrors[].allowHosts': (host) => ({ mirrors: [{ ...mirror, allowHosts: [host] }] }),
  controls: (control) => ({ controls: [control] }),
  'clients.go': (go) => ({ clients: { go } }),
  'clients.pypi': (pypi) => ({ clients: { pypi } }),
  'clients as a text': (clients) => ({ clients }),
  'webhooks[].page': (page) => ({ webhooks: [{ ...hook, page }] }),
  'webhooks[].url': (url) => ({ webhooks: [{ ...hook, url }] }),
  'webhooks[].name': (name) => ({ webhooks: [{ ...hook, name }] }),
  'webhooks[].allow': (net) => ({ webhooks: [{ ...hook, allow: [net] }] }),
  'go.sumdb': (sumdb) => ({ go: { sumdb } }),
  'resolve.server': (server) => ({ resolve: { server } }),
  'listen.address': (address) => ({ listen: { address } }),
  'listen.page': (page) => ({ listen: { address: '127.0.0.1:0', page } }),
  listen: (listen) => ({ listen }),
  'state.path': (path) => ({ state: { path: `/nowhere/${path}` } }),
  'modules.oci': (text) => ({ modules: { go: ['example.com/hello@v1.0.0'], npm: [`//${text}`] } }),
};
const mirror = { name: 'a', ecosystem: 'go', url: 'https://a.example.com' };
const hook = { name: 'ops', url: 'https://hook.example.com/x' };
const configFile = (text: string): string[] => ['check', '--config', text];
const folder = tempDir('credentials-shown');

async function said(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const terminal = fakeTerminal();
  await program({
    argv,
    env,
    cwd: folder,
    terminal,
    facts: { version: '0', node: 'v0', log: { level: 'silent', pretty: false } },
    onSignal: () => undefined,
  });
  return terminal.text();
}

describe('a credential beside an address', () => {
  test.each(Object.keys(places))('in %s: check shows none, however it is written', async (place) => {
    const found: string[] = [];
    for (const [at, shape] of shapes.entries()) {
      const secret = `zq7-${at}-secret`;
      const usual = { vantage: 'here', mirrors: [mirror], modules: { go: ['example.com/hello@v1.0.0'] } };
      const file = join(folder, 'mirrorwatch.yaml');
      writeFileSync(file, JSON.stringify({ ...usual, ...places[place]?.(shape(secret)) }));
      const text = await said(['check', '--config', file]);
      expect(text).not.toBe('');
      if (text.includes('zq7'))
        found.push(
          `${shape(secret)}: ${text
            .split('\n')
            .find((line) => line.includes('zq7'))
            ?.slice(-200)}`,
        );
    }
    expect(found).toEqual([]);
  });

  test.each([
    ['probe', (text: string) => ['probe', text]],
    ['probe --step', (text: string) => ['probe', 'nobody', '--step', text]],
    ['probe --ecosystem', (text: string) => ['probe', 'https://h.example.com', '--ecosystem', text]],
    ['probe --client', (text: string) => ['probe', 'nobody', '--client', text]],
    ['an unknown option', (text: string) => ['probe', `--${text}`]],
    ['one word too many', (text: string) => ['probe', 'a', 'b', text]],
    ['doctor', (text: string) => ['doctor', text]],
    ['advice --url', (text: string) => ['advice', '--url', text]],
    ['advice', (text: string) => ['advice', text]],
    ['advice --token-file', (text: string) => ['advice', '--url', 'http://127.0.0.1:9', '--token-file', text]],
    ['pause --url', (text: string) => ['pause', 'a', '--for', '1h', '--url', text]],
    ['pause --for', (text: string) => ['pause', 'a', '--for', text, '--url', 'http://127.0.0.1:9']],
    ['export', (text: string) => ['advice', '--export', text, '--url', 'http://127.0.0.1:9']],
    ['init --vantage', (text: string) => ['init', '--vantage', text]],
    ['init --public', (text: string) => ['init', '--public', text]],
    ['check --config', configFile],
    ['no command', (text: string) => [text]],
  ])('as an argument of %s: the answer repeats none', async (_, argv) => {
    const found: string[] = [];
    for (const shape of shapes) {
      const text = shape('zq7-secret');
      // What is a URL that can be asked is asked, and nothing on this machine answers there.
      if (/^https?:[\\/]+h\./i.test(text) && URL.canParse(text)) continue;
      // A file may be named in any way; what is no URL and has no password is its name.
      if (argv === configFile && !/:.*@/.test(text)) continue;
      const answer = await said(argv(text), { MIRRORWATCH_CONFIG: '' });
      if (answer.includes('zq7')) found.push(`${text}: ${answer.slice(0, 400)}`);
    }
    expect(found).toEqual([]);
  });

  test('what is none is shown as it is', () => {
    for (const text of ['https://a.example.com/x', 'http://a.example.com:8080', 'direct', 'tcp://h:1', '127.0.0.1:80'])
      expect(maskText(text)).toBe(text);
  });

  test('in any text: nothing before an @ is left but a scheme', () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        expect(maskText(`${before}zq7${before}@${after}`)).not.toContain('zq7');
      }),
      { seed: 5 },
    ));
});
