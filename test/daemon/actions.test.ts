import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActionEnd, Actor } from '../../src/core/action.ts';
import type { Clock } from '../../src/core/ports.ts';
import { error, ok, type Result } from '../../src/core/result.ts';
import type { DaemonPorts } from '../../src/daemon/assemble.ts';
import { createActor } from '../../src/features/actions/actor.ts';
import type { StoreView } from '../../src/features/fleet/view.ts';
import { createVotes } from '../../src/features/fleet/votes.ts';
import { systemClock } from '../../src/io/clock.ts';
import { down, well as fine, type PlaceSeen, viewOf } from '../unit/features/fleet/world.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, metric } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirrorwatch-actions-'));
});
afterEach(async () => {
  await stopWorlds();
  rmSync(folder, { recursive: true, force: true });
});

/** `a` refuses connections from 100 s to 200 s. */
const aDown: Script = (asked) =>
  asked.registry === 'a' && asked.atMs >= 100_000 && asked.atMs < 200_000 ? refuses : well(asked);

const rule = (more = '') => `
advise: { hold: 60s }
onAdvice:
  - { name: ci, file: { path: ${join(folder, 'go.env')}, as: env }, mode: auto, when: { confidence: low }${more} }`;

/** What real files are waited for. */
const pending = new Set<Promise<unknown>>();

/** The real actor, and the steps that it was asked for; one that `hangs` is carried out and never comes back. */
function actorHere(clock: Clock = systemClock, readStore?: Parameters<typeof createVotes>[1]) {
  const post = { send: () => Promise.reject(new Error('nothing is posted')) };
  const more = readStore === undefined ? {} : { votes: createVotes(clock, readStore) };
  const actor = createActor({ folder: join(folder, 'kept'), path: '', post, clock, ...more });
  const watched = {
    ...actor,
    steps: [] as string[],
    hangs: '',
    run(...[step, row, rule]: Parameters<Actor['run']>): Promise<ActionEnd> {
      watched.steps.push(`${step} ${row.attempts}`);
      const end = actor.run(step, row, rule);
      pending.add(end);
      return watched.hangs === step ? new Promise(() => undefined) : end;
    },
  };
  return watched;
}

/** Seconds one by one: what a step of an action takes of the real world is no simulated time. */
async function pass(world: World, seconds: number): Promise<void> {
  for (let at = 0; at < seconds; at += 1) {
    await world.seconds(1);
    await Promise.all(pending);
  }
}

async function actionsOf(world: World) {
  const { actions } = (await world.get('/api/v1/actions')).json<{ actions: Readonly<Record<string, unknown>>[] }>();
  return actions.map(({ state, to, held, interrupted }) => ({ state, to, held, interrupted }));
}

/** What became of actions, as it went out. */
const actedIn = (world: World) =>
  world.posts.flatMap(({ body: { type, data } }) =>
    type === 'mirror.action' ? (data as { result: string }).result : [],
  );

const file = () => readFileSync(join(folder, 'go.env'), 'utf8');
const counted = (world: World, result: string) =>
  metric(world, `mirrorwatch_actions_total{action="ci",result="${result}"}`);

