import { failedBuildSeconds, type WorldChain, type WorldSetup, type WorldStep } from '../../world.ts';
import type { Asked, Ground } from './answer.ts';
import { levelOf, openShare } from './effect.ts';
import { type FetchTruth, fetchTruth, hangMs } from './fetch-truth.ts';
import { stepNumber } from './mirror-model.ts';

/** Modules a build takes, one after the other in the order configured, from any of them on; of each info, mod and zip. */
export const modulesPerBuild = 5;
const connections = 3;
const directMs = 5000;

/** Modules of an upstream that all effects treat alike. */
interface ModuleGroup {
  readonly module: number;
  readonly zipBytes: number;
  /** Share of the upstream's modules. */
  readonly share: number;
}

interface UpstreamModules {
  readonly groups: readonly ModuleGroup[];
  /** The group of each module, in the order configured. */
  readonly order: readonly number[];
}

/** Knows what a build costs. */
export class BuildTruth {
  readonly #ground: Ground;
  readonly #asked: ReadonlyMap<string, Asked>;
  readonly #modules = new Map<string, UpstreamModules>();
  readonly #one: FetchTruth = { good: 0, absent: 0, poisoned: 0, meanMs: 0 };
  #goodShare = 0;
  #walkMs = 0;

  constructor(ground: Ground, asked: ReadonlyMap<string, Asked>, setup: WorldSetup) {
    this.#ground = ground;
    this.#asked = asked;
    for (const upstream of new Set(setup.modules.map((module) => module.upstream))) {
      this.#modules.set(upstream, this.#groupsOf(setup, upstream));
    }
  }

  /**
   * Seconds a build takes in expectation, and `failedBuildSeconds` for the share that fails; without our own line.
   * @throws RangeError where the world has no modules of `upstream`.
   */
  cost(upstream: string, chain: WorldChain, atMs: number): number {
    const modules = this.#modules.get(upstream);
    if (modules === undefined) throw new RangeError(`no modules of ${upstream}`);
    const goods = new Float64Array(modules.groups.length);
    let lightMs = 0;
    let heavyMs = 0;
    for (const [index, group] of modules.groups.entries()) {
      let good = 1;
      this.#walk(chain, 'info', group, atMs);
      good *= this.#goodShare;
      lightMs += group.share * this.#walkMs;
      this.#walk(chain, 'mod', group, atMs);
      good *= this.#goodShare;
      lightMs += group.share * this.#walkMs;
      this.#walk(chain, 'zip', group, atMs);
      good *= this.#goodShare;
      heavyMs += group.share * this.#walkMs;
      goods[index] = good;
    }
    const seconds = (modulesPerBuild * (lightMs + heavyMs)) / connections / 1000;
    return seconds + failedBuildSeconds * (1 - buildsGood(modules.order, goods));
  }

  /** Seconds that our own line adds to every build at `atMs`, whatever its chain; `usualSeconds` is what a build takes. */
  lineCost(usualSeconds: number, atMs: number): number {
    let good = 1;
    let factor = 1;
    let addMs = 0;
    let hanging = 0;
    for (const felt of this.#ground.line) {
      if (atMs < felt.fromMs || atMs >= felt.toMs) continue;
      const { effect } = felt;
      const open = effect.gate === undefined ? 1 : openShare(effect.gate, atMs - felt.fromMs, felt.salt);
      const share = (effect.share ?? 1) * open;
      if (effect.failing !== undefined) {
        good *= 1 - share;
        if (effect.failing.seen === 'never') hanging = Math.max(hanging, share);
      }
      factor *= 1 + share * ((effect.factor ?? 1) ** levelOf(effect, atMs) - 1);
      addMs += share * (effect.addMs ?? 0) * levelOf(effect, atMs);
    }
    const fetches = 3 * modulesPerBuild;
    const hangs = 1 - (1 - hanging) ** fetches;
    const seconds = usualSeconds * (factor - 1) + (fetches * addMs) / connections / 1000 + (hangs * hangMs) / 1000;
    return seconds + failedBuildSeconds * (1 - good ** fetches);
  }

  /** One fetch along the chain by the rules of Go: `,` goes on after 404 and 410 alone, `|` after everything but wrong bytes. */
  #walk(chain: WorldChain, step: WorldStep, group: ModuleGroup, atMs: number): void {
    const place = stepNumber[step] * (this.#ground.places.moduleNumbers.size + 1) + group.module;
    let reach = 1;
    this.#goodShare = 0;
    this.#walkMs = 0;
    for (let i = 0; i < chain.members.length && reach > 1e-12; i += 1) {
      const member = chain.members[i] ?? 'off';
      if (member === 'off') return;
      if (member === 'direct') {
        this.#walkMs += reach * directMs;
        return;
      }
      const asked = this.#asked.get(member);
      if (asked === undefined) throw new RangeError(`no mirror ${member}`);
      const one = this.#one;
      fetchTruth(asked, place, group.zipBytes, this.#ground, atMs, one);
      this.#goodShare += reach * one.good;
      this.#walkMs += reach * one.meanMs;
      reach *= chain.separators[i] === '|' ? Math.max(0, 1 - one.good - one.poisoned) : one.absent;
    }
  }

  #groupsOf(setup: WorldSetup, upstream: string): UpstreamModules {
    const { moduleNumbers, count } = this.#ground.places;
    const width = moduleNumbers.size + 1;
    const felt = [...this.#asked.values()].flatMap((asked) => asked.felt);
    const byPrint = new Map<string, { module: number; bytes: number; size: number }>();
    const prints: string[] = [];
    for (const { module } of setup.modules.filter((one) => one.upstream === upstream)) {
      const number = moduleNumbers.get(module) ?? 0;
      let print = '';
      for (const one of felt) for (let place = number; place < count; place += width) print += one.covers[place];
      const group = byPrint.get(print) ?? { module: number, bytes: 0, size: 0 };
      group.bytes += this.#ground.bytes[stepNumber.zip * width + number] ?? 0;
      group.size += 1;
      byPrint.set(print, group);
      prints.push(print);
    }
    const keys = [...byPrint.keys()];
    const groups = [...byPrint.values()].map(({ module, bytes, size }) => ({
      module,
      zipBytes: bytes / size,
      share: size / prints.length,
    }));
    return { groups, order: prints.map((print) => keys.indexOf(print)) };
  }
}

/** Share of builds all of whose fetches are good: builds start at each module in turn. */
function buildsGood(order: readonly number[], goods: Float64Array): number {
  if (goods.length === 1) return (goods[0] ?? 0) ** modulesPerBuild;
  let sum = 0;
  for (let start = 0; start < order.length; start += 1) {
    let all = 1;
    for (let i = 0; i < modulesPerBuild; i += 1) all *= goods[order[(start + i) % order.length] ?? 0] ?? 0;
    sum += all;
  }
  return sum / order.length;
}
