import { failedBuildSeconds, type WorldChain, type WorldSetup, type WorldStep } from '../../world.ts';
import type { Asked, Ground } from './answer.ts';
import { levelOf, openShare } from './effect.ts';
import { type FetchTruth, fetchTruth, hangMs } from './fetch-truth.ts';
import { stepNumber } from './mirror-model.ts';

/**
 * The number of modules that a build fetches, in the configured order, starting at any module. It fetches `info`, `mod`
 * and `zip` of each.
 */
export const modulesPerBuild = 5;
const connections = 3;
const directMs = 5000;

/** A module of an upstream: its number (see `Places`), and the size of its zip. */
interface BuildModule {
  readonly number: number;
  readonly zipBytes: number;
}

const goSteps: readonly WorldStep[] = ['info', 'mod'];
/**
 * npm requests the metadata of a package, cargo its index file, pip its page and the metadata of a file, each before the
 * file.
 */
const lightSteps: Readonly<Record<string, readonly WorldStep[]>> = {
  npm: ['mod'],
  cargo: ['mod'],
  pypi: ['mod', 'info'],
};

/** Computes the true expected cost of a build. */
export class BuildTruth {
  readonly #ground: Ground;
  readonly #asked: ReadonlyMap<string, Asked>;
  readonly #modules = new Map<string, readonly BuildModule[]>();
  readonly #one: FetchTruth = { good: 0, absent: 0, poisoned: 0, meanMs: 0 };
  /** True if every effect affects the light requests of all modules equally. */
  readonly #isLightAlike: boolean;
  /** The light requests of a build for each module. */
  readonly #lightSteps: readonly WorldStep[];
  #goodShare = 0;
  #walkMs = 0;

  constructor(ground: Ground, asked: ReadonlyMap<string, Asked>, setup: WorldSetup) {
    this.#ground = ground;
    this.#asked = asked;
    this.#lightSteps = lightSteps[setup.ecosystem ?? 'go'] ?? goSteps;
    const felt = [...asked.values()].flatMap((one) => one.felt);
    this.#isLightAlike = felt.every(({ effect }) => effect.modules === undefined && effect.sparesCanary !== true);
    for (const upstream of new Set(setup.modules.map((module) => module.upstream))) {
      this.#modules.set(upstream, this.#modulesOf(setup, upstream));
    }
  }

  /**
   * The expected cost of a build, seconds: its time, plus `failedBuildSeconds` × the share of builds that fail. Faults
   * of the daemon's own network are not included.
   * @throws RangeError if the world has no modules of `upstream`
   */
  cost(upstream: string, chain: WorldChain, atMs: number): number {
    const modules = this.#modules.get(upstream);
    if (modules === undefined) throw new RangeError(`no modules of ${upstream}`);
    const goods = new Float64Array(modules.length);
    let walkMs = 0;
    let lightGood = 1;
    let lightMs = 0;
    for (let index = 0; index < modules.length; index += 1) {
      const module = modules[index];
      if (module === undefined) continue;
      if (index === 0 || !this.#isLightAlike) {
        lightGood = 1;
        lightMs = 0;
        for (const step of this.#lightSteps) {
          this.#walk(chain, step, module, atMs);
          lightGood *= this.#goodShare;
          lightMs += this.#walkMs;
        }
      }
      this.#walk(chain, 'zip', module, atMs);
      goods[index] = lightGood * this.#goodShare;
      walkMs += lightMs + this.#walkMs;
    }
    const seconds = (modulesPerBuild * walkMs) / modules.length / connections / 1000;
    return seconds + failedBuildSeconds * (1 - buildsGood(goods));
  }

  /**
   * The seconds that faults of the daemon's own network add to every build at `atMs`, whatever its chain.
   * `usualSeconds`: the time of a build without a fault.
   */
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

  /**
   * Computes one fetch through the chain by the rules of Go. After `,` the client continues on 404 and 410 only; after
   * `|`, on every failure except wrong bytes.
   */
  #walk(chain: WorldChain, step: WorldStep, module: BuildModule, atMs: number): void {
    const place = stepNumber[step] * (this.#ground.places.moduleNumbers.size + 1) + module.number;
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
      fetchTruth(asked, place, module.zipBytes, this.#ground, atMs, one);
      this.#goodShare += reach * one.good;
      this.#walkMs += reach * one.meanMs;
      reach *= chain.separators[i] === '|' ? Math.max(0, 1 - one.good - one.poisoned) : one.absent;
    }
  }

  #modulesOf(setup: WorldSetup, upstream: string): readonly BuildModule[] {
    const { moduleNumbers } = this.#ground.places;
    return setup.modules
      .filter((one) => one.upstream === upstream)
      .map((one) => {
        const number = moduleNumbers.get(one.module) ?? 0;
        return { number, zipBytes: this.#ground.bytes[stepNumber.zip * (moduleNumbers.size + 1) + number] ?? 0 };
      });
  }
}

/** The share of builds in which all fetches succeed. Builds start at each module equally often. */
function buildsGood(goods: Float64Array): number {
  let sum = 0;
  for (let start = 0; start < goods.length; start += 1) {
    let all = 1;
    for (let i = 0; i < modulesPerBuild; i += 1) all *= goods[(start + i) % goods.length] ?? 0;
    sum += all;
  }
  return sum / goods.length;
}
