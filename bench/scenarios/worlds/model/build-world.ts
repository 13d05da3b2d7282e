import type { Incident, World, WorldChain, WorldEvent, WorldSetup } from '../../world.ts';
import { counted } from './allowance.ts';
import { type Asked, answerOf, type Ground } from './answer.ts';
import { BuildTruth } from './build-truth.ts';
import { type Effect, isOpen } from './effect.ts';
import { hashText, join, uniformOf } from './hash.ts';
import type { ControlModel, MirrorModel } from './mirror-model.ts';
import { stepNumber } from './mirror-model.ts';
import { feel, placesOf } from './places.ts';

/** The definition from which a world is built. */
export interface Story {
  readonly durationMs: number;
  readonly setup: WorldSetup;
  /** In the order of `setup.mirrors`. */
  readonly mirrors: readonly MirrorModel[];
  readonly controls: readonly ControlModel[];
  /** By module: the size of its zip in bytes. */
  readonly zipBytes: ReadonlyMap<string, number>;
  /** Effects on the daemon's own network. They apply to every response and control. */
  readonly line: readonly Effect[];
  readonly events: readonly WorldEvent[];
  readonly incidents: readonly Incident[];
  readonly isCalm: boolean;
}

/** The size of a response that is not a zip, bytes. */
const lightBytes = 600;

/** Parses the text of a chain, such as `a,b|direct`. */
export function parseChain(text: string): WorldChain {
  const members = text.split(/[,|]/);
  const separators = [...text.matchAll(/[,|]/g)].map(([mark]) => (mark === '|' ? '|' : ','));
  return { members, separators };
}

/** Builds the world of a definition. The same seed gives the same responses. */
export function buildWorld(family: string, group: string, seed: number, story: Story): World {
  const salt = join(hashText(family), seed);
  const places = placesOf(story.setup);
  const bytes = new Float64Array(places.count).fill(lightBytes);
  for (const [module, number] of places.moduleNumbers) {
    bytes[stepNumber.zip * (places.moduleNumbers.size + 1) + number] = story.zipBytes.get(module) ?? 0;
  }
  const versions = new Map([...new Set(story.setup.modules.map((one) => one.version))].map((one, i) => [one, i + 1]));
  const ground: Ground = { places, line: feel(story.line, places, join(salt, 1)), bytes, versions };
  const asked = new Map<string, Asked>();
  for (const mirror of story.mirrors) {
    const own = join(salt, hashText(mirror.name));
    asked.set(mirror.name, { mirror, salt: own, felt: feel(mirror.effects, places, own) });
  }
  const controls = new Map(story.controls.map((control) => [control.name, control]));
  const truth = new BuildTruth(ground, asked, story.setup);
  const usual = usualSeconds(story, ground);
  const lineCost = (atMs: number) => (story.line.length === 0 ? 0 : truth.lineCost(usual, atMs));
  const ask: World['ask'] = (mirror, question, atMs) => {
    const one = asked.get(mirror);
    if (one === undefined) throw new RangeError(`no mirror ${mirror}`);
    return answerOf(ground, one, question, atMs);
  };
  const allowances = new Map(
    story.mirrors.flatMap(({ name, allowance }) => (allowance === undefined ? [] : [[name, allowance] as const])),
  );
  return {
    family,
    group,
    seed,
    durationMs: story.durationMs,
    setup: story.setup,
    events: story.events,
    incidents: story.incidents,
    isCalm: story.isCalm,
    ask,
    ...(allowances.size === 0 ? {} : { asker: () => counted(ask, allowances) }),
    control(name, atMs) {
      const control = controls.get(name);
      if (control === undefined) throw new RangeError(`no control ${name}`);
      return controlAnswer(ground, control, join(join(salt, hashText(name)), atMs), atMs);
    },
    buildCost: (upstream, chain, atMs) => truth.cost(upstream, chain, atMs) + lineCost(atMs),
    ownLineCost: lineCost,
  };
}

/** The time of a build through the first chain without any fault, seconds. */
function usualSeconds(story: Story, ground: Ground): number {
  const well = new Map(
    story.mirrors.map((mirror) => [mirror.name, { mirror: { ...mirror, failureShare: 0 }, salt: 0, felt: [] }]),
  );
  const [upstream, chain] = Object.entries(story.setup.chains)[0] ?? [];
  if (upstream === undefined || chain === undefined) return 0;
  return new BuildTruth(ground, well, story.setup).cost(upstream, parseChain(chain), 0);
}

function controlAnswer(ground: Ground, control: ControlModel, hash: number, atMs: number) {
  let tookMs = control.rttMs * (control.overTls ? 3 : 1) * (0.9 + 0.4 * uniformOf(hash, 0));
  for (const [index, felt] of ground.line.entries()) {
    const { effect } = felt;
    if (atMs < felt.fromMs || atMs >= felt.toMs || effect.sparesControls === true) continue;
    if (effect.gate !== undefined && !isOpen(effect.gate, atMs - felt.fromMs, felt.salt)) continue;
    if (uniformOf(hash, 16 + index) >= (effect.share ?? 1)) continue;
    if (effect.failing !== undefined) {
      const isAboveTcp = effect.failing.seen === 'answer' || effect.failing.reason.startsWith('resolve');
      if (isAboveTcp && !control.overTls) continue;
      return { answered: false, tookMs: effect.failing.seen === 'never' ? Number.POSITIVE_INFINITY : tookMs };
    }
    tookMs = tookMs * (effect.factor ?? 1) + (effect.addMs ?? 0);
  }
  return { answered: true, tookMs };
}
