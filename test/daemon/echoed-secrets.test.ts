import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/ecosystems/oci/digest.ts';
import { type Answer, type SeenRequest, text } from '../support/answer.ts';
import { echoes, echoOf, readings, shows } from '../support/echoes.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { startRealDaemon } from './real-daemon.ts';

/** Each begins in its own way, and has what JSON and URLs write in other ways. */
const secrets = {
  bearer: 'kzbear/S+X/93be77d1==',
  password: 'wqpass/&w"0:r%2fd+5d20',
  fetched: `jxtokn/${'Ab/+9'.repeat(60)}/5d20aa6e`,
} as const;
const echoed = fc.sample(echoes, { seed: 19, numRuns: 500 });
const plain = { writing: 'plain', coding: 'plain', before: 0 } as const;
const manifest = Buffer.from('{"schemaVersion":2,"layers":[]}');
const { text: digest } = digestOf('sha256', manifest);

/** Says a secret back in each of the four forms, in headers, a redirect or an error, by turns. In bodies also in pieces. */
function parrot(secret: string, isHidden = true): (request: SeenRequest) => Answer {
  let turn = 0;
  return ({ headers }) => {
    turn += 1;
    const said = echoOf(secret, echoed[turn % echoed.length] ?? plain, '7');
    const head = { 'x-echo': said, server: `"${said}"`, link: `<https://cdn.example.com/${said}?x=${said}#${said}>` };
    if (turn % 4 === 0) return text(302, '', { ...head, location: `/r/${said}` });
    if (turn % 4 === 1) return text(302, '', { ...head, location: `http://${headers.host}/r?${said}` });
    const piece = isHidden ? ` ${secret.slice(3, 17)} ${[...secret].reverse().join('')}` : '';
    if (turn % 4 === 2) return text(500, `\n{"error":"${said}${piece}"}\n`, head);
    return text(403, `${'\n'.repeat(1_000)}${said}${piece}`, head);
  };
}

/** A registry that wants a token, gives it, and says it back. */
function registry(): (request: SeenRequest) => Answer {
  const echo = parrot(secrets.fetched, false);
  return (request) => {
    const { headers, path } = request;
    if (path === '/token') return text(200, JSON.stringify({ token: secrets.fetched, expires_in: 300 }));
    if (headers.authorization !== undefined) return echo(request);
    return text(401, '', { 'www-authenticate': `Bearer realm="http://${headers.host}/token",service="s"` });
  };
}

describe('mirrors that say credentials back in each form', async () => {
  const servers: RawServer[] = [];

  for (const answer of [parrot(secrets.bearer), parrot(secrets.password), registry()])
    servers.push(await startRawServer({ answer }));
  const receiver = await startWebhookReceiver();
  const [a, b, c] = servers.map(({ url }) => url);
  const real = await startRealDaemon(
    `
vantage: here
listen: 127.0.0.1:10120
schedule: { every: 100ms, timeout: 30s, perHost: 8 }
steps: { list: 100ms, info: 100ms, latest: 100ms, v2: 100ms, manifest: 100ms }
mirrors:
  - { name: a, ecosystem: go, url: "${a}", auth: { token: "\${BEARER}" } }
  - { name: b, ecosystem: go, url: "${b}", auth: { username: robot, password: "\${PASSWORD}" } }
  - { name: c, ecosystem: oci, upstream: docker.io, url: "${c}" }
modules: { go: [ "example.com/hello@v1.0.0" ], oci: [ "team/app@${digest}" ] }
go: { sumdb: off }
detect: { outage: { open: 1, over: 0s } }
webhooks:
  - { name: ops, url: "${receiver.url}", secrets: [ "whsec_bWlycm9yd2F0Y2gtdGVzdC1rZXktb2YtMzItYnl0ZXM=" ], allow: [ 127.0.0.0/8 ] }
state: { path: ":memory:" }
`,
    { BEARER: secrets.bearer, PASSWORD: secrets.password },
  );
  await real.until('many echoes of each', () => servers.every(({ requests }) => requests.length > 150));
  afterAll(async () => {
    await real.daemon.stop();
    await Promise.all([...servers, receiver].map((server) => server.close()));
  });

  test('each was sent what it says back', () => {
    const heard = servers.map(({ requests }) => requests.map(({ headers }) => headers.authorization ?? '').join());
    expect(heard[0]).toContain(secrets.bearer);
    expect(heard[1]).toContain(Buffer.from(`robot:${secrets.password}`).toString('base64'));
    expect(heard[2]).toContain(secrets.fetched);
  });

  test('pages, answers, metrics, notices, the state and the log show no form of them, cut or not', async () => {
    const probeIds = [...real.store.rows.keys()].flatMap((name) => /^probe\/(.*)$/.exec(name)?.[1] ?? []);
    const paths = [
      ...['/', '/metrics', '/mirrors/a', '/mirrors/b', '/mirrors/c', '/timeline'],
      ...['mirrors', 'targets', 'findings?state=all', 'advice?state=all'].map((path) => `/api/v1/${path}`),
      ...probeIds.slice(-100).flatMap((id) => [`/api/v1/probes/${id}`, `/probes/${id}`]),
    ];
    const notices = receiver.posts.map(({ body }) => ['a notice', body] as [string, string]);
    const texts: [string, string][] = [['the log', real.log()], ...notices, ...real.store.rows];
    expect(notices.length).toBeGreaterThan(0);
    for (const path of paths) texts.push([path, (await real.get(path)).text]);
    // What is searched holds what was echoed.
    for (const sign of ['"status":302', '"status":500', '"status":403', '"x-echo":"***"', '***'])
      expect(texts.some(([, one]) => one.includes(sign))).toBe(true);
    const found = texts.flatMap(([place, one]) => {
      const read = readings(one);
      return Object.entries(secrets).flatMap(([name, secret]) => (shows(read, secret) ? [`${name} in ${place}`] : []));
    });
    expect(found).toEqual([]);
    const lines = (name: string) =>
      texts.flatMap(([place, one]) =>
        place.startsWith('/api/v1/probes/') && one.includes(`"registry":"${name}"`)
          ? [(JSON.parse(one) as { readonly errorLine: string | null }).errorLine]
          : [],
      );
    for (const name of ['a', 'b']) expect([name, [...new Set(lines(name))]]).toEqual([name, [null]]);
    expect(lines('c').some((line) => line?.includes('***'))).toBe(true);
  });
});
