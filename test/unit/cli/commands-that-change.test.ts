import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/action.ts';
import { refuses, type Script } from '../../daemon/scripted-wire.ts';
import { but, threeMirrors, well } from '../../daemon/three-mirrors.ts';
import { adviceOf, mirrorOf } from '../../daemon/told.ts';
import { startWorld, stopWorlds } from '../../daemon/world.ts';
import { ask } from './ask-daemon.ts';
import { run } from './run-program.ts';

afterEach(stopWorlds);

type Found = { readonly id: string; readonly kind: string };

test('pause: leaves a mirror alone and resumes it; what cannot be is said in the words of the daemon', async () => {
  const world = await startWorld({ yaml: threeMirrors(), script: well });
  await world.seconds(20);
  const why = ['--reason', 'moving'];
  expect(await ask(world, 'pause', 'a', '--for', '1h', ...why)).toMatchObject({
    code: 0,
    out: 'mirror a paused for 1h',
  });
  await world.seconds(1);
  expect(await mirrorOf(world, 'a')).toMatchObject({ state: 'unknown' });
  expect(await ask(world, 'pause', 'a', '--for', '0s')).toMatchObject({ code: 0, out: 'mirror a resumed' });
  await world.seconds(20);
  expect(await mirrorOf(world, 'a')).toMatchObject({ state: 'up' });
  for (const [argv, said, want] of [
    [['nobody', '--for', '1h'], 'Not found', 1],
    [['a', '--for', 'soon'], 'the value of `for` must be a duration of at most 30d', 2],
  ] as const) {
    const { code, out, err } = await ask(world, 'pause', ...argv);
    expect([code, out]).toEqual([want, '']);
    expect(err).toContain(said);
  }
});

describe('what the daemon does but cannot store', () => {
  const lost =
    'mirrorwatch: this change is in force, but not stored: the disk is full. ' +
    'If the daemon restarts before it can store the change, the change is lost.';

  test('a pause, an acknowledgement and a dismissed advice: each says so, and no more once it can be stored', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(80);
    const found = (await world.get('/api/v1/findings')).json<{ findings: { id: string }[] }>().findings[0]?.id ?? '';
    const advice = (await adviceOf(world))[0]?.id ?? '';
    world.store.trouble = { kind: 'full', code: 'SQLITE_FULL' };
    for (const argv of [
      ['pause', 'c', '--for', '1h'],
      ['ack', found, '--reason', 'known'],
      ['advice', 'dismiss', advice, '--for', '2h', '--reason', 'known'],
    ])
      expect([argv[0], await ask(world, ...argv)]).toMatchObject([argv[0], { code: 0, err: lost }]);
    expect((await world.get('/-/ready')).text).toContain('the state cannot be stored: the disk is full');
    const text = 'configuration, workers and listener are up, but the state cannot be stored: the disk is full';
    expect(await ask(world, 'health', '--ready')).toMatchObject({ code: 0, out: text, err: '' });
    expect((await world.get('/')).text).toContain('such as pauses and acknowledgements, do not survive a restart');
    world.store.trouble = null;
    expect(await ask(world, 'pause', 'c', '--for', '2h')).toMatchObject({ code: 0, err: '' });
    const restarted = await world.restart();
    expect((await mirrorOf(restarted, 'c')).paused).not.toBeNull();
  });

  test('a reason that only another release knows is shown as it is', async () => {
    const headers = { 'x-state-trouble': 'quota' };
    const server = createServer((_request, response) => void response.writeHead(200, headers).end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ran = await run(['ack', 'x', '--reason', 'known', '--url', `http://127.0.0.1:${port}`]);
    server.close();
    expect(ran).toMatchObject({
      code: 0,
      out: 'finding x acknowledged',
      err: lost.replace('the disk is full', 'quota'),
    });
  });
});

