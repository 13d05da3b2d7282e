import type { Config } from '../../core/config.ts';
import { isDigest, isHeavy, seriesId, type Target, targetId } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import { type MirrorMemory, mirrorsOf, primaryConnectionOf, type SeriesMemory } from '../memory/mirror-memory.ts';
import type { RuleView } from '../memory/rule.ts';
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
  const siblings = siblingsOf(view, mirror, due.target);
  if (isAbsent) return isWithdrawn(view, mirror, due.target, siblings);
  const lacking = siblings.find(({ series }) => series?.item === 'absent')?.mirror;
  return lacking !== undefined && isWithdrawn(view, lacking, due.target, siblingsOf(view, lacking, due.target));
}

/**
 * True for an item that a mirror lacks, if the origin and most of its siblings lack it too. Two cases differ if none of
 * those that lack it has ever served it, because somebody may have edited the file that names it. An item that only lock
 * files name needs the origin or two independent mirrors that serve it. For an item by digest, most siblings decide
 * without an origin.
 * @see docs/decisions/0222-versions-that-mirrors-have-lost.md
 */
export function isWithdrawn(
  view: RuleView,
  mirror: MirrorMemory,
  target: Target,
  siblings: readonly Sibling[],
): boolean {
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

function isOrigin({ mirror }: MirrorMemory): boolean {
  return mirror.role === 'origin';
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
  const items = stepsOf(mirror, target).map((one) => (one === series ? null : one.item));
  return items.includes('absent') && (known === null || !items.includes('served'));
}

type Item = Pick<Target, 'module' | 'version' | 'step'>;

function seriesAt({ mirror, series }: MirrorMemory, { module, version, step }: Item): SeriesMemory | undefined {
  return series.get(seriesId({ id: targetId(mirror.name, module, version, step) }, primaryConnectionOf(mirror)));
}

/** The series of all steps of a version at a mirror. They are found by name: a mirror may have thousands of series. */
function stepsOf(mirror: MirrorMemory, { module, version }: Target): readonly SeriesMemory[] {
  return [...mirror.steps].flatMap((step) => seriesAt(mirror, { module, version, step }) ?? []);
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
