import { describe, expect, it, test } from 'vitest';
import { replyWith } from '../../../../src/advise/comparison/walk.ts';
import { type Chain, type Client, type Reply, showChain } from '../../../../src/ecosystems/client.ts';
import { containerd, docker, podman, podman61 } from '../../../../src/ecosystems/oci/clients.ts';
import { phrase } from '../../../../src/words/tell.ts';
import { texts } from '../../../support/texts.ts';

function chain(text: string): Chain {
  const parsed = containerd.parse(text);
  if (parsed.tag === 'error') throw new Error(`${text}: ${parsed.error.kind}`);
  return parsed.value;
}

const a = 'https://a.example.com';
const b = 'https://b.example.com';

describe('the hosts of a client', () => {
  it.each([
    ['with bars', `${a}|${b}|direct`, `${a}|${b}|direct`],
    ['with spaces and commas', ` ${a}, ${b} `, `${a}|${b}`],
    ['nothing after direct is asked', `${a}|direct|${b}`, `${a}|direct`],
    ['direct alone', 'direct', 'direct'],
    ['user-info is masked', 'https://u:p@a.example.com/v2/hub', 'https://***@a.example.com/v2/hub'],
    ['a query is masked', `${a}/?key=secret`, `${a}/?key=***`],
  ])('%s', (_, text, shown) => expect(showChain(chain(text))).toBe(shown));

  it.each([
    ['nothing', '', { kind: 'empty' }],
    ['bars alone', '| ,', { kind: 'empty' }],
    ['a host without a scheme', `${a}|b.example.com`, { kind: 'not_a_url', member: 1 }],
    ['another scheme', 'ftp://a', { kind: 'not_a_url', member: 0 }],
    ['off is no word of theirs', 'off', { kind: 'not_a_url', member: 0 }],
  ])('not %s', (_, text, error) => expect(containerd.parse(text)).toEqual({ tag: 'error', error }));

  it.each([
    ['a chain', `${a}|${b}|direct`, true],
    ['without direct', a, true],
    ['direct not last', `direct|${a}`, false],
    ['a query', `${a}?x=1`, false],
    ['a semicolon', `${a};${b}`, false],
    ['nothing', ' ', false],
  ])('an operator may write %s: %s', (_, text, isFine) => expect(containerd.mistake(text) === null).toBe(isFine));

  it('compares members without user-info and slash', () =>
    expect(containerd.member(`${a}/`).key).toBe(chain(`https://u:p@a.example.com|direct`).members[0]?.key));
});