describe('onAdvice', () => {
  it('follows an outage within the moment of its advice, accepts, and goes back with the failback', async () => {
    writeFileSync(join(folder, 'go.env'), 'GOPROXY=https://a.example.com,direct\n');
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
    expect(existsSync(join(folder, 'go.env'))).toBe(false);
    expect(actedIn(world)).toEqual([]);
    const text = (await world.get('/api/v1/actions')).text;
    expect(text).toContain('+GOPROXY=https://b.example.net/goproxy');
    expect(await actionsOf(world)).toEqual([{ state: 'planned', to: 'b', held: null, interrupted: false }]);
    expect((await adviceOf(world)).map(({ state }) => state)).toEqual(['proposed']);
  });

  it('a kill between the change and its record: found after the restart, said, made once, and still undone', async () => {
    writeFileSync(join(folder, 'go.env'), 'GOPROXY=off\n');
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
    writeFileSync(join(folder, 'go.env'), before);
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

  it('the brake holds at once, over a restart, and shows in /metrics', async () => {
    const ports = (all: DaemonPorts) => ({ ...all, actor: actorHere() });
    const world = await startWorld({ yaml: threeMirrors({ more: rule() }), script: aDown, ports });
    await pass(world, 10);
    expect(await metric(world, 'mirrorwatch_actions_stopped')).toBe(0);
    expect((await world.post('/api/v1/actions/stop')).json()).toEqual({ stopped: true, kept: true });
    const again = await world.restart();
    await pass(again, 130);
    expect(await metric(again, 'mirrorwatch_actions_stopped')).toBe(1);
    expect(await actionsOf(again)).toEqual([{ state: 'held', to: 'b', held: 'stopped', interrupted: false }]);
    expect(actedIn(again)).toEqual(['held']);
    expect(existsSync(join(folder, 'go.env'))).toBe(false);
    expect((await again.post('/api/v1/actions/resume')).json()).toEqual({ stopped: false, kept: true });
    await pass(again, 5);
    expect(file()).toMatch(/b\.example\.net/);
  });

  it('an action that is held is reported once for each reason, with the end of the hour', async () => {
    const script: Script = (asked) =>
      (asked.registry === 'a' && asked.atMs >= 100_000) || (asked.registry === 'b' && asked.atMs >= 200_000)
        ? refuses
        : well(asked);
    const yaml = threeMirrors({ more: rule().replace('confidence: low', 'confidence: low, perHour: 1') });
    const ports = (all: DaemonPorts) => ({ ...all, actor: actorHere() });
    const world = await startWorld({ yaml, script, ports });
    await pass(world, 230);
    await world.post('/api/v1/actions/stop');
    await pass(world, 5);
    await world.post('/api/v1/actions/resume');
    await pass(world, 5);
    // The own network is not judged yet after a restart.
    const again = await world.restart({ ports });
    await pass(again, 60);
    const acted = [world, again]
      .flatMap(({ posts }) => posts.map(({ body }) => body))
      .flatMap((body) => {
        const { result, action } = body.data as { result: string; action: { held: string; nextAt: string | null } };
        return body.type === 'mirror.action' ? [[result, action.held, action.nextAt !== null]] : [];
      });
    expect(acted).toEqual([
      ['done', null, false],
      ['held', 'hour', true],
      ['held', 'stopped', false],
    ]);
    const { actions } = (await again.get('/api/v1/actions')).json<{ actions: Record<string, string>[] }>();
    const [held, done] = actions;
    expect(held?.['held']).toBe('hour');
    expect(Date.parse(held?.['nextAt'] ?? '') - Date.parse(done?.['plannedAt'] ?? '')).toBe(3_600_000);
  });

  it('changes nothing that the journal cannot hold: on a full disk it waits', async () => {
    const world = await startWorld({
      yaml: threeMirrors({ more: rule() }),
      script: aDown,
      ports: (all) => ({ ...all, actor: actorHere() }),
    });
    await pass(world, 90);
    world.store.trouble = { kind: 'full', code: 'SQLITE_FULL' };
    await pass(world, 30);
    expect(existsSync(join(folder, 'go.env'))).toBe(false);
    expect((await world.post('/api/v1/actions/stop')).json()).toMatchObject({ stopped: true });
    await world.post('/api/v1/actions/resume');
    world.store.trouble = null;
    await pass(world, 10);
    expect(file()).toMatch(/b\.example\.net/);
  });
});

describe('when.places', () => {
  const leaves: PlaceSeen = { group: 'eu', mirrors: { a: down, b: fine(1) }, advice: ['a>b'] };
  const elsewhere: PlaceSeen = { ...leaves, advice: ['a>c'] };
  const stays: PlaceSeen = { group: 'eu', mirrors: { a: fine(1), b: fine(2) } };
  const quiet: PlaceSeen = { ...leaves, ageMs: 600_000 };

  it('waits until two of three places of the group advise the same move, and says for what', async () => {
    let store: Result<StoreView, string> = error('ECONNREFUSED');
    let reads = 0;
    const readStore = async () => {
      reads += 1;
      return store;
    };
    const yaml = threeMirrors({
      more: `${rule().replace('confidence: low', 'confidence: low, places: 2 of 3')}
fleet: { store: "http://store.example.com" }
labels: { group: eu }`,
    });
    const world = await startWorld({
      yaml,
      script: (asked) => (asked.registry === 'a' && asked.atMs >= 100_000 ? refuses : well(asked)),
      ports: (all) => ({ ...all, actor: actorHere(all.clock, readStore) }),
    });
    const heldIn = async (places: Readonly<Record<string, PlaceSeen>>) => {
      store = ok(viewOf(places));
      await pass(world, 15);
      return (await actionsOf(world)).map(({ state, held }) => held ?? state);
    };
    await pass(world, 99);
    // The store is left alone while nothing waits for it.
    expect(reads).toBe(0);
    await pass(world, 31);
    expect((await actionsOf(world)).map(({ held }) => held)).toEqual(['places_unknown']);
    expect(await heldIn({ here: leaves, fra: stays, sgp: quiet })).toEqual(['places_unknown']);
    expect(await heldIn({ here: leaves, fra: stays, sgp: stays })).toEqual(['places']);
    expect(await heldIn({ here: leaves, fra: elsewhere, sgp: stays })).toEqual(['places']);
    expect(await heldIn({ here: leaves, fra: { ...leaves, group: 'us' }, sgp: stays })).toEqual(['places_unknown']);
    expect(await heldIn({ here: leaves, fra: { ...leaves, isSuspect: true }, sgp: stays })).toEqual(['places_unknown']);
    expect(existsSync(join(folder, 'go.env'))).toBe(false);
    expect(await heldIn({ here: leaves, fra: stays, sgp: leaves })).toEqual(['done']);
    expect(file()).toMatch(/b\.example\.net/);
    const readsThen = reads;
    await pass(world, 60);
    expect(reads).toBe(readsThen);
  });
});

describe('regret', () => {
  /** `a` is slow from 200 s to 240 s; the others take so long from 230 s on. */
  const story =
    (thereMs: number): Script =>
    (asked) => {
      if (asked.registry === 'a' && asked.atMs >= 200_000 && asked.atMs < 240_000) return 2000;
      return asked.registry !== 'a' && asked.atMs >= 230_000 ? thereMs : well(asked);
    };

  it('a switch that did worse than staying is undone, and its like is held back', async () => {
    writeFileSync(join(folder, 'go.env'), 'GOPROXY=off\n');
    const actor = actorHere();
    const world = await startWorld({
      yaml: threeMirrors({ more: rule() }),
      script: story(700),
      ports: (all) => ({ ...all, actor }),
    });
    await pass(world, 480);
    expect(await metric(world, 'mirror_advice_regret_total{ecosystem="go",upstream="go"}')).toBe(1);
    expect(file()).toBe('GOPROXY=off\n');
    const { actions } = (await world.get('/api/v1/actions')).json<{ actions: { state: string; undoneBy: string }[] }>();
    expect(actions.map(({ state }) => state)).toEqual(['undone', 'undone']);
    expect(actions.map(({ undoneBy }) => undoneBy)).toContain('regret');
  });

  /** `a` is down from 100 s on. `b` is slow from 300 s to 330 s. Then two canary probes of `c` fail. */
  const secondWorse = (): Script => {
    let canaries = 0;
    return (asked) => {
      const { registry, atMs } = asked;
      if (registry === 'a' && atMs >= 100_000) return refuses;
      if (registry === 'b' && atMs >= 300_000 && atMs < 330_000) return 2000;
      if (registry === 'c' && atMs >= 330_000 && asked.path.endsWith('.mod')) canaries += 1;
      return registry === 'c' && (canaries === 10 || canaries === 30) ? refuses : well(asked);
    };
  };

  it('an undo by an operator: no advice counts as accepted, and the action does not repeat the switch', async () => {
    writeFileSync(join(folder, 'go.env'), 'GOPROXY=https://a.example.com,direct\n');
    const actor = actorHere();
    const world = await startWorld({
      yaml: threeMirrors({ more: rule() }),
      script: but(refuses, 'a', 100, 900),
      ports: (all) => ({ ...all, actor }),
    });
    await pass(world, 130);
    const { actions } = (await world.get('/api/v1/actions')).json<{ actions: { id: string }[] }>();
    expect((await world.post(`/api/v1/actions/${actions[0]?.id}/undo`)).status).toBe(200);
    await pass(world, 600);
    expect(file()).toBe('GOPROXY=https://a.example.com,direct\n');
    expect((await adviceOf(world)).map(({ state, from, to }) => [state, from, to])).toEqual([['proposed', 'a', 'b']]);
    expect((await actionsOf(world)).map(({ state, held }) => [state, held])).toEqual([
      ['held', 'undone'],
      ['undone', null],
    ]);
  });

  it('an undo after a regret: the earlier advice is in force again', async () => {
    writeFileSync(join(folder, 'go.env'), 'GOPROXY=off\n');
    const actor = actorHere();
    const world = await startWorld({
      yaml: threeMirrors({ more: rule() }),
      script: secondWorse(),
      ports: (all) => ({ ...all, actor }),
    });
    await pass(world, 550);
    expect((await actionsOf(world)).map(({ state, to }) => [state, to])).toEqual([
      ['undone', 'c'],
      ['done', 'b'],
    ]);
    expect(file()).toMatch(/^GOPROXY=https:\/\/b\.example\.net/);
    expect((await adviceOf(world)).map(({ state, from, to }) => [state, from, to])).toEqual([['accepted', 'a', 'b']]);
  });
});
