import { everyMs, paceOf } from '../core/config.ts';
import type { Chain } from '../ecosystems/client.ts';
import { moveTo, type Surroundings } from './comparison/contest.ts';
import { advisedChainOf, headOf, homeOf, mirrorAt } from './group.ts';
import type { View } from './view.ts';
import { chainTo, isRecent, listDroppedKeys } from './weigh.ts';

/** Updates the head of the comparison, and rebuilds `contest.around` (chains, pauses, intervals) if it is outdated. */
export function followSurroundings(view: View): void {
  const { group } = view;
  const used = mirrorAt(group, group.chain?.members[0])?.name ?? null;
  moveTo(group.contest, headOf(group)?.name ?? null, homeOf(group)?.name ?? null, used);
  const dropped = listDroppedKeys(view);
  const seen = outlookOf(view, dropped);
  if (group.contest.around !== null && group.contest.outlook === seen) return;
  group.contest.outlook = seen;
  group.contest.around = surroundingsOf(view, dropped);
}

/**
 * All values that `contest.around` is made from and that can change without a reload, as one text. If the text has not
 * changed, the costly rebuild is not needed.
 */
function outlookOf(view: View, dropped: ReadonlySet<string>): string {
  const { open, accepted } = view.group;
  const parts: unknown[] = [open?.advice.id, open?.advice.state, accepted?.advice.id, isRecent(view)];
  for (const { name } of view.mirrors)
    parts.push(isAway(view, name), ...(view.standingOf(name)?.findings.map(({ id, state }) => `${id} ${state}`) ?? []));
  return [...parts, ...dropped].join('|');
}

function isAway({ standingOf, now }: View, name: string): boolean {
  const standing = standingOf(name);
  const untilMs = standing?.throttledUntilMs ?? Number.NEGATIVE_INFINITY;
  return standing?.paused != null || standing?.inMaintenance === true || untilMs > now.wallMs;
}

export function surroundingsOf(view: View, dropped = listDroppedKeys(view)): Surroundings {
  const { group, config } = view;
  const head = headOf(group);
  const advised = advisedChainOf(group);
  const chains = new Map<string, Chain>();
  for (const mirror of view.mirrors) {
    chains.set(mirror.name, mirror === head && advised !== null ? advised : chainTo(view, mirror, dropped));
  }
  const away = new Set(view.mirrors.map(({ name }) => name).filter((name) => isAway(view, name)));
  return {
    client: group.client,
    chains,
    nameOf: (member) => mirrorAt(group, member)?.name ?? null,
    unwatched: 'failed',
    isAway: (registry) => away.has(registry),
    paceMs: (question) => {
      const target = group.probing.targets.get(question)?.values().next().value;
      return everyMs(target === undefined ? config.schedule.pace : paceOf(target, config));
    },
    home: homeOf(group)?.name ?? null,
    ratio: view.worthRatio,
    isRecent: isRecent(view),
  };
}
