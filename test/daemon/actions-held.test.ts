import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { error, ok, type Result } from '../../src/core/result.ts';
import type { DaemonPorts } from '../../src/daemon/assemble.ts';
import type { StoreView } from '../../src/features/fleet/view.ts';
import { down, well as fine, type PlaceSeen, viewOf } from '../unit/features/fleet/world.ts';
import { actedIn, actionsOf, actorHere, aDown, file, goEnv, openFolder, pass, rule } from './acting.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, metric } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

beforeEach(openFolder);
afterEach(stopWorlds);

describe('an action that may not run now', () => {
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
    expect(existsSync(goEnv())).toBe(false);
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
    expect(existsSync(goEnv())).toBe(false);
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
    expect(existsSync(goEnv())).toBe(false);
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
    writeFileSync(goEnv(), 'GOPROXY=off\n');
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
    writeFileSync(goEnv(), 'GOPROXY=https://a.example.com,direct\n');
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
    writeFileSync(goEnv(), 'GOPROXY=off\n');
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
