import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DaemonPorts } from '../../src/daemon/assemble.ts';
import { actedIn, actionsOf, actorHere, aDown, counted, file, goEnv, openFolder, pass, rule } from './acting.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, metric } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

beforeEach(openFolder);
afterEach(stopWorlds);

describe('onAdvice', () => {
  it('follows an outage within the moment of its advice, accepts, and goes back with the failback', async () => {
    writeFileSync(goEnv(), 'GOPROXY=https://a.example.com,direct\n');
    const actor = actorHere();
    const ports = (all: DaemonPorts) => ({ ...all, actor });
    const world = await startWorld({ yaml: threeMirrors({ more: rule() }), script: aDown, ports });
    await pass(world, 99);
    expect(actor.steps).toEqual([]);
    await pass(world, 30);
    expect(file()).toMatch(/^GOPROXY=https:\/\/b\.example\.net\/goproxy/);
    expect((await adviceOf(world)).map(({ state, to }) => [state, to])).toEqual([['accepted', 'b']]);
    expect(await actionsOf(world)).toEqual([{ state: 'done', to: 'b', held: null, interrupted: false }]);
    expect([await counted(world, 'planned'), await counted(world, 'done'), await counted(world, 'failed')]).toEqual([
      1, 1, 0,
    ]);
    await pass(world, 900);
    expect(file()).toBe('GOPROXY=https://a.example.com,direct\n');
    expect(await actionsOf(world)).toEqual([{ state: 'undone', to: 'b', held: null, interrupted: false }]);
    expect((await adviceOf(world)).filter(({ state }) => state === 'accepted')).toEqual([]);
    expect(actor.steps).toEqual(['prepare 1', 'act 1', 'undo 1']);
    expect(actedIn(world)).toEqual(['done', 'undone']);
  });

  it('follows a hard failure at the default confidence within 5 s of its first failed probe', async () => {
    const actor = actorHere();
    const yaml = threeMirrors({ more: rule().replace('confidence: low', 'confidence: medium') });
    const world = await startWorld({ yaml, script: aDown, ports: (all) => ({ ...all, actor }) });
    await pass(world, 99);
    const hasFailed = () => world.wire.asked.some(({ registry, atMs }) => registry === 'a' && atMs >= 100_000);
    for (let i = 0; i < 10 && !hasFailed(); i += 1) await pass(world, 1);
    expect(hasFailed()).toBe(true);
    await pass(world, 5);
    expect(actor.steps).toEqual(['prepare 1', 'act 1']);
  });

  it.each([
    { what: 'does not follow advice because of slowness', zip: 1_500, done: [] },
    {
      what: 'follows advice because of slowness once its evidence has an outage of downloads',
      zip: { status: 500 },
      done: ['prepare 1', 'act 1'],
    },
  ])('for outages alone $what', async ({ zip, done }) => {
    const actor = actorHere();
    const yaml = threeMirrors({ more: rule().replace('confidence: low', 'causes: [ outage ], confidence: low') });
    const script: Script = (asked) => {
      if (asked.registry !== 'a' || asked.atMs < 150_000) return well(asked);
      return asked.atMs >= 250_000 && asked.path.endsWith('.zip') ? zip : 1_500;
    };
    const world = await startWorld({ yaml, script, ports: (all) => ({ ...all, actor }) });
    const causes = async () => (await adviceOf(world)).map(({ cause, to }) => [cause, to]);
    await pass(world, 249);
    expect(await causes()).toEqual([['slower', 'b']]);
    expect(actor.steps).toEqual([]);
    await pass(world, 600);
    expect(await causes()).toEqual([['slower', 'b']]);
    expect(actor.steps).toEqual(done);
  });

  it.each([2, 4])('does not act where our own line dies %d s after the first failure of a', async (afterSeconds) => {
    const actor = actorHere();
    const yaml = threeMirrors({
      more: `${rule().replace('confidence: low', 'confidence: medium')}\ncontrols: [ "tcp://192.0.2.53:53" ]`,
    });
    let firstMs = Infinity;
    const dies: Script = (asked) => {
      if (asked.registry === 'a' && asked.atMs >= 100_000) firstMs = Math.min(firstMs, asked.atMs);
      const isOut = asked.atMs >= firstMs + afterSeconds * 1_000;
      return isOut || (asked.registry === 'a' && asked.atMs >= 100_000) ? refuses : well(asked);
    };
    const world = await startWorld({ yaml, script: dies, ports: (all) => ({ ...all, actor }) });
    world.wire.controls = (_, atMs) => atMs < firstMs + afterSeconds * 1_000;
    await pass(world, 160);
    expect(firstMs).toBeLessThan(110_000);
    expect(actor.steps).toEqual([]);
  });

  it('shows the change and makes none in a dry run, which is the default', async () => {
    const yaml = threeMirrors({ more: rule().replace(', mode: auto', '') });
    const world = await startWorld({ yaml, script: aDown, ports: (all) => ({ ...all, actor: actorHere() }) });
    await pass(world, 130);
    expect(existsSync(goEnv())).toBe(false);
    expect(actedIn(world)).toEqual([]);
    const text = (await world.get('/api/v1/actions')).text;
    expect(text).toContain('+GOPROXY=https://b.example.net/goproxy');
    expect(await actionsOf(world)).toEqual([{ state: 'planned', to: 'b', held: null, interrupted: false }]);
    expect((await adviceOf(world)).map(({ state }) => state)).toEqual(['proposed']);
  });

  it('a kill between the change and its record: found after the restart, said, made once, and still undone', async () => {
    writeFileSync(goEnv(), 'GOPROXY=off\n');
    const first = actorHere();
    const world = await startWorld({
      yaml: threeMirrors({ more: rule() }),
      script: aDown,
      ports: (all) => ({ ...all, actor: first }),
    });
    first.hangs = 'act';
    await pass(world, 130);
    expect(file()).toMatch(/b\.example\.net/);
    expect(await actionsOf(world)).toEqual([{ state: 'running', to: 'b', held: null, interrupted: false }]);
    const second = actorHere();
    const again = await world.restart({ ports: (all) => ({ ...all, actor: second }) });
    await pass(again, 20);
    expect(again.log.map(({ message }) => message)).toContain('an action was interrupted; it is carried out again');
    expect(second.steps).toEqual(['act 2']);
    expect(await actionsOf(again)).toEqual([{ state: 'done', to: 'b', held: null, interrupted: true }]);
    expect([...actedIn(world), ...actedIn(again)]).toEqual(['done']);
    const [row] = (await again.get('/api/v1/actions')).json<{ actions: { id: string }[] }>().actions;
    expect((await again.post(`/api/v1/actions/${row?.id}/undo`)).status).toBe(200);
    await pass(again, 3);
    expect(file()).toBe('GOPROXY=off\n');
  });

  it.each([
    ['goes back where the mirror has recovered, without regret', 1_000, 'undone', ['done', 'undone']],
    ['stays where the mirror is still dead', Infinity, 'done', ['done']],
  ])('a daemon that was dead for an hour %s', async (_, untilSeconds, state, acted) => {
    const before = 'GOPROXY=https://a.example.com,direct\n';
    writeFileSync(goEnv(), before);
    const script: Script = (asked) =>
      asked.registry === 'a' && asked.atMs >= 100_000 && asked.atMs < untilSeconds * 1_000 ? refuses : well(asked);
    const ports = (all: DaemonPorts) => ({ ...all, actor: actorHere() });
    const world = await startWorld({ yaml: threeMirrors({ more: rule() }), script, ports });
    await pass(world, 140);
    const time = world.time.next();
    await time.pass(3_600_000);
    const again = await world.restart({ time, ports });
    await pass(again, 600);
    expect(file() === before).toBe(state === 'undone');
    expect((await actionsOf(again)).map((one) => one.state)).toEqual([state]);
    expect([...actedIn(world), ...actedIn(again)]).toEqual(acted);
    expect(await metric(again, 'mirror_advice_regret_total{ecosystem="go",upstream="go"}')).toBe(0);
    expect((await adviceOf(again)).map((one) => one.state)).toEqual(state === 'undone' ? [] : ['accepted']);
  });
});
