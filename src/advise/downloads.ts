import type { Declined, LookOrder } from '../core/due.ts';
import { type Mirror, questionOf, type Target } from '../core/mirror.ts';
import { type Group, homeOf } from './group.ts';
import { artifactsOf, canaryOf, newPeeks, nextInRota, recordTurn, rotaOf } from './probing.ts';
import { healthBound, lastTroubleOf } from './tests/home.ts';
import { isHeavyClean } from './tests/record.ts';
import type { View } from './view.ts';

/** Usual minimum intervals of downloads of the smallest artifact: from the head, and from others too. Milliseconds. */
const everyMs = 150_000;
const besideEveryMs = 2 * everyMs;
/** The share of `bytesPerHour` that downloads of the smallest artifact may use at the head. */
const budgetShare = 0.5;
const hourMs = 3_600_000;
/** The minimum interval while home is healthy, but a failback needs a good download from it. Milliseconds. */
const homeEveryMs = 60_000;
const siblings = 2;

/**
 * Orders a download of the smallest artifact from the head, sometimes also from other mirrors, if it is due.
 * Scheduled downloads alone are too rare to find soon a mirror that serves no artifacts.
 * @see docs/decisions/0010-small-downloads.md
 */
export function requestDownload(view: View, at: Mirror): readonly LookOrder[] {
  const { group, now } = view;
  const { contest } = group;
  if (now.monotonicMs < contest.downloadMs + homeEveryMs) return [];
  const smallest = smallestOf(view, at);
  if (smallest === null) return [];
  const lastOf = (name: string): number => contest.records.get(name)?.lastHeavy?.atMs ?? Number.NEGATIVE_INFINITY;
  const lastMs = Math.max(lastOf(at.name), contest.downloadMs);
  const { bytesPerHour } = view.config.schedule;
  const affordableMs = bytesPerHour === null ? 0 : (smallest.bytes / (budgetShare * bytesPerHour)) * hourMs;
  const home = homeOf(view.group);
  const isWaiting = home !== null && home !== at && waitsForDownload(view, home);
  const dueMs = isWaiting
    ? Math.max(contest.downloadMs + homeEveryMs, contest.besideMs + affordableMs)
    : lastMs + Math.max(everyMs, affordableMs);
  if (now.monotonicMs < dueMs) return [];
  contest.downloadMs = now.monotonicMs;
  const isBeside = isWaiting || now.monotonicMs - contest.besideMs >= besideEveryMs;
  if (isBeside) contest.besideMs = now.monotonicMs;
  // Home comes first: its result decides on the failback.
  const ageOf = (mirror: Mirror): number => (mirror === home ? Number.NEGATIVE_INFINITY : lastOf(mirror.name));
  const registries = view.mirrors
    .filter((mirror) => mirror !== at)
    .toSorted((a, b) => ageOf(a) - ageOf(b) || 0)
    .slice(0, isBeside ? siblings : 0)
    .map((mirror) => mirror.name);
  return [
    {
      registry: at.name,
      target: smallest.target,
      registries,
      forMs: 0,
      stepMs: everyMs,
      isUrgent: false,
      isPeek: false,
    },
  ];
}

function waitsForDownload(view: View, home: Mirror): boolean {
  const { contest } = view.group;
  const record = contest.records.get(home.name);
  if (record === undefined || contest.health < healthBound) return false;
  // Sorting all outcomes to find the last trouble is costly, and most often no download failed.
  return record.heavy.some(({ bad }) => bad) && !isHeavyClean(record, lastTroubleOf(record));
}

/** The smallest artifact of known size, else the artifact of the canary's module. */
function smallestOf(view: View, at: Mirror): { readonly target: Target; readonly bytes: number } | null {
  const { sizes, targets } = view.group.probing;
  let found: { readonly target: Target; readonly bytes: number } | null = null;
  for (const [question, bytes] of sizes) {
    const target = targets.get(question)?.get(at.name);
    if (target !== undefined && (found === null || bytes < found.bytes)) found = { target, bytes };
  }
  return found ?? firstOf(view, at);
}

function firstOf({ group }: View, at: Mirror): { readonly target: Target; readonly bytes: number } | null {
  const canary = canaryOf(group.probing, at.name);
  const module = canary === null ? null : group.probing.targets.get(canary)?.get(at.name)?.module;
  const target = artifactsOf(group, at.name).find((one) => one.module === module);
  return target === undefined ? null : { target, bytes: 0 };
}

const stepMs = 1_000;

/**
 * Orders the first bytes of the next artifact from the head, if they are due: a cheap test for slow or failing
 * artifacts.
 * @see docs/decisions/0010-small-downloads.md
 */
export function requestPeek(view: View, at: Mirror): readonly LookOrder[] {
  const { group, now } = view;
  const { probing } = group;
  if (probing.peeks.head !== at.name) probing.peeks = newPeeks(at.name);
  const { peeks } = probing;
  if (now.monotonicMs - peeks.lastMs < view.canaryEveryMs) return [];
  const artifacts = artifactsOf(group, at.name);
  if (artifacts.length === 0) return [];
  peeks.beforeMs = peeks.lastMs;
  peeks.lastMs = now.monotonicMs;
  const byQuestion = new Map(artifacts.map((target) => [questionOf(target), target]));
  const question = nextInRota(rotaOf(probing, at.name), [...byQuestion.keys()]);
  const target = question === null ? undefined : byQuestion.get(question);
  if (target === undefined) return [];
  return [{ registry: at.name, target, registries: [], forMs: 0, stepMs, isUrgent: false, isPeek: true }];
}

/**
 * Takes a peek that was not requested: its artifact keeps the turn. With an unknown target it never can be, so the next
 * artifact is requested at once.
 */
export function recordDeclined({ probing }: Group, { order, isKnown }: Declined): void {
  const { peeks } = probing;
  if (!order.isPeek) return;
  const rota = rotaOf(probing, order.registry);
  if (isKnown) {
    rota.orders = Math.max(0, rota.orders - 1);
    return;
  }
  recordTurn(rota, questionOf(order.target));
  if (peeks.head === order.registry) peeks.lastMs = peeks.beforeMs;
}
