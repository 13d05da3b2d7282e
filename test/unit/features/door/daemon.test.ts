import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Timers } from '../../../../src/core/ports.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { pypiDoor } from '../../../../src/ecosystems/pypi/door.ts';
import { daemonOf, followDaemon, readDaemon } from '../../../../src/features/door/daemon.ts';
import { doorPortsWith, openDoor } from '../../../../src/features/door/door.ts';
import type { KnownOrder } from '../../../../src/features/door/order.ts';
import { systemTimers } from '../../../../src/io/timers.ts';
import { makeCerts } from '../../../support/certs.ts';
import { tempDir } from '../../../support/paths.ts';
import { until } from '../../../support/patience.ts';
import { run } from '../../cli/run-program.ts';
import { doorConfig, doorYaml } from './config.ts';
import { closeAll, serveOn } from './open-handler.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await closeAll();
});

const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
/** No wait is longer than a moment. */
const timers: Timers = { after: (ms, run) => systemTimers.after(Math.min(ms, 5), run) };

const near = { registry: 'near', ecosystem: 'go', upstream: 'go', inDoubt: false, gate: null, rank: 1, canary: null };
const advice = { id: 'a1', ecosystem: 'go', upstream: 'go', state: 'proposed', to: 'near' };

/** A daemon whose stream is open and says nothing; its lists are answered by these, in their order, then by the last. */
async function daemon(...answers: readonly ((name: string) => unknown)[]) {
  let lists = 0;
  const port = await serveOn((request: IncomingMessage, response: ServerResponse) => {
    const name = /^\/api\/v1\/(\w+)/.exec(request.url ?? '')?.[1] ?? '';
    if (name === 'events') return void response.writeHead(200).write(': here\n\n');
    const answer = answers[Math.min(Math.floor(lists / 2), answers.length - 1)];
    lists += 1;
    const list = answer?.(name);
    response.writeHead(list === undefined ? 503 : 200).end(JSON.stringify({ [name]: list }));
  });
  return { url: `http://127.0.0.1:${port}`, lists: () => lists };
}

async function followed(...answers: readonly ((name: string) => unknown)[]) {
  const { url } = await daemon(...answers);
  const known: ReadonlyMap<string, KnownOrder>[] = [];
  const lost: string[] = [];
  const listener = {
    known: (all: ReadonlyMap<string, KnownOrder>) => void known.push(all),
    doubted: nothing,
    lost: (why: string) => void lost.push(why),
  };
  const follower = followDaemon({ url, token: null }, listener, timers);
  ends.push(() => follower.close());
  return { known, lost };
}

/** A daemon whose events the test sends, and whose lists can be held back; they show what was so when they were asked for. */
async function steeredDaemon() {
  const streams: ServerResponse[] = [];
  const held: (() => void)[] = [];
  let mirror: unknown = near;
  let isHeld = false;
  const port = await serveOn(({ url = '' }: IncomingMessage, response: ServerResponse) => {
    const name = /^\/api\/v1\/(\w+)/.exec(url)?.[1] ?? '';
    if (name === 'events') {
      response.writeHead(200).write(': here\n\n');
      return void streams.push(response);
    }
    const body = JSON.stringify({ [name]: name === 'mirrors' ? [mirror] : [] });
    if (isHeld) held.push(() => response.end(body));
    else response.end(body);
  });
  const seen: string[] = [];
  const listener = {
    known: (all: ReadonlyMap<string, KnownOrder>) =>
      void seen.push(`failing ${[...(all.get('go/go')?.failing ?? [])]}`),
    doubted: (names: ReadonlySet<string>) => void seen.push(`doubted ${[...names]}`),
    lost: (why: string) => void seen.push(why),
  };
  const follower = followDaemon({ url: `http://127.0.0.1:${port}`, token: null }, listener, timers);
  ends.push(() => follower.close());
  const say = (event: string, data: unknown): void =>
    void streams[0]?.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  return {
    seen,
    heard: (text: string) =>
      until(
        text,
        () => seen,
        (all) => all.includes(text),
      ),
    say,
    /** From now on the lists wait, with this mirror in them. */
    hold: (next: unknown) => {
      mirror = next;
      isHeld = true;
    },
    /** The lists that were held are answered as they were; later ones show this mirror. */
    release: (next: unknown) => {
      mirror = next;
      isHeld = false;
      for (const answer of held.splice(0)) answer();
    },
    asked: () =>
      until(
        'both lists are asked for',
        () => held.length,
        (count) => count >= 2,
      ),
  };
}