describe('what a client does with which status', () => {
  const reply = (status: number | null): Reply =>
    status === 404 || status === 410 ? { tag: 'gone', tookMs: 5, status } : { tag: 'failed', tookMs: 5, status };
  /** The end of a walk over a first host that fails so and a second one that is well. */
  const end = (client: Client, status: number | null) =>
    client.walk(chain(`${a}|${b}`), ({ plain }) => (plain === a ? reply(status) : { tag: 'ok', tookMs: 7 })).tag;

  test.each([
    // status, containerd, podman, docker; null: no answer was whole (refused, reset).
    [404, 'ok', 'ok', 'ok'],
    [410, 'ok', 'ok', 'ok'],
    [401, 'ok', 'ok', 'ok'],
    [403, 'ok', 'ok', 'ok'],
    [429, 'ok', 'ok', 'ok'],
    [500, 'ok', 'ok', 'ok'],
    [502, 'ok', 'ok', 'ok'],
    [503, 'ok', 'ok', 'ok'],
    [null, 'ok', 'ok', 'ok'],
    // Well answered and wrong: a page, a wrong hash.
    [200, 'failed', 'failed', 'ok'],
    [206, 'failed', 'failed', 'ok'],
  ] as const)('%s', (status, ofContainerd, ofPodman, ofDocker) =>
    expect([end(containerd, status), end(podman, status), end(docker, status)]).toEqual([
      ofContainerd,
      ofPodman,
      ofDocker,
    ]),
  );

  /** The end of a walk for a layer: the first host responds so to its request. */
  const layerEnd = (client: Client, status: number | null) => {
    const first = replyWith('status', status, 5, { weight: 'heavy' });
    return client.walk(chain(`${a}|${b}`), ({ plain }) => (plain === a ? first : { tag: 'ok', tookMs: 7 })).tag;
  };

  test.each([
    // status, containerd, podman before 6.1, podman from 6.1 on, docker.
    [404, 'ok', 'failed', 'ok', 'ok'],
    [429, 'ok', 'failed', 'ok', 'ok'],
    [500, 'ok', 'failed', 'ok', 'ok'],
    [503, 'ok', 'failed', 'ok', 'ok'],
    [401, 'ok', 'failed', 'failed', 'ok'],
    [403, 'ok', 'failed', 'failed', 'ok'],
    [206, 'failed', 'failed', 'failed', 'ok'],
    // Without a response the manifest fails too, so podman has gone on before it requests a layer.
    [null, 'ok', 'ok', 'ok', 'ok'],
  ] as const)('%s for a layer', (status, ...want) =>
    expect([containerd, podman, podman61, docker].map((client) => layerEnd(client, status))).toEqual(want),
  );

  test.each([containerd, podman, podman61])(
    'a host that takes the connection and hangs ends the walk of $id',
    (client) => {
      const hung: Reply = { tag: 'failed', tookMs: 5, status: null, isHung: true };
      const replyOf = ({ plain }: { readonly plain: string }): Reply => (plain === a ? hung : { tag: 'ok', tookMs: 7 });
      expect(client.walk(chain(`${a}|${b}`), replyOf)).toEqual({ tag: 'failed', at: 0 });
    },
  );

  test.each([
    [
      'the first that is well, with the time of all before',
      [reply(500), { tag: 'ok', tookMs: 7 }],
      { tag: 'ok', at: 1, tookMs: 12 },
    ],
    ['all of them down: at the last', [reply(500), reply(null)], { tag: 'failed', at: 1 }],
    ['one that nobody measured', [reply(500), { tag: 'unknown' }], { tag: 'unknown', at: 1 }],
    ['a wrong answer ends it at once', [reply(200), { tag: 'ok', tookMs: 7 }], { tag: 'failed', at: 0 }],
  ] as const)('%s', (_, replies, want) => {
    const asked = [...replies];
    expect(containerd.walk(chain(`${a}|${b}`), () => asked.shift() ?? { tag: 'unknown' })).toEqual(want);
  });
});

