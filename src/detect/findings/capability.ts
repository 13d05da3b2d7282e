import { limits } from '../../core/limits.ts';
import { type Target, targetId } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import type { Offers } from '../../core/transcript.ts';
import { messageFor } from '../../words/tell.ts';
import { placeCounterOf } from '../confirm/vantage.ts';
import { witnessPlaceOf } from '../confirm/witness.ts';
import { openFinding, originOf } from '../memory/lookups.ts';
import { type MirrorMemory, mirrorsOf, stateOf } from '../memory/mirror-memory.ts';
import type { About, FindingRule, RuleStep } from '../memory/rule.ts';
import { type FindingStatement, scopeOf } from '../memory/says.ts';
import { isQuorum } from '../memory/subject.ts';

/** The last response of a target: the version that it was about, and what it has. */
interface Reading {
  readonly version: string | null;
  readonly offers: Offers;
}

/** A capability that the mirror had, and the responses without it. */
interface Loss {
  readonly looks: number;
  readonly targets: readonly Target[];
  readonly probeIds: readonly string[];
}

interface Capable {
  /** By target, with the same key for all mirrors. */
  readonly readings: ReadonlyMap<string, Reading>;
  readonly known: Readonly<Record<string, boolean>>;
  readonly losses: ReadonlyMap<string, Loss>;
}

/** The maximum number of names that are read from a stored row. */
const namesMax = 32;

/** A loss is reported after this many responses without the capability, because a single one may be chance. */
const looksMin = 2;

function itemKeyOf({ module, version, step }: Target): string {
  return targetId('', module, version, step);
}

/**
 * Whether the origin has the capability in its response about the same item. Without an origin: whether most mirrors
 * have it, and at least two independent ones, because one operator may run several.
 */
function isUsual({ view, mirror }: About, of: (mirror: MirrorMemory) => boolean | null | undefined): boolean {
  const origin = originOf(view, mirror);
  const mirrors = [...mirrorsOf(view, mirror.roundKey)];
  const having = mirrors.filter((one) => one !== mirror && of(one) === true).map(nameOf);
  if (origin !== null) return having.includes(origin);
  const known = mirrors.filter((one) => one === mirror || of(one) !== undefined).map(nameOf);
  return isQuorum(having, known, { count: placeCounterOf(() => mirrors.map(witnessPlaceOf)) });
}

function nameOf({ mirror }: MirrorMemory): string {
  return mirror.name;
}

function offerOf(mirror: MirrorMemory, key: string, name: string, version: string | null): boolean | null | undefined {
  const reading = stateOf(capability, mirror).readings.get(key);
  return reading?.version === version ? reading.offers[name] : undefined;
}

/** Whether the mirror has the capability: `null`: its responses do not show it. */
function judgeOne(about: About, { readings }: Pick<Capable, 'readings'>, name: string): boolean | null {
  let has: boolean | null = null;
  for (const [key, { version, offers }] of readings) {
    const offer = offers[name];
    if (offer === false) return false;
    if (offer === null && isUsual(about, (one) => offerOf(one, key, name, version))) return false;
    if (offer === true) has = true;
  }
  return has;
}

/** The state after a response of this mirror, or of another mirror that it is compared with (`sample` is `null`). */
function judgeAll(before: Capable, readings: Capable['readings'], about: About, sample: Sample | null): Capable {
  const names = new Set([...readings.values()].flatMap(({ offers }) => Object.keys(offers)));
  const known = { ...before.known };
  const losses = new Map(before.losses);
  for (const name of names) {
    const has = judgeOne(about, { readings }, name);
    const loss = losses.get(name);
    if (has === null) delete known[name];
    else known[name] = has;
    if (has !== false) losses.delete(name);
    else if (sample !== null && sample.facts.offers?.[name] !== true && sample.facts.offers?.[name] !== undefined) {
      const isKept = isUsual(about, (one) => stateOf(capability, one).known[name]);
      if (loss !== undefined || (before.known[name] === true && isKept)) losses.set(name, lossAfter(loss, sample));
    }
  }
  return { readings, known, losses };
}

function lossAfter(before: Loss | undefined, { due }: Sample): Loss {
  const { looks = 0, targets = [], probeIds = [] } = before ?? {};
  return {
    looks: looks + 1,
    targets: targets.some(({ id }) => id === due.target.id) ? targets : [...targets, due.target],
    probeIds: [...probeIds, due.probeId].slice(-limits.findingProbes),
  };
}

