import type { Config } from '../../core/config.ts';
import { isDigest, isHeavy, seriesId, type Target, targetId } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { withdrawalOf } from '../memory/lookups.ts';
import { type MirrorMemory, mirrorsOf, primaryConnectionOf, type SeriesMemory } from '../memory/mirror-memory.ts';
import type { RuleView } from '../memory/rule.ts';
import { subjectKeyOf } from '../memory/subject.ts';
import { targetAt } from './look.ts';
import { countPlaces } from './vantage.ts';
import { witnessPlaceOf } from './witness.ts';

/** Another mirror of the upstream that has a target, with its series; `undefined`: no sample yet. */
interface Sibling {
  readonly mirror: MirrorMemory;
  readonly series: SeriesMemory | undefined;
}

export function siblingsOf(view: RuleView, mirror: MirrorMemory, target: Target): readonly Sibling[] {
  return [...mirrorsOf(view, mirror.roundKey)].flatMap((other) => {
    const own = other === mirror ? null : targetAt(view, other, target);
    const isSame = own?.module === target.module && own.version === target.version && own.step === target.step;
    return isSame ? [{ mirror: other, series: seriesAt(other, target) }] : [];
  });
}

/**
 * True for a sample that shows nothing about mirrors: the item is absent there, and `isWithdrawn`. Also true for a good
 * response with such an item: a mirror is not better because it alone serves a withdrawn or invented item.
 */
export function isOfWithdrawn(view: RuleView, mirror: MirrorMemory, { outcome, due }: Sample): boolean {
  const isAbsent = outcome.tag === 'failed' && outcome.failure.kind === 'absent';
  if (!isAbsent && outcome.tag !== 'ok') return false;
  const isLacking = ({ series }: Sibling): boolean => series?.item === 'absent';
  const lacking = isAbsent ? mirror : siblingsOf(view, mirror, due.target).find(isLacking)?.mirror;
  return lacking !== undefined && isWithdrawn(view, lacking, due.target);
}

/**
 * A sample as evidence about its mirror. A mirror that serves other modules, but never served this item of a lock file,
 * lacks the item, however its request fails: anybody can add a module that only one mirror can fetch. If the mirror has
 * served the same step of other modules, it must still do so. Right after a start, that is presumed.
 * @see docs/decisions/0185-items-that-one-mirror-serves.md
 */
export function asLacking(view: RuleView, mirror: MirrorMemory, sample: Sample): Sample {
  const { target } = sample.due;
  const isNew = !view.seen.has(target.id) && (seriesAt(mirror, target)?.versions ?? []).length === 0;
  if (sample.outcome.tag !== 'failed' || !isNew || !isOfLock(view.config, target)) return sample;
  const others = [...mirror.series.values()].filter((one) => one.target.module !== target.module);
  const had = others.filter(({ target: { step, id } }) => step === target.step && view.seen.has(id));
  const isServed = (one: SeriesMemory): boolean => one.item === 'served' || (had.length > 0 && !one.isSettled);
  const serves = (had.length > 0 ? had : others).some(isServed);
  if (!serves || !isWithdrawn(view, mirror, target)) return sample;
  return { ...sample, outcome: { tag: 'failed', failure: { kind: 'absent', status: 404 } }, failedAs: sample.outcome };
}

/**
 * True for an item that a mirror lacks, if the origin withdrew it, or if the origin and most of its siblings lack it too.
 * Two cases differ if none of those that lack it has ever served it, because the file that names it may be edited. An
 * item that only lock files name needs the origin or two independent mirrors that serve it. For an item by digest, most
 * siblings decide without an origin.
 * @see docs/decisions/0185-items-that-one-mirror-serves.md
 */
export function isWithdrawn(view: RuleView, mirror: MirrorMemory, target: Target): boolean {
  if (isWithdrawnByOrigin(view, mirror, target)) return true;
  const siblings = siblingsOf(view, mirror, target);
  const isOrigin = (one: MirrorMemory): boolean => one.mirror.role === 'origin';
  const origin = siblings.find((one) => isOrigin(one.mirror));
  const others = siblings.filter((one) => one !== origin);
  const own = { mirror, series: seriesAt(mirror, target) };
  const lacking = [own, ...others.filter(({ series }) => series?.item === 'absent')];
  const serving = others.filter(({ series }) => series?.item === 'served');
  const rest = countMirrors(others.filter((one) => !lacking.includes(one)));
  const { module, version, step } = target;
  const isNew = !lacking.some((one) => view.seen.has(targetId(one.mirror.mirror.name, module, version, step)));
  if (isNew && isOfLock(view.config, target) && origin?.series?.item !== 'served' && countMirrors(serving) < 2)
    return true;
  const isAbsentThere = origin === undefined ? isNew && isDigest(target.version) : lacks(origin, target);
  return (isOrigin(mirror) || isAbsentThere) && rest < countMirrors(lacking);
}

/** True for an item that the origin had before, and has lacked for an hour. */
export function isWithdrawnByOrigin(view: RuleView, mirror: MirrorMemory, target: Target): boolean {
  const subject = view.without.has('withdrawals') ? undefined : view.subjects.get(subjectKeyOf(target));
  return subject !== undefined && withdrawalOf(view, mirror, subject, target.version ?? '')?.isYanked === false;
}

/** The number of independent mirrors. */
function countMirrors(mirrors: readonly Sibling[]): number {
  return countPlaces(mirrors.map(({ mirror }) => witnessPlaceOf(mirror)));
}

/**
 * True if the origin lacks the item. Heavy steps are probed rarely, so the light steps of the version may show it first,
 * also after the origin served the item.
 */
function lacks({ mirror, series }: Sibling, target: Target): boolean {
  const known = series?.item ?? null;
  if (known === 'absent' || (known === 'served' && !isHeavy(target))) return known === 'absent';
  const steps = [...mirror.steps].map((step) => seriesAt(mirror, { ...target, step }));
  const items = steps.map((one) => (one === series ? null : one?.item));
  return items.includes('absent') && (known === null || !items.includes('served'));
}

type Item = Pick<Target, 'module' | 'version' | 'step'>;

function seriesAt({ mirror, series }: MirrorMemory, { module, version, step }: Item): SeriesMemory | undefined {
  return series.get(seriesId({ id: targetId(mirror.name, module, version, step) }, primaryConnectionOf(mirror)));
}

/** True if only lock files name the module, and its version if the target has one. */
function isOfLock({ modules }: Config, { ecosystem, upstream, module, version }: Target): boolean {
  const named = modules.filter(
    (one) =>
      one.module === module &&
      one.ecosystem === ecosystem &&
      one.upstream === upstream &&
      (version === null || one.version === version),
  );
  return named.length > 0 && named.every((one) => one.isOfLock === true);
}
