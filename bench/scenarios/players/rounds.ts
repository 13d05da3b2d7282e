import type { Answer, Played, Question, World } from '../world.ts';
import { Queue } from './queue.ts';
import { downtimes, isSame, paces, type Scene, scenesOf } from './scene.ts';

/** How long a heavy answer is waited for, milliseconds; a light one has the setup's `timeoutMs`. */
export const heavyTimeoutMs = 120_000;
/** Share of its pace by which a question comes sooner or later. */
const jitter = 0.05;

/** One question and what all mirrors of the upstream answered to it when it was put to them at once. */
export interface Round {
  readonly atMs: number;
  /** When the last answer was there, or was no longer waited for. */
  readonly doneMs: number;
  readonly question: Question;
  readonly isHeavy: boolean;
  readonly isCanary: boolean;
  /** Asked for by the player beyond the schedule. */
  readonly isExtra: boolean;
  /** By place in `scene.mirrors`; `null`: not asked, or nothing that can be judged. `tookMs` is at most the timeout. */
  readonly answers: readonly (Answer | null)[];
}

/** Puts a question to some mirrors, by place, at a time that has not passed. */
export type Ask = (question: Question, mirrors: readonly number[], atMs: number) => void;

/** What a player does with one upstream. */
export interface Watcher {
  readonly take: (round: Round, ask: Ask) => void;
  /** How long an answer is waited for, milliseconds: past it the round goes on without. Default: the timeout. */
  readonly waitMs?: (mirror: number, isHeavy: boolean) => number;
  /** True: a mirror that must not be asked now. */
  readonly isAway?: (mirror: number, atMs: number) => boolean;
  /** A new configuration of the upstream: what watches from now on. Default: goes on. */
  readonly reload?: (scene: Scene) => void;
}

interface Source {
  readonly question: Question;
  readonly everyMs: number;
  readonly phaseMs: number;
  readonly salt: number;
}
interface Due {
  readonly question: Question;
  readonly mirrors: readonly number[] | null;
  readonly source: Source | null;
}

/**
 * Plays a world before one watcher per upstream: each question of the schedule to all mirrors at once, what watchers ask
 * beyond it, answers when the round is complete. Nothing is asked or seen while the process is down.
 */
export function watch(world: World, start: (scene: Scene) => Watcher): Played['probes'] {
  const probes = { scheduled: 0, extra: 0 };
  const ask = world.asker?.() ?? world.ask;
  const down = downtimes(world);
  for (const scenes of scenesOf(world).values()) {
    let watcher: Watcher | null = null;
    let before: Scene | null = null;
    for (const scene of scenes) {
      if (!watcher) watcher = start(scene);
      else if (before && !isSame(before, scene)) watcher.reload?.(scene);
      before = scene;
      watchScene({ ...world, ask }, scene, watcher, down, probes);
    }
  }
  return probes;
}

function watchScene(
  world: World,
  scene: Scene,
  watcher: Watcher,
  down: ReturnType<typeof downtimes>,
  probes: { scheduled: number; extra: number },
): void {
  const queue = new Queue<Due | Round>();
  const everyone = scene.mirrors.map((_, place) => place);
  const isDown = (atMs: number) => down.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
  const ask: Ask = (question, mirrors, atMs) => queue.push(atMs, { question, mirrors, source: null });
  for (const source of sourcesOf(scene)) {
    repeat(queue, source, Math.ceil((scene.fromMs - source.phaseMs) / source.everyMs), scene.fromMs, world.seed);
  }
  for (let next = queue.pop(); next && next.atMs < scene.toMs; next = queue.pop()) {
    const { atMs, item } = next;
    if ('answers' in item) {
      if (!isDown(atMs)) watcher.take(item, ask);
      continue;
    }
    if (item.source) repeat(queue, item.source, turnAfter(item.source, atMs), atMs, world.seed);
    if (isDown(atMs)) continue;
    const round = put(world, scene, watcher, item, item.mirrors ?? everyone, atMs);
    const asked = round.answers.reduce((sum, answer) => (answer ? sum + 1 : sum), 0);
    if (round.isExtra) probes.extra += asked;
    else probes.scheduled += asked;
    queue.push(round.doneMs, round);
  }
}

/** Puts one question to `mirrors` and cuts what does not come in time. */
function put(world: World, scene: Scene, watcher: Watcher, due: Due, mirrors: readonly number[], atMs: number): Round {
  const { question } = due;
  const isHeavy = question.step === 'zip';
  const limitMs = isHeavy ? heavyTimeoutMs : scene.timeoutMs;
  const answers: (Answer | null)[] = new Array(scene.mirrors.length).fill(null);
  let lastMs = 0;
  for (const place of mirrors) {
    const mirror = scene.mirrors[place];
    if (!mirror || watcher.isAway?.(place, atMs)) continue;
    const answer = world.ask(mirror.name, question, atMs);
    if (answer.unknown !== null) continue;
    const tookMs = Math.min(answer.tookMs, limitMs);
    answers[place] = tookMs === answer.tookMs ? answer : { ...answer, tookMs, reason: answer.reason ?? 'cut' };
    lastMs = Math.max(lastMs, Math.min(tookMs, watcher.waitMs?.(place, isHeavy) ?? limitMs));
  }
  const isCanary = due.source !== null && question === scene.canary;
  return { atMs, doneMs: atMs + lastMs, question, isHeavy, isCanary, isExtra: due.source === null, answers };
}

function sourcesOf(scene: Scene): Source[] {
  const { canary, light, heavy, everyMs } = scene;
  const spread = (questions: readonly Question[], paceMs: number): Omit<Source, 'salt'>[] =>
    questions.map((question, place) => ({
      question,
      everyMs: paceMs,
      phaseMs: ((place + 0.5) / questions.length) * paceMs,
    }));
  const sources = [
    ...spread(canary ? [canary] : [], everyMs),
    ...spread(light, paces.lightMs),
    ...spread([{ step: 'sumdb', module: null, version: null }], paces.sumdbMs),
    ...spread(heavy, paces.heavyMs),
  ];
  return sources.map((source, salt) => ({ ...source, salt }));
}

/** The turn behind the one that came at `atMs`. */
function turnAfter({ everyMs, phaseMs }: Source, atMs: number): number {
  return Math.floor((atMs - phaseMs) / everyMs + 0.5) + 1;
}

/** Puts a turn of a source into the queue, a little beside its grid. */
function repeat(queue: Queue<Due | Round>, source: Source, turn: number, fromMs: number, seed: number): void {
  const { everyMs, phaseMs, question } = source;
  const asideMs = (fraction(seed, source.salt, turn) - 0.5) * 2 * jitter * everyMs;
  queue.push(Math.max(fromMs, phaseMs + turn * everyMs + asideMs), { question, mirrors: null, source });
}

/** A number from 0 to 1 that is a function of three whole numbers. */
function fraction(seed: number, salt: number, turn: number): number {
  let bits =
    (Math.imul(seed + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(salt + 1, 0xc2b2ae35) ^ Math.imul(turn + 7, 0x27d4eb2f)) | 0;
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}
