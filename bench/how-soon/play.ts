import { parentPort } from 'node:worker_threads';
import { loadConfig } from '../../src/config/load.ts';
import type { ActionRule } from '../../src/core/action.ts';
import type { Now } from '../../src/core/ports.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { holdOf } from '../../src/features/actions/policy.ts';
import { playDaemon } from '../scenarios/daemon/run.ts';
import { epochMs } from '../scenarios/daemon/sample.ts';
import type { Stages } from '../scenarios/daemon/stages.ts';
import type { World, WorldSetup } from '../scenarios/world.ts';
import { families } from '../scenarios/worlds/families.ts';

/** A fault that lasts longer counts as not noticed after this, milliseconds. */
export const patienceMs = 3_600_000;

/** After the action a finding is awaited for so long. */
const findingPatienceSeconds = 300;

/** One fault in one ecosystem with one seed. */
export interface SoonTask {
  readonly ecosystem: string;
  readonly family: string;
  readonly seed: number;
}

/** Seconds from the begin of the fault; `null`: not within its length, or within an hour. */
export interface Soon extends SoonTask {
  readonly finding: number | null;
  readonly advice: number | null;
  readonly action: number | null;
}

/**
 * Plays one fault with the real judge at the default paces, until an action would run.
 * @throws Error on a family that does not exist or in which nothing happens
 */
export function playSoon(task: SoonTask): Soon {
  const family = families.find(({ name }) => name === task.family);
  const made = family?.make(task.seed);
  const [incident] = made?.incidents ?? [];
  if (made === undefined || incident === undefined) throw new Error(`no fault ${task.family}`);
  const durationMs = Math.min(made.durationMs, incident.toMs, incident.fromMs + patienceMs);
  const world: World = { ...made, durationMs, events: [], setup: setupIn(task.ecosystem, made.setup) };
  return { ...task, ...watched(world, incident.fromMs) };
}

/** `setup` with mirrors of the usual upstream of another ecosystem. */
function setupIn(ecosystem: string, setup: WorldSetup): WorldSetup {
  const upstream = registry.of(ecosystem)?.publicUpstream ?? usualUpstreams[ecosystem] ?? '';
  const [chain = ''] = Object.values(setup.chains);
  return {
    ...setup,
    ecosystem,
    mirrors: setup.mirrors.map((mirror) => ({ ...mirror, upstream })),
    modules: setup.modules.map((module) => ({ ...module, upstream })),
    chains: { [upstream]: chain },
  };
}

/** Where an ecosystem has no upstream of its own. */
const usualUpstreams: Readonly<Record<string, string>> = { oci: 'docker.io', http: 'debian' };

/** What the daemon says of the first mirror of `world` from `fromMs` on. */
function watched(world: World, fromMs: number): Pick<Soon, 'finding' | 'advice' | 'action'> {
  const [head] = world.setup.mirrors;
  const upstream = head?.upstream ?? '';
  const ecosystem = world.setup.ecosystem ?? 'go';
  const seen: { finding: number | null; advice: number | null; action: number | null } = {
    finding: null,
    advice: null,
    action: null,
  };
  const turned = (s: Stages, now: Now): boolean => {
    if (now.monotonicMs < fromMs) return false;
    const seconds = (now.monotonicMs - fromMs) / 1000;
    const isLate = seen.action !== null && seconds - seen.action > findingPatienceSeconds;
    if (seen.action !== null && (seen.finding !== null || isLate)) return true;
    const isFound = s.detector
      .findings()
      .some(({ registry, openedAtMs }) => registry === head?.name && openedAtMs >= epochMs + fromMs);
    if (isFound) seen.finding ??= seconds;
    const remedy = s.advisor.remedy(ecosystem, upstream);
    const advice = remedy.kind === 'set' ? remedy.advice : null;
    if (advice === null || advice.issuedAtMs < epochMs + fromMs) return false;
    seen.advice ??= seconds;
    const isSuspect = s.detector.vantage().suspect === true;
    const situation = {
      isStopped: false,
      isSuspect,
      lead: 'alone',
      citesOutage: () => false,
      votes: () => null,
    } as const;
    if (holdOf(usualRule, advice, [], situation, now).held === null) seen.action ??= seconds;
    return false;
  };
  const watch = { judged: () => {}, sent: () => {}, turned };
  playDaemon(world, { accepts: false, hasAlerts: false, watch });
  return seen;
}

/** An action that leaves every default as it is. */
const usualRule: ActionRule = (() => {
  const text = JSON.stringify({
    mirrors: [{ name: 'a', ecosystem: 'go', url: 'https://a.example' }],
    modules: { go: ['example.com/module@v1.0.0'] },
    onAdvice: [{ name: 'ci', file: { path: '/etc/ci.env', as: 'env' }, mode: 'auto' }],
  });
  const none = { tag: 'error', code: 'ENOENT' } as const;
  const loaded = loadConfig({ text, path: null, env: {}, files: { read: () => none, list: () => none } });
  const rule = loaded.tag === 'ok' ? loaded.value.config.onAdvice?.[0] : undefined;
  if (rule === undefined) throw new Error('an action with defaults alone is no configuration');
  return rule;
})();

parentPort?.on('message', (task: SoonTask) => parentPort?.postMessage(playSoon(task)));