const good = (name: string) => (name === 'mirrors' ? [near] : [advice]);

describe('a daemon that the door follows', () => {
  it('may have a certificate for another name: that of the configuration is trusted', async () => {
    const { certPem, keyPem } = makeCerts().wrongName;
    const server = createServer({ cert: certPem, key: keyPem }, ({ url = '' }, response) => {
      const name = /^\/api\/v1\/(\w+)/.exec(url)?.[1] ?? '';
      response.writeHead(200);
      if (name === 'events') return void response.write(': here\n\n');
      response.end(JSON.stringify({ [name]: good(name) }));
    });
    ends.push(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const tls = { cert: certPem, key: new Secret(keyPem) };
    const at = daemonOf({ ...doorConfig(), listen: { host: '127.0.0.1', port, token: null, tls } });
    const events: string[] = [];
    const listener = {
      known: () => void events.push('known'),
      doubted: nothing,
      lost: (why: string) => void events.push(why),
    };
    const follower = followDaemon(at, listener, timers);
    ends.push(() => follower.close());
    await until(
      'the lists are read',
      async () => events,
      (seen) => seen.length > 0,
    );
    expect(new Set(events)).toEqual(new Set(['known']));
  });

  it('is asked again after a list that failed, though its stream says nothing', async () => {
    const { known, lost } = await followed(() => undefined, good);
    await until(
      'the lists have come',
      () => known.length,
      (count) => count > 0,
    );
    expect([known[0]?.get('go/go')?.advice, lost]).toEqual([
      { to: 'near', id: 'a1', expiresAtMs: null },
      ['status 503'],
    ]);
  });

  it('has a mirror in doubt until its lists say whether the mirror is down', async () => {
    const steered = await steeredDaemon();
    await steered.heard('failing ');
    steered.hold({ ...near, inDoubt: true });
    steered.say('standing', { registry: 'near', inDoubt: true });
    await steered.heard('doubted near');
    steered.say('standing', { registry: 'near', inDoubt: false });
    await steered.asked();
    expect(steered.seen).toEqual(['doubted ', 'failing ', 'doubted near']);
    steered.release({ ...near, state: 'down', gate: 'outage', rank: null });
    await steered.heard('failing near');
    expect(steered.seen.slice(3)).toEqual(['doubted near', 'failing ', 'doubted ', 'failing near']);
  });

  it('has a mirror in doubt although lists that were asked for before the doubt do not show it', async () => {
    const steered = await steeredDaemon();
    await steered.heard('failing ');
    steered.hold(near);
    steered.say('reload', {});
    await steered.asked();
    steered.say('standing', { registry: 'near', inDoubt: true });
    await steered.heard('doubted near');
    steered.release({ ...near, inDoubt: true });
    await until(
      'both reads are done',
      () => steered.seen.filter((one) => one === 'failing ').length,
      (count) => count >= 3,
    );
    expect(steered.seen.slice(2)).toEqual(['doubted near', 'doubted near', 'failing ', 'doubted near', 'failing ']);
  });

  it('names so many mirrors in doubt at most', async () => {
    const steered = await steeredDaemon();
    await steered.heard('failing ');
    steered.hold(near);
    steered.say('reload', {});
    await steered.asked();
    for (let at = 0; at <= 600; at += 1) steered.say('standing', { registry: `n${at}`, inDoubt: true });
    steered.say('standing', { registry: 'n0', inDoubt: false });
    await until(
      'all are heard',
      () => steered.seen.filter((one) => one.includes('n499')).length,
      (count) => count > 0,
    );
    steered.release(near);
    await until(
      'the read is done',
      () => steered.seen.filter((one) => one === 'failing ').length,
      (count) => count > 1,
    );
    expect(steered.seen.join(' ')).not.toContain('n500');
  });

  it('sends so many values at most', async () => {
    const many = (name: string) => (name === 'mirrors' ? Array.from({ length: 1_000_000 }, () => 1) : [advice]);
    const { lost } = await followed(many);
    await until(
      'the lists were read',
      () => lost.length,
      (count) => count > 0,
    );
    expect(lost[0]).toBe('EMSGSIZE');
  });

  it.each<readonly [string, (name: string) => unknown]>([
    ['nothing in its list', () => [null]],
    ['numbers for names', (name) => good(name).map((one) => ({ ...one, ecosystem: 1 }))],
    ['an object for an id', (name) => good(name).map((one) => ({ ...one, id: { toString: 1 } }))],
  ])('is not believed with %s', async (_, bad) => {
    const { known, lost } = await followed(bad, good);
    await until(
      'the lists have come',
      () => known.length,
      (count) => count > 0,
    );
    expect([known[0]?.get('go/go')?.advice?.id, lost.length]).toEqual(['a1', 1]);
  });

  it('is followed no more once the door has closed, whatever configuration comes then', async () => {
    const { url, lists } = await daemon(good);
    const dir = tempDir('door-closed');
    const config = doorConfig(`listen: "127.0.0.1:0", daemon: "${url}"`);
    const rule = config.door;
    if (rule === undefined) throw new Error('no door');
    const ports = { ...doorPortsWith(log, '0.0.0'), timers };
    const opened = await openDoor(config, { ...rule, orderPath: `${dir}/door.json` }, ports, { relay: false });
    if (opened.tag === 'error') throw new Error(opened.error.code);
    await until('the lists are read', lists, (count) => count >= 2);
    await opened.value.close();
    const before = lists();
    opened.value.reconfigure(config);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(lists()).toBe(before);
  });
});

describe('the order of a printed door', () => {
  const mirrorsOf = (gate: string | null) => [
    { ...near, gate, rank: gate === null ? 1 : null },
    { ...near, registry: 'far', rank: 2 },
  ];
  const asked = async (list: (name: string) => unknown, env: Readonly<Record<string, string>> = {}) => {
    const { url } = await daemon(list);
    const dir = tempDir('door-orders');
    writeFileSync(`${dir}/mirrorwatch.yaml`, doorYaml(`listen: "127.0.0.1:0", daemon: "${url}", orderFile: door.json`));
    const argv = ['door', '--config', `${dir}/mirrorwatch.yaml`, '--print', 'haproxy', '--order', '--out', dir];
    writeFileSync(`${dir}/door.json`, JSON.stringify({ orders: { 'go/go': ['go-origin', 'near'] } }));
    expect(await run(argv, { env })).toMatchObject({ code: 0, err: '' });
    const text = readFileSync(`${dir}/door.order`, 'utf8');
    return [...text.matchAll(/^go_\d mw_(\w+)$/gm)].map(([, name]) => name);
  };
  const action = (to: string) => ({ MIRRORWATCH_ECOSYSTEM: 'go', MIRRORWATCH_UPSTREAM: 'go', MIRRORWATCH_TO: to });
  const advised = (gate: string | null) => (name: string) =>
    name === 'mirrors' ? mirrorsOf(gate) : [{ ...advice, to: 'far' }];

  it('is that of the daemon: the advised mirror first, one with wrong bytes not at all', async () => {
    expect(await asked(advised(null))).toEqual(['far', 'near', 'go_origin']);
    expect(await asked(advised('mismatch'))).toEqual(['far', 'go_origin']);
  });

  it('begins with a mirror that served wrong bytes where it is advised as the last choice', async () => {
    const last = { ...advice, to: 'near', candidates: [{ registry: 'near', gate: 'mismatch' }] };
    expect(await asked((name) => (name === 'mirrors' ? mirrorsOf('mismatch') : [last]))).toEqual([
      'near',
      'far',
      'go_origin',
    ]);
  });

  it('begins with the mirror that an action names, so that its undo leads back, unless that serves wrong bytes', async () => {
    expect(await asked(advised(null), action('near'))).toEqual(['near', 'far', 'go_origin']);
    expect(await asked(advised('mismatch'), action('near'))).toEqual(['far', 'go_origin']);
    expect(await asked(advised(null), { ...action('near'), MIRRORWATCH_UPSTREAM: 'other' })).toEqual([
      'far',
      'near',
      'go_origin',
    ]);
  });

  it('is the stored one where the daemon cannot be reached', async () =>
    expect(await asked(() => undefined)).toEqual(['go_origin', 'near']));
});

it.each<[string, unknown, readonly string[], readonly string[]]>([
  ['by an authority: the mirror is not used', undefined, ['near'], []],
  ['of modules that are no list of names', [1], ['near'], []],
  [
    'of more modules than are compared with each request',
    Array.from({ length: 501 }, (_, at) => `a/${at}`),
    ['near'],
    [],
  ],
  ['of a name that is too long', ['a'.repeat(401)], ['near'], []],
  ['by other mirrors: it is not used for these modules', ['example.com/a'], [], ['example.com/a']],
])('wrong bytes that the daemon reports: %s', async (_, wrongModules, wrong, modules) => {
  const { url } = await daemon((name) =>
    name === 'mirrors' ? [{ ...near, gate: 'mismatch', wrongModules }] : [advice],
  );
  const { known } = await readDaemon({ url, token: null });
  const order = known.get('go/go');
  expect([...(order?.wrong ?? [])]).toEqual(wrong);
  expect(order?.wrongOf?.get('near')).toEqual(modules);
});

it.each<[string, unknown, Readonly<Record<string, readonly string[]>>]>([
  ['an earlier release', undefined, {}],
  ['no list', { a: 1 }, {}],
  ['names with an @', ['@scope/ui@1.0.0', 'a@1.0.0', 'a@2.0.0'], { '@scope/ui': ['1.0.0'], a: ['1.0.0', '2.0.0'] }],
])('withdrawn versions that the daemon reports: %s', async (_, withdrew, want) => {
  const { url } = await daemon((name) => (name === 'mirrors' ? [{ ...near, withdrew }] : [advice]));
  const { known } = await readDaemon({ url, token: null });
  const found = known.get('go/go')?.withdrew?.get('near') ?? new Map();
  expect(Object.fromEntries([...found].map(([module, versions]) => [module, [...versions]]))).toEqual(want);
});

it('withdrawn versions of Python projects have one spelling, in which the door reads file names', async () => {
  const python = { ...near, ecosystem: 'pypi', upstream: 'pypi', withdrew: ['tiny@2.0.0', 'tiny@1.0-RC1', 'tiny@x'] };
  const { url } = await daemon((name) => (name === 'mirrors' ? [python] : []));
  const { known } = await readDaemon({ url, token: null });
  const versions = known.get('pypi/pypi')?.withdrew?.get('near')?.get('tiny');
  expect([...(versions ?? [])]).toEqual(['2', '1rc1', 'x']);
  const paths = ['tiny/refused/tiny-2.0.0.tar.gz', 'tiny/refused/tiny-1.0rc1-py3-none-any.whl'];
  for (const path of paths) expect(versions).toContain(pypiDoor.read(path)?.version);
});
