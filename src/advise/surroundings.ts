import { everyMs, paceOf } from '../core/config.ts';
import { once } from '../core/get-or-make.ts';
import type { Chain } from '../ecosystems/client.ts';
import { moveTo, type Surroundings } from './comparison/contest.ts';
import { advisedChainOf, headOf, homeOf, mirrorAt } from './group.ts';
import type { View } from './view.ts';
import { chainTo, isRecent, listDroppedKeys } from './weigh.ts';

/** Updates the head of the comparison. `contest.around` is made anew from this view when it is next read. */
export function followSurroundings(view: View): void {
  const { contest } = view.group;
  const used = mirrorAt(view.group, view.group.chain?.members[0])?.name ?? null;
  moveTo(contest, headOf(view.group)?.name ?? null, homeOf(view.group)?.name ?? null, used);
  contest.around = once(() => surroundingsOf(view));
}

function isAway({ standingOf, now }: View, name: string): boolean {
  const standing = standingOf(name);
  const untilMs = standing?.throttledUntilMs ?? Number.NEGATIVE_INFINITY;
  return standing?.paused != null || standing?.inMaintenance === true || untilMs > now.wallMs;
}

export function surroundingsOf(view: View): Surroundings {
  const { group, config } = view;
  const dropped = listDroppedKeys(view);
  const head = headOf(group);
  const advised = advisedChainOf(group);
  const chains = new Map<string, Chain>();
  for (const mirror of view.mirrors) {
    chains.set(mirror.name, mirror === head && advised !== null ? advised : chainTo(view, mirror, dropped));
  }
  return {
    client: group.client,
    chains,
    nameOf: (member) => mirrorAt(group, member)?.name ?? null,
    unwatched: 'failed',
    isAway: (registry) => isAway(view, registry),
    paceMs: (question) => {
      const target = group.probing.targets.get(question)?.values().next().value;
      return everyMs(target === undefined ? config.schedule.pace : paceOf(target, config));
    },
    home: homeOf(group)?.name ?? null,
    ratio: view.worthRatio,
    isRecent: isRecent(view),
  };
}