describe('ack', () => {
  test('the reason of an acknowledged outage is in the API and on the page, also once the outage has ended', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60, 200) });
    await world.seconds(100);
    const outage = async () => {
      const { findings } = (await world.get('/api/v1/findings?state=all')).json<{ findings: Found[] }>();
      return findings.find(({ kind }) => kind === 'outage');
    };
    const before = await outage();
    expect(before).toMatchObject({ state: 'open', acknowledgedReason: null });
    expect((await ask(world, 'ack', before?.id ?? '', '--reason', 'the provider works on it')).code).toBe(0);
    expect(await outage()).toMatchObject({ state: 'open', acknowledgedReason: 'the provider works on it' });
    expect((await world.get('/')).text).toContain('acknowledged: <bdi>the provider works on it</bdi>');
    await world.seconds(400);
    expect(await outage()).toMatchObject({ state: 'closed', acknowledgedReason: 'the provider works on it' });
  });

  test('an outage cannot be acknowledged away, and nothing that is not there', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(10);
    const { code, err } = await ask(world, 'ack', 'nothing', '--reason', 'seen');
    expect([code, err.startsWith('mirrorwatch: ')]).toEqual([1, true]);
  });
});

describe('actions', () => {
  const yaml = threeMirrors({
    more: 'onAdvice: [ { name: ci, command: [ "true" ], mode: auto, when: { confidence: low } } ]',
  });
  const actor: Actor = {
    run: async (step) => ({ tag: 'ok', output: `${step}\u001b[2J` }),
    votes: () => null,
    isStopped: () => false,
    keepStopped: () => false,
    close: async () => undefined,
  };

  test('held past the limit of the hour, until its end', async () => {
    const downFromMs: Readonly<Record<string, number>> = { a: 60_000, b: 120_000 };
    const script: Script = (asked) => (asked.atMs >= (downFromMs[asked.registry] ?? Infinity) ? refuses : well(asked));
    const world = await startWorld({
      yaml: yaml.replace('confidence: low', 'confidence: low, perHour: 1'),
      script,
      ports: (all) => ({ ...all, actor }),
    });
    await world.seconds(200);
    expect((await ask(world, 'actions')).out).toMatch(
      /held back {2}go: b → c\n {2}the limit of changes per hour is reached; held until 20\d\d-[\d-]+T[\d:.]+Z\n/,
    );
  });

  test('listed, stopped, resumed and undone; what is not done is refused: 1', async () => {
    const world = await startWorld({ yaml, script: but(refuses, 'a', 60), ports: (all) => ({ ...all, actor }) });
    expect(await ask(world, 'actions')).toMatchObject({ code: 0, out: 'no action has been carried out yet' });
    expect(await ask(world, 'actions', 'stop')).toMatchObject({
      code: 0,
      out: 'actions are stopped',
      err: expect.stringContaining('this change cannot be stored on disk'),
    });
    await world.seconds(80);
    expect((await ask(world, 'actions')).out).toMatch(
      /^actions are stopped\n.* {2}held back {2}go: a → b\n {2}actions are stopped$/,
    );
    expect(await ask(world, 'actions', 'resume')).toMatchObject({ code: 0, out: 'actions are enabled' });
    await world.seconds(5);
    const { actions } = JSON.parse((await ask(world, 'actions', '--json')).out) as {
      actions: { id: string; state: string }[];
    };
    expect(actions.map(({ state }) => state)).toEqual(['done']);
    expect((await ask(world, 'actions')).out).toMatch(/ {2}done {2}go: a → b\n {2}act\?\[2J$/);
    const id = actions[0]?.id ?? '';
    expect(await ask(world, 'actions', 'undo', id)).toMatchObject({ code: 0 });
    await world.seconds(2);
    expect(await ask(world, 'actions', 'undo', id)).toMatchObject({
      code: 1,
      err: expect.stringContaining('this action has nothing to undo now'),
    });
    expect((await ask(world, 'actions', 'undo', 'nothing')).code).toBe(1);
    expect((await ask(world, 'actions', 'undo')).code).toBe(2);
    expect((await ask(world, 'actions', 'halt')).code).toBe(2);
  });
});