function explain({ losses }: Capable, { view, mirror }: About): FindingStatement {
  const { name } = mirror.mirror;
  const lost = [...losses].filter(([, { looks }]) => looks >= looksMin);
  const open = openFinding(view, 'capability', name);
  if (lost.length === 0) return open && { tag: 'well', ...messageFor('found.capability.well', { name }) };
  const targets = lost.flatMap(([, loss]) => loss.targets);
  return {
    tag: 'trouble',
    scope: targets.length === 0 ? (open?.scope ?? []) : scopeOf(targets),
    cause: 'stripped',
    evidence: {
      samples: Math.max(...lost.map(([, { looks }]) => looks)),
      failures: lost.length,
      probeIds: lost.flatMap(([, { probeIds }]) => probeIds).slice(-limits.findingProbes),
    },
    actionable: false,
    ...messageFor('found.capability', { name, what: lost.map(([one]) => one).join(', ') }),
  };
}

function stepFor(before: Capable, after: Capable, about: About): RuleStep<Capable> {
  const isDirty = JSON.stringify(before.known) !== JSON.stringify(after.known);
  const isOfLoss = before.losses.size > 0 || after.losses.size > 0;
  return { mirror: after, isDirty, ...(isOfLoss ? { statement: explain(after, about) } : {}) };
}

/**
 * Measures what the responses of a mirror have for clients that go further than a download, such as dates of releases
 * and attestations. Finds mirrors that lose it while the origin keeps it.
 * @see docs/decisions/0232-capabilities.md
 */
export const capability: FindingRule<Capable> = {
  name: 'capability',
  kind: 'capability',
  none: () => ({ readings: new Map(), known: {}, losses: new Map() }),
  endsByAcknowledgement: true,
  judge(before, judged) {
    const { view, mirror, sample } = judged;
    const { facts, due } = sample;
    if (sample.outcome.tag !== 'ok' || facts.offers === undefined) return null;
    const key = itemKeyOf(due.target);
    const reading = { version: facts.resolvedVersion ?? due.target.version, offers: facts.offers };
    const isSame = JSON.stringify(before.readings.get(key)) === JSON.stringify(reading);
    if (isSame && before.losses.size === 0) return null;
    const readings = new Map(before.readings).set(key, reading);
    const after = judgeAll(before, readings, judged, sample);
    // Others are compared with this mirror.
    const others = isSame ? [] : [...mirrorsOf(view, mirror.roundKey)].filter((one) => one !== mirror);
    const isFirst = [...after.losses.values()].some(({ looks }) => looks < looksMin);
    return {
      ...stepFor(before, after, judged),
      requests: isFirst && due.purpose !== 'recheck' ? [{ kind: 'recheck', target: due.target }] : [],
      others: others.map((one) => [one, { isChange: true }] as const),
    };
  },
  refresh: (before, about) => stepFor(before, judgeAll(before, before.readings, about, null), about),
  adopt(before, { view, mirror }) {
    // The key is the target's id without the name of the mirror.
    const isKept = (key: string): boolean => view.targets.has(`${mirror.mirror.name}${key}`);
    const readings = new Map([...before.readings].filter(([key]) => isKept(key)));
    return readings.size === before.readings.size ? null : { mirror: { ...before, readings } };
  },
  acknowledge: (before) => ({ mirror: { ...before, losses: new Map() } }),
  write: ({ known, losses }) => ({
    ...(Object.keys(known).length === 0 ? {} : { capabilities: known }),
    ...(losses.size === 0 ? {} : { stripped: [...losses.keys()] }),
  }),
  read({ capabilities, stripped }) {
    const known = Object.entries(capabilities ?? {}).filter((one): one is [string, boolean] => isCapability(...one));
    if (known.length === 0) return null;
    const names = Array.isArray(stripped) ? stripped.filter((name) => known.some(([one]) => one === name)) : [];
    const loss: Loss = { looks: looksMin, targets: [], probeIds: [] };
    return {
      readings: new Map(),
      known: Object.fromEntries(known.slice(0, namesMax)),
      losses: new Map(names.map((name) => [name, loss])),
    };
  },
  resume: ({ losses }) => (losses.size > 0 ? {} : 'gone'),
  shows: ({ known }) => (Object.keys(known).length === 0 ? {} : { capabilities: known }),
};

function isCapability(name: string, has: unknown): boolean {
  return typeof has === 'boolean' && /^[a-z_]{1,40}$/.test(name);
}
