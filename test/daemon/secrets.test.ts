import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { program } from '../../src/cli/program.ts';
import { startProxy } from '../fault/own-proxy.ts';
import { text as plainText } from '../support/answer.ts';
import { testCerts } from '../support/certs.ts';
import { tempDir } from '../support/paths.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { fakeTerminal } from '../unit/cli/fake-terminal.ts';
import { startRealDaemon } from './real-daemon.ts';

/** Every place of a configuration that takes a secret, with one that is found nowhere else. */
const secrets = {
  userInfo: 'uinfo-7c1f0a52',
  password: 'passw-93be77d1',
  bearer: 'beare-5d20aa6e',
  proxy: 'proxy-e1107b3c',
  client: 'chain-0f6d2b91',
  token: 'liste-8a4471c0',
  alerts: 'alert-5e82d7b9',
  hookPath: 'hookp-22c9de04',
  hookQuery: 'hookq-b7310f68',
  chatPath: 'chatp-6be0c317',
  chatSecret: 'chats-19af70d2',
  hook: `whsec_${Buffer.from('signs-4b8e90aa-32-bytes-and-more').toString('base64')}`,
  hookText: 'signs-4b8e90aa',
} as const;

/** A secret in each form in which it could slip out. */
const forms = Object.entries(secrets).flatMap(([place, secret]) => [
  [place, secret] as const,
  [`${place} (base64)`, Buffer.from(secret).toString('base64').replace(/=+$/, '')] as const,
  [`${place} (base64url)`, Buffer.from(secret).toString('base64url')] as const,
  [`${place} (as password)`, Buffer.from(`robot:${secret}`).toString('base64').replace(/=+$/, '')] as const,
]);

function hunt(where: string, haystack: string): string[] {
  const keyLines = testCerts()
    .client.keyPem.split('\n')
    .filter((line) => line.length > 40 && !line.startsWith('--'));
  const found = [...forms, ...keyLines.map((line) => ['client key', line] as const)].filter(([, form]) =>
    haystack.includes(form),
  );
  return found.map(([place]) => `${place} in ${where}`);
}

/** How often each status was answered by any of them. */
const answered = new Map<number, number>();

/** A mirror that says back all it was told, wherever it can: in the body, a header, a challenge, a redirect. */
function parrot(): Promise<RawServer> {
  const text: typeof plainText = (status, ...more) => {
    answered.set(status, (answered.get(status) ?? 0) + 1);
    return plainText(status, ...more);
  };
  return startRawServer({
    answer: ({ headers, path, index }) => {
      const heard = headers.authorization ?? headers['proxy-authorization'] ?? '';
      const plain = heard.startsWith('Basic ') ? Buffer.from(heard.slice(6), 'base64').toString() : heard.slice(7);
      const echoes = {
        'x-echo': heard,
        'x-echo-plain': plain,
        'set-cookie': `sid=${plain}`,
        'www-authenticate': `Bearer realm="r", nonce="${plain}"`,
        'x-link': `https://robot:${plain}@cdn.example.com/?sig=${plain}`,
      };
      if (path.endsWith('.mod') && index % 3 === 0) return text(401, `you said ${heard}, that is ${plain}\n`, echoes);
      if (path.endsWith('.mod') && index % 3 === 1)
        return text(302, '', { ...echoes, location: `/elsewhere/${plain}?sig=${plain}` });
      return text(500, `bad upstream https://robot:${plain}@inner.example.com/ ${plain}\n`, echoes);
    },
  });
}

