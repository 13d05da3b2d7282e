import type { Config } from '../../core/config.ts';
import { isDigest, isHeavy, refTextOf, seriesId, type Target, targetId } from '../../core/mirror.ts';
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

export function siblingsOf(
  view: Pick<RuleView, 'targets' | 'mirrors'>,
  mirror: MirrorMemory,
  target: Target,
): readonly Sibling[] {
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
export function isOfWithdrawn(view: Absent, mirror: MirrorMemory, { outcome, due }: Sample): boolean {
  const isAbsent = outcome.tag === 'failed' && outcome.failure.kind === 'absent';
  if (!isAbsent && outcome.tag !== 'ok') return false;
  const siblings = siblingsOf(view, mirror, due.target);
  if (isAbsent) return isWithdrawn(view, mirror, due.target, siblings);
  const lacking = siblings.find(({ series }) => series?.item === 'absent')?.mirror;
  return lacking !== undefined && isWithdrawn(view, lacking, due.target, siblingsOf(view, lacking, due.target));
}

type Absent = Pick<RuleView, 'targets' | 'mirrors' | 'config' | 'seen' | 'without'>;

/**
 * True for an item that a mirror lacks, if the origin and most of its siblings lack it too. Two cases differ if none of
 * those that lack it has ever served it, because somebody may have edited the file that names it. An item that only lock
 * files name needs the origin or two independent mirrors that serve it. For an item by digest, most siblings decide
 * without an origin. Without an origin, an item that others have lost (`isLost`) counts too.
 */
export function isWithdrawn(view: Absent, mirror: MirrorMemory, target: Target, siblings: readonly Sibling[]): boolean {
  const origin = siblings.find((one) => isOrigin(one.mirror));
  const others = siblings.filter((one) => one !== origin);
  const own = { mirror, series: seriesAt(mirror, target) };
  const lacking = [own, ...others.filter(({ series }) => series?.item === 'absent')];
  const serving = others.filter(({ series }) => series?.item === 'served');
  const rest = countMirrors(others.filter((one) => !lacking.includes(one)));
  const isNew = !lacking.some((one) => hasServed(view, one, target));
  if (isNew && isOfLock(view.config, target) && origin?.series?.item !== 'served' && countMirrors(serving) < 2)
    return true;
  if (origin === undefined && !isOrigin(mirror) && isLost(view, [own, ...others], target))
    return !view.without.has('withdrawn');
  const isAbsentThere = origin === undefined ? isNew && isDigest(target.version) : lacks(origin, target);
  return (isOrigin(mirror) || isAbsentThere) && rest < countMirrors(lacking);
}

/** True if a mirror has served the item. Keys of a tag or `latest` are those of the versions that it resolved to. */
function hasServed(
  { seen }: Absent,
  { mirror: { mirror }, series }: Sibling,
  { module, version, step }: Item,
): boolean {
  return seen.has(targetId(mirror.name, module, version, step)) || (series?.versions.length ?? 0) > 0;
}

/** True if at least two independent mirrors have lost the version, and at most one may still have it. */
function isLost(view: Absent, mirrors: readonly Sibling[], target: Target): boolean {
  const lost = mirrors.filter(({ mirror }) => hasLost(view, mirror, target));
  const rest = mirrors.filter((one) => one.series?.item !== 'absent' && !lost.includes(one));
  return countMirrors(rest) < 2 && countMirrors(lost) >= 2;
}

/**
 * True if a mirror has served some step of this version, now serves no metadata of it, and has served another item
 * since. Else it may have lost all that it had, or only the artifact. Its last download may be hours old.
 */
function hasLost(view: Absent, mirror: MirrorMemory, target: Target): boolean {
  const own = stepsOf(mirror, target);
  const absentMs = own.flatMap(({ item, absentFromMs }) => (item === 'absent' ? (absentFromMs ?? []) : []));
  const isThere = own.some(({ item, target: one }) => item === 'served' && !isHeavy(one));
  const hadIt = own.some((series) => hasServed(view, { mirror, series }, series.target));
  const fromMs = Math.min(...absentMs);
  const isOther = othersServedBy(mirror, target).some((one) => one.fromMs >= fromMs);
  return hadIt && !isThere && isOther;
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

function othersServedBy({ sight }: MirrorMemory, target: Target) {
  return sight.served.filter((one) => refTextOf(one.target) !== refTextOf(target));
}

/**
 * Light targets that show whether a mirror has lost a version: another step of it, and another version, both served
 * last. Empty if no other mirror lacks the version.
 */
export function proofsOfLoss(mirror: MirrorMemory, target: Target, siblings: readonly Sibling[]): readonly Target[] {
  if (!siblings.some(({ series }) => series?.item === 'absent')) return [];
  const own = stepsOf(mirror, target).find((one) => one.item === 'served' && !isHeavy(one.target));
  return [own, othersServedBy(mirror, target)[0]].flatMap((one) => one?.target ?? []);
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
