import type { Advice } from '../../core/advice.ts';
import { endTextKeyOf, type Finding, findingTextKeyOf, isDisputed, onsetOf } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { upstreamKeyOf } from '../../core/mirror.ts';
import type { TrendRange } from '../../core/trend.ts';
import type { ApiDeps } from '../deps.ts';
import type { PageSay } from './html.ts';

const pagesRead = 2;

export interface TimelineQuery {
  readonly range: TrendRange;
  /**
   * The end of the time range, wall milliseconds; `null`: now. But if `item` ended too long ago for a range that ends
   * now, `null` means shortly after the end of `item`.
   */
  readonly untilMs: number | null;
  /** The id of the selected item, `finding-<id>` or `advice-<id>`; `null`: no item is selected. */
  readonly item: string | null;
  readonly mirror: string | null;
}

export function timelinePathOf({ range, untilMs, item, mirror }: TimelineQuery): string {
  const words = new URLSearchParams({ range });
  if (untilMs !== null) words.set('until', new Date(untilMs).toISOString());
  if (mirror !== null) words.set('mirror', mirror);
  if (item !== null) words.set('item', item);
  return `/timeline?${words}${item === null ? '' : '#chosen'}`;
}

export interface TimelineItem {
  /** The item's id in page addresses, `finding-<id>` or `advice-<id>`. */
  readonly id: string;
  readonly of:
    | { readonly tag: 'finding'; readonly finding: Finding }
    | { readonly tag: 'advice'; readonly advice: Advice };
  readonly kind: Finding['kind'] | 'advice';
  /**
   * The lane in which the item is drawn: the name of a mirror, or the upstream of an advice; `null`: the daemon's lane.
   */
  readonly lane: string | null;
  readonly registries: readonly string[];
  readonly fromMs: number;
  /** The end of the item, wall milliseconds; `null`: it has not ended. */
  readonly toMs: number | null;
}

/**
 * Lists the open items and the newest of all items. It reads one page of each list, but up to `pagesRead` pages of all
 * findings.
 */
export function listTimelineItems(deps: ApiDeps): readonly TimelineItem[] {
  const page = { limit: limits.pageRows, cursor: null };
  const inForce = deps.advice({ ...page, history: false }).items;
  const current = new Set(inForce.map(({ id }) => id));
  const findings = [...findingsOf(deps), ...deps.findings({ ...page, history: false }).items];
  const advice = [...deps.advice({ ...page, history: true }).items, ...inForce];
  const items = [...findings.map(findingItem), ...advice.map((one) => adviceItem(one, current.has(one.id)))];
  return [...new Map(items.map((item) => [item.id, item])).values()].sort((a, b) => b.fromMs - a.fromMs);
}

function findingsOf(deps: ApiDeps): readonly Finding[] {
  const found: Finding[] = [];
  let cursor: string | null = null;
  for (let read = 0; read < pagesRead; read += 1) {
    const { items, next } = deps.findings({ limit: limits.pageRows, cursor, history: true });
    found.push(...items);
    if (next === null) break;
    cursor = next;
  }
  return found;
}

function findingItem(finding: Finding): TimelineItem {
  const { id, kind, registry, openedAtMs, closedAtMs, acknowledged } = finding;
  return {
    id: `finding-${id}`,
    of: { tag: 'finding', finding },
    kind,
    lane: registry,
    registries: registry === null ? [] : [registry],
    fromMs: onsetOf(finding, openedAtMs),
    toMs: finding.state === 'open' ? null : (closedAtMs ?? acknowledged?.atMs ?? null),
  };
}

function adviceItem(advice: Advice, isCurrent: boolean): TimelineItem {
  const { id, from, to, issuedAtMs, settledAtMs, expiresAtMs } = advice;
  return {
    id: `advice-${id}`,
    of: { tag: 'advice', advice },
    kind: 'advice',
    lane: upstreamKeyOf(advice),
    registries: [from, to],
    fromMs: issuedAtMs,
    toMs: isCurrent ? null : (settledAtMs ?? expiresAtMs),
  };
}

export function formatItem({ of }: TimelineItem, vantage: string, say: PageSay): string {
  if (of.tag === 'advice') {
    const { from, to, state, refusal, bypass } = of.advice;
    if (bypass != null && from === to) return bypass;
    const isRefusal = state === 'refused' || (refusal !== null && from === to);
    return isRefusal ? say('timeline.stay', { from }) : say('timeline.move', { from, to });
  }
  const who = of.finding.registry ?? vantage;
  const { finding } = of;
  const key = finding.state === 'closed' ? endTextKeyOf(finding) : findingTextKeyOf(finding, isDisputed(finding));
  return say(key, { who });
}
