import type { Answer, Played, Question, World } from '../world.ts';
import { hashText, uniformOf } from '../worlds/model/hash.ts';
import { Queue } from './queue.ts';
import { downtimes, isSame, paces, type Scene, scenesOf } from './scene.ts';

/** The timeout of a heavy request, milliseconds. The timeout of a light request is `timeoutMs` of the setup. */
export const heavyTimeoutMs = 120_000;
/** A request is sent up to this share of its interval earlier or later than planned. */
const jitter = 0.05;

/** One question (the same request, sent to all mirrors of the upstream at once) with the responses. */
export interface Round {
  readonly atMs: number;
  /** When the last response arrived, or its wait ended. */
  readonly doneMs: number;
  readonly question: Question;
  readonly isHeavy: boolean;
  /** True if only the first bytes of an artifact were requested. */
  readonly isPeek: boolean;
  readonly isCanary: boolean;
  /** True if the player ordered it beyond the schedule. */
  readonly isExtra: boolean;
  /**
   * By place in `scene.mirrors`; `null`: no request was sent, or the response cannot be judged. `tookMs` is at most the
   * timeout.
   */
  readonly answers: readonly (Answer | null)[];
}

/** Orders a request to some mirrors (by place) at `atMs`, which must not be in the past. */
export type Ask = (question: Question, mirrors: readonly number[], atMs: number) => void;

/** The code of a player for one upstream. */
export interface Watcher {
  readonly take: (round: Round, ask: Ask) => void;
  /** How long a round waits for the response of a mirror, milliseconds; absent: the timeout of the request. */
  readonly waitMs?: (mirror: number, isHeavy: boolean) => number;
  /** True: the mirror must not get requests now, for example because of `Retry-After`; absent: never. */
  readonly isAway?: (mirror: number, atMs: number) => boolean;
  /** Called with the new configuration of the upstream; absent: the player continues as before. */
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
 * Plays a world with one watcher for each upstream. It sends each scheduled request to all mirrors at once, and sends
 * the requests that watchers order. A watcher gets a round once it is complete. While the process is down, no request
 * is sent and no round arrives.
 * @returns the numbers of probes
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

function put(world: World, scene: Scene, watcher: Watcher, due: Due, mirrors: readonly number[], atMs: number): Round {
  const { question } = due;
  const isPeek = question.bytesMax !== undefined;
  const isHeavy = question.step === 'zip' && !isPeek;
  const limitMs = isHeavy ? heavyTimeoutMs : scene.timeoutMs;
  const answers: (Answer | null)[] = new Array(scene.mirrors.length).fill(null);
  let lastMs = 0;
  for (const place of mirrors) {
    const mirror = scene.mirrors[place];
    if (!mirror || watcher.isAway?.(place, atMs)) continue;
    const answer = seenBy(world, mirror.name, question, world.ask(mirror.name, question, atMs));
    if (answer.unknown !== null) continue;
    const tookMs = Math.min(answer.tookMs, limitMs);
    answers[place] = tookMs === answer.tookMs ? answer : { ...answer, tookMs, reason: answer.reason ?? 'cut' };
    lastMs = Math.max(lastMs, Math.min(tookMs, watcher.waitMs?.(place, isHeavy) ?? limitMs));
  }
  const isCanary = due.source !== null && question === scene.canary;
  return { atMs, doneMs: atMs + lastMs, question, isHeavy, isPeek, isCanary, isExtra: due.source === null, answers };
}

/** Wrong bytes show in the first bytes of half of the artifacts, as in `daemon/sample.ts`. */
function seenBy({ seed }: World, mirror: string, { module, bytesMax }: Question, answer: Answer): Answer {
  if (bytesMax === undefined || answer.reason !== 'mismatch') return answer;
  const isShown = uniformOf(hashText(`${seed} ${mirror} ${module}`), 0) < 0.5;
  return isShown ? answer : { ...answer, reason: null };
}

function sourcesOf(scene: Scene): Source[] {
  const { canary, often, light, heavy, everyMs } = scene;
  const spread = (questions: readonly Question[], paceMs: number): Omit<Source, 'salt'>[] =>
    questions.map((question, place) => ({
      question,
      everyMs: paceMs,
      phaseMs: ((place + 0.5) / questions.length) * paceMs,
    }));
  const sources = [
    ...spread(canary ? [canary, ...often] : [], everyMs),
    ...spread(light, paces.lightMs),
    ...spread([{ step: 'sumdb', module: null, version: null }], paces.sumdbMs),
    ...spread(heavy, paces.heavyMs),
  ];
  return sources.map((source, salt) => ({ ...source, salt }));
}

/** The number of the request of `source` that follows the one at `atMs`. */
function turnAfter({ everyMs, phaseMs }: Source, atMs: number): number {
  return Math.floor((atMs - phaseMs) / everyMs + 0.5) + 1;
}

/** Queues the request number `turn` of a source, slightly before or after its planned time. */
function repeat(queue: Queue<Due | Round>, source: Source, turn: number, fromMs: number, seed: number): void {
  const { everyMs, phaseMs, question } = source;
  const asideMs = (fraction(seed, source.salt, turn) - 0.5) * 2 * jitter * everyMs;
  queue.push(Math.max(fromMs, phaseMs + turn * everyMs + asideMs), { question, mirrors: null, source });
}

/** A pseudo-random number from 0 to 1: a function of three whole numbers. */
function fraction(seed: number, salt: number, turn: number): number {
  let bits =
    (Math.imul(seed + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(salt + 1, 0xc2b2ae35) ^ Math.imul(turn + 7, 0x27d4eb2f)) | 0;
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}