describe('lines to paste', () => {
  const of = (client: Client, after: string, upstream?: string, before = 'direct') =>
    client.remedy(chain(before), chain(after), [], upstream === undefined ? {} : { upstream });

  test('hosts.toml: mirrors first, the registry itself last by default', () => {
    const { remedy, rollback, notes } = of(
      containerd,
      `${a}|http://b.example.com:5000|direct`,
      'ghcr.io',
      `${b}|direct`,
    );
    expect(remedy['hosts.toml']).toBe(`# /etc/containerd/certs.d/ghcr.io/hosts.toml
[host."https://a.example.com"]
  capabilities = ["pull", "resolve"]
  dial_timeout = "3s"

[host."http://b.example.com:5000"]
  capabilities = ["pull", "resolve"]
  dial_timeout = "3s"`);
    expect(rollback).toBe(`# /etc/containerd/certs.d/ghcr.io/hosts.toml
[host."https://b.example.com"]
  capabilities = ["pull", "resolve"]
  dial_timeout = "3s"`);
    expect(texts(notes).join(' ')).toContain('With `resolve` the mirror decides what a tag points to');
    expect(JSON.parse(remedy['json'] ?? '')).toEqual({
      'hosts.toml': { path: '/etc/containerd/certs.d/ghcr.io/hosts.toml', text: remedy['hosts.toml'] },
    });
  });

  test('hosts.toml: without direct the last mirror is the server; a project overrides the path', () => {
    const text = of(containerd, `${a}/v2/hub|${b}`, 'docker.io').remedy['hosts.toml'];
    expect(text).toBe(`# /etc/containerd/certs.d/docker.io/hosts.toml
server = "https://b.example.com"

[host."https://a.example.com/v2/hub"]
  capabilities = ["pull", "resolve"]
  dial_timeout = "3s"
  override_path = true`);
  });

  test('hosts.toml: a mirror alone without direct is the server and a host', () => {
    const text = of(containerd, a, 'docker.io').remedy['hosts.toml'];
    expect(text).toBe(`# /etc/containerd/certs.d/docker.io/hosts.toml
server = "https://a.example.com"

[host."https://a.example.com"]
  capabilities = ["pull", "resolve"]
  dial_timeout = "3s"`);
  });

  test('registries.conf: locations without scheme, projects behind the host', () => {
    expect(
      of(podman, `${a}/v2/hub|http://b.example.com:5000|direct`, 'docker.io').remedy['registries.conf'],
    ).toBe(`# /etc/containers/registries.conf.d/050-mirrorwatch.conf
[[registry]]
prefix = "docker.io"
location = "docker.io"

[[registry.mirror]]
location = "a.example.com/hub"

[[registry.mirror]]
location = "b.example.com:5000"
insecure = true`);
    expect(
      of(podman, `${a}|http://b.example.com`, 'quay.io').remedy['registries.conf'],
    ).toBe(`# /etc/containers/registries.conf.d/050-mirrorwatch.conf
[[registry]]
prefix = "quay.io"
location = "b.example.com"
insecure = true

[[registry.mirror]]
location = "a.example.com"`);
  });

  test('registries.conf: a path before /v2 is left out, and said', () => {
    const { remedy, notes } = of(podman, `${a}/base|${b}|direct`, 'docker.io');
    expect(remedy['registries.conf']).not.toContain('a.example.com');
    expect(texts(notes)[0]).toBe(`podman supports no path before /v2, so ${a}/base cannot be a mirror of podman.`);
    expect(of(podman, `${a}/base|direct`, 'docker.io').remedy).toEqual({});
  });

  test('daemon.json: Docker Hub alone, roots alone', () => {
    const { remedy, rollback, notes } = of(docker, `${a}|http://b.example.com:5000|direct`, 'docker.io', `${b}|direct`);
    expect(JSON.parse(remedy['daemon.json'] ?? '')).toEqual({
      'registry-mirrors': [a, 'http://b.example.com:5000'],
      'insecure-registries': ['b.example.com:5000'],
    });
    expect(JSON.parse(String(rollback))).toEqual({ 'registry-mirrors': [b] });
    expect(texts(notes).join(' ')).toContain('Docker Hub only');
    expect(of(docker, `${a}|direct`, 'ghcr.io')).toMatchObject({
      remedy: {},
      notes: [phrase('note.dockerHub', { upstream: 'ghcr.io' })],
    });
    expect(of(docker, `${a}/v2/hub|direct`, 'docker.io')).toMatchObject({
      remedy: {},
      notes: [phrase('note.dockerPath', { url: `${a}/v2/hub` })],
    });
  });

  test.each([containerd, podman, docker])(
    '$id prints no credentials and nothing that could leave its quotes',
    (client) => {
      const secret = of(
        client,
        'https://robot:hunter2@a.example.com|direct',
        'docker.io',
        'https://u:hunter3@b.example.com',
      );
      expect(JSON.stringify(secret)).not.toMatch(/hunter|robot/);
      expect(texts(secret.notes).join(' ')).toContain('The lines contain no credentials');
      for (const odd of [`${a}/x?key=hunter2`, `${a}/$(id)`, `${a}/a'b`, `${a}/\u202e`]) {
        const { remedy, notes } = of(client, `${odd}|direct`, 'docker.io');
        expect(remedy).toEqual({});
        expect(texts(notes)[0]).toBe('The chain contains a URL that cannot be pasted safely: set the mirrors by hand.');
      }
    },
  );
});