describe('a configuration with a secret in every place', async () => {
  const servers: RawServer[] = [];

  const env = { B_PASSWORD: secrets.password, TOKEN: secrets.bearer, HOOK_SECRET: secrets.hook };
  const { client, ca } = testCerts();
  const folder = tempDir('secrets');
  const files = { 'client.pem': client.certPem, 'client.key': client.keyPem, 'ca.pem': ca.certPem };

  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  for (let n = 0; n < 4; n += 1) servers.push(await parrot());
  const proxy = await startProxy(false);
  const receiver = await startWebhookReceiver();
  const [a, b, c, d] = servers.map(({ port }) => port);
  const yaml = `
vantage: here
listen: { address: "127.0.0.1:10120", token: "${secrets.token}" }
alertmanager: { token: "${secrets.alerts}" }
schedule: { every: 200ms, timeout: 30s, perHost: 8 }
steps: { list: 200ms, info: 200ms, latest: 200ms, zip: 10m }
mirrors:
  - { name: a, ecosystem: go, url: "http://robot:${secrets.userInfo}@127.0.0.1:${a}/base" }
  - { name: b, ecosystem: go, url: "http://127.0.0.1:${b}", auth: { username: robot, password: "\${B_PASSWORD}" } }
  - { name: c, ecosystem: go, url: "http://127.0.0.1:${c}", auth: { token: "\${TOKEN}" } }
  - { name: d, ecosystem: go, url: "http://127.0.0.1:${d}", proxy: "http://robot:${secrets.proxy}@127.0.0.1:${new URL(proxy.url).port}" }
  - { name: e, ecosystem: go, url: "https://127.0.0.1:1", tls: { ca: ca.pem, cert: client.pem, key: client.key } }
clients: { go: "http://robot:${secrets.client}@127.0.0.1:${a}/base,http://127.0.0.1:${b}|direct" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
detect: { outage: { open: 1, over: 0s } }
webhooks:
  - { name: ops, url: "${receiver.url}/${secrets.hookPath}?key=${secrets.hookQuery}", secrets: [ "\${HOOK_SECRET}" ], allow: [ 127.0.0.0/8 ] }
  - { name: chat, format: feishu, url: "${receiver.url}/${secrets.chatPath}", secrets: [ "${secrets.chatSecret}" ], group: 0s, allow: [ 127.0.0.0/8 ] }
state: { path: ./state.db }
`;
  writeFileSync(join(folder, 'mirrorwatch.yaml'), yaml);
  const inFolder = yaml.replaceAll(/(ca|client)\.(pem|key)/g, (name) => join(folder, name));
  const read = Object.fromEntries(Object.entries(files).map(([name, content]) => [join(folder, name), content]));
  const real = await startRealDaemon(inFolder, env, read);
  await real.until(
    'every kind of answer of every mirror',
    () =>
      [401, 302, 500].every((status) => (answered.get(status) ?? 0) > 4) &&
      servers.every(({ requests }) => requests.length > 12),
  );
  await real.until('a notice', () => receiver.posts.some(({ path }) => path.includes(secrets.hookPath)));
  await real.until('a card', () => receiver.posts.some(({ path }) => path.includes(secrets.chatPath)));
  afterAll(async () => {
    await real.daemon.stop();
    await Promise.all([proxy.close(), receiver.close(), ...servers.map((server) => server.close())]);
  });

  test('the hunt is worth something: each secret was really used, where it belongs', async () => {
    const heard = servers.map(({ requests }) => requests.map(({ headers }) => headers.authorization ?? '').join());
    const basic = (secret: string): string => Buffer.from(`robot:${secret}`).toString('base64');
    expect(heard[0]).toContain(basic(secrets.userInfo));
    expect(heard[1]).toContain(basic(secrets.password));
    expect(heard[2]).toContain(secrets.bearer);
    expect(proxy.heads.join()).toContain(basic(secrets.proxy));
    expect(receiver.posts.map(({ path }) => path).join()).toContain(secrets.hookQuery);
    const card = receiver.posts.find(({ path }) => path.includes(secrets.chatPath));
    const { timestamp = '', sign } = JSON.parse(card?.body ?? '{}') as { timestamp?: string; sign?: string };
    expect(sign).toBe(createHmac('sha256', `${timestamp}\n${secrets.chatSecret}`).digest('base64'));
    expect(real.access['e']?.client?.key).toBe(client.keyPem);
    expect((await real.get('/api/v1/mirrors')).status).toBe(401);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${secrets.alerts}` };
    const alerts = { method: 'POST', headers, body: '{ "version": "3" }' };
    expect((await fetch(new URL('/api/v1/alertmanager', real.daemon.url), alerts)).status).toBe(400);
    expect(hunt('here', `x ${secrets.bearer} y`)).toEqual(['bearer in here']);
  });

  test('no answer, page, metric, event or log line, no row of the state file and no notice holds one', async () => {
    const bearer = { authorization: `Bearer ${secrets.token}` };
    const found: string[] = [];
    const look = async (path: string): Promise<string> => {
      const { text: answer } = await real.get(path, bearer);
      found.push(...hunt(path, answer));
      return answer;
    };
    const events = await fetch(new URL('/api/v1/events', real.daemon.url), { headers: bearer });
    const reader = events.body?.getReader();
    for (const path of ['mirrors', 'targets', 'findings?state=all', 'advice?state=all']) await look(`/api/v1/${path}`);
    for (const as of ['env', 'json']) await look(`/api/v1/advice/go/remedy?as=${as}`);
    for (const path of [
      '/',
      '/metrics',
      '/-/ready',
      '/mirrors/a',
      '/mirrors/b',
      '/mirrors/c',
      '/mirrors/d',
      '/mirrors/e',
    ])
      await look(path);
    const chain = encodeURIComponent(
      `http://robot:${secrets.client}@127.0.0.1:9/x?t=${secrets.bearer},http://robot:${secrets.password}`,
    );
    for (const path of ['/', '/timeline', '/api/v1/mirrors']) await look(`${path}?chain=${chain}`);
    const probeIds = [...real.store.rows.keys()].flatMap((name) => /^probe\/(.*)$/.exec(name)?.[1] ?? []);
    expect(probeIds.length).toBeGreaterThan(20);
    const walks: string[] = [];
    for (const id of probeIds.slice(-400)) {
      walks.push(await look(`/api/v1/probes/${id}`));
      await look(`/probes/${id}`);
    }
    // Redirects, challenges and error bodies of all kinds are among them.
    for (const sign of ['"status":401', '"status":302', '"status":500', 'x-echo']) expect(walks.join()).toContain(sign);
    const heard = await reader?.read();
    await reader?.cancel();
    found.push(...hunt('events', new TextDecoder().decode(heard?.value)));
    found.push(...hunt('the log', real.log()));
    for (const [name, row] of real.store.rows) found.push(...hunt(`row ${name.split('/')[0]}`, row));
    for (const { body } of receiver.posts) found.push(...hunt('a notice', body));
    expect([...new Set(found)]).toEqual([]);
  });

  test('neither does the command line, whether the file is right or wrong', async () => {
    const found: string[] = [];
    const broken = yaml.replace('vantage: here', 'vantage: [ here').replace('schedule: {', 'schedule: { tokn: 1,');
    const misplaced = yaml
      .replace('auth: { username: robot,', `auth: { usernam: robot, token: "${secrets.bearer}",`)
      .replace('secrets: [', `secrets: [ "${secrets.hookText}",`)
      .replace('listen: {', 'listen: { tls: { cert: nowhere.pem, key: nowhere.key },');
    for (const [name, content, code] of [
      ['right', yaml, 0],
      ['broken', broken, 2],
      ['misplaced', misplaced, 2],
    ] as const) {
      writeFileSync(join(folder, `${name}.yaml`), content);
      for (const argv of [['check'], ['check', '--json'], ['webhook', 'test', 'chat']]) {
        const terminal = fakeTerminal();
        const done = await program({
          argv: [...argv, '--config', join(folder, `${name}.yaml`)],
          env,
          cwd: folder,
          terminal,
          facts: { version: '0', node: 'v0', log: { level: 'silent', pretty: false } },
          onSignal: () => undefined,
        });
        if (argv[0] === 'check') expect([name, done]).toEqual([name, code]);
        found.push(...hunt(`${argv.join(' ')} of a ${name} file`, terminal.text()));
      }
    }
    expect([...new Set(found)]).toEqual([]);
  });
});
