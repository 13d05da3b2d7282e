import type { Advice } from '../core/advice.ts';
import { type Finding, kindTraits } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { StoryView } from '../core/notice.ts';
import type { Now, Row } from '../core/ports.ts';
import { isDownNow, type Standing } from '../core/standing.ts';
import { stamp } from '../core/views.ts';
import { endsFinding, type NoticeDraft } from './news.ts';

/**
 * Recurring trouble on one subject, and what people were sent about it. The first beginning and the first end are sent
 * at once. Each later end waits (`endsAfterMs`), and is not sent if the trouble has begun again by then. Fields that
 * end in `AtMs`, and `dueMs`, are monotonic.
 */
export interface Story {
  /** The id of the finding or advice that the story began with. */
  readonly id: string;
  /** The fault that began last; trouble of one subject may have several. Absent: an older release stored the story. */
  fault?: string;
  /** When this fault began first. */
  sinceWallMs: number;
  /** How often this fault began without another one between, at least 1. */
  times: number;
  /** How often a beginning of the trouble was sent to people, at least 1. */
  tellings: number;
  /** When the trouble ended; `null`: it continues. */
  endedAtMs: number | null;
  /** The proposed or accepted advice that people were sent last. `null`: none, or people were also sent its end. */
  stand: Advice | null;
  /** By receiver: the id of the notice that later notices of the story resolve or update. */
  told: Readonly<Record<string, string>>;
  /**
   * An event that is sent to people at `dueMs` or later. `Infinity`: it waits until another event releases it. `null`:
   * no event waits.
   */
  held: { readonly news: NoticeDraft; dueMs: number } | null;
}

export type Stories = Map<string, Story>;

const keyPrefix = 'story/';

type Part = 'begins' | 'ends' | 'beside';

function storyPartOf({ finding, advice, weight }: NoticeDraft): Part {
  // A finding that only an operator can end has no end to report, and an update is no beginning. Neither changes the
  // story.
  if (finding !== null && (kindTraits[finding.kind].endsByHand || weight === 'update')) return 'beside';
  if (finding !== null) return endsFinding({ finding }) ? 'ends' : 'begins';
  const isBack = advice?.cause === 'failback';
  if (advice?.state === 'withdrawn') return isBack ? 'begins' : 'ends';
  if (advice?.state !== 'proposed') return 'beside';
  return isBack ? 'ends' : 'begins';
}

/**
 * Updates the story (recurring trouble of one subject) that an event belongs to.
 * @returns true if people get the event now; false if their last message is still valid, or if the trouble must first
 * stay ended for a time
 */
export function updateStory(stories: Stories, news: NoticeDraft, now: Now): boolean {
  const part = storyPartOf(news);
  const story = stories.get(news.subject);
  if (story !== undefined && news.advice !== null) updateStand(story, news.advice, now);
  if (part === 'beside') return true;
  if (part === 'ends') return story === undefined || recordEnd(story, news, now);
  if (story === undefined) {
    stories.set(news.subject, storyOf(news, now));
    return true;
  }
  return recordBeginning(story, news, now);
}

/** The fault that begins: its cause, and its first target or the mirror to leave. */
function faultOf({ finding, advice }: NoticeDraft, now: Now): Pick<Story, 'fault' | 'sinceWallMs' | 'times'> {
  const { step, module } = finding?.scope[0] ?? {};
  const fault = finding === null ? `${advice?.cause} ${advice?.from}` : `${finding.cause} ${step} ${module}`;
  return { fault, sinceWallMs: finding?.openedAtMs ?? now.wallMs, times: 1 };
}

function storyOf(news: NoticeDraft, now: Now): Story {
  const { finding, advice } = news;
  return {
    id: finding?.id ?? advice?.id ?? '',
    ...faultOf(news, now),
    tellings: 1,
    endedAtMs: null,
    stand: advice,
    told: {},
    held: null,
  };
}

function recordEnd(story: Story, news: NoticeDraft, now: Now): boolean {
  story.endedAtMs = now.monotonicMs;
  // An operator who acknowledges a finding has ended it for good.
  const afterMs = news.finding?.state === 'acknowledged' ? 0 : endsAfterMs(story);
  if (afterMs === 0) {
    story.stand = null;
    return true;
  }
  story.held = { news, dueMs: now.monotonicMs + afterMs };
  return false;
}

function recordBeginning(story: Story, news: NoticeDraft, now: Now): boolean {
  const isAgain = story.endedAtMs !== null;
  const wasHeld = story.held !== null;
  const begins = faultOf(news, now);
  if (begins.fault !== story.fault) Object.assign(story, begins);
  else if (isAgain) story.times += 1;
  story.endedAtMs = null;
  if (wasHeld && isStillGood(story.stand, news.advice)) {
    const isOther = news.advice !== null && news.advice.chain.after !== story.stand?.chain.after;
    story.held = isOther ? { news, dueMs: Number.POSITIVE_INFINITY } : null;
    return false;
  }
  if (isAgain) story.tellings += 1;
  story.held = null;
  story.stand = news.advice;
  return true;
}

/**
 * True if clients may stay at the mirror that was advised last: there is no new advice (`next` is `null`), it names the
 * same mirror, or that mirror is about as good as the newly advised one.
 */
function isStillGood(stand: Advice | null, next: Advice | null): boolean {
  if (next === null) return true;
  if (stand === null || next.from !== stand.from) return false;
  if (next.to === stand.to) return true;
  const there = next.candidates.find(({ registry }) => registry === stand.to);
  const best = next.candidates.find(({ registry }) => registry === next.to);
  if (there === undefined || there.gate !== 'ok' || there.scoreSeconds === null) return false;
  return there.scoreSeconds <= (best?.scoreSeconds ?? 0) * (1 + limits.storyWorseShare);
}

function updateStand(story: Story, advice: Advice, now: Now): void {
  if (advice.state !== 'accepted' && advice.state !== 'expired') return;
  // If people accept the advice that they were sent, the delayed event stays delayed.
  const isKnown = advice.state === 'accepted' && story.stand?.id === advice.id;
  if (!isKnown) story.held = null;
  story.stand = advice.state === 'accepted' ? advice : null;
  if (advice.state === 'expired') story.endedAtMs = now.monotonicMs;
}

/**
 * Returns how long the next end of the trouble must last before it is sent to people, milliseconds; 0: it is sent at
 * once.
 */
function endsAfterMs({ tellings }: Story): number {
  return tellings < 2 ? 0 : Math.min(limits.storyHoldMsMax, limits.storyHoldMs * 2 ** (tellings - 2));
}

export function storyViewOf(story: Story | undefined): StoryView | null {
  if (story === undefined) return null;
  const { id, sinceWallMs, times } = story;
  return { id, since: stamp(sinceWallMs), times, endsAfterSeconds: endsAfterMs(story) / 1000 };
}

/**
 * Makes a delayed event due at once if the advised mirror has trouble: it is down now, or one of the `open` findings is
 * about it and began after people were sent that advice. Earlier findings were known when the mirror was advised. An
 * earlier outage may still be open, but the mirror responded again when it was advised.
 */
export function expireHeld(stories: Stories, open: readonly Finding[], standings: readonly Standing[], now: Now): void {
  const down = new Set(standings.filter(isDownNow).map(({ registry }) => registry));
  for (const { held, stand } of stories.values()) {
    if (held === null || stand === null) continue;
    const { to, upstream, issuedAtMs } = stand;
    const isInTrouble = open.some(
      (one) => one.registry === to && one.upstream === upstream && one.openedAtMs >= issuedAtMs,
    );
    if (isInTrouble || down.has(to)) held.dueMs = now.monotonicMs;
  }
}

/**
 * Removes and returns the delayed events that are due. The event of withdrawn advice contains the advice that people
 * were sent, with the reason and time of the end. If people accepted that advice, the event remains about a refusal.
 */
export function releaseDue(stories: Stories, now: Now): readonly NoticeDraft[] {
  if (releaseAtMs(stories) > now.monotonicMs) return [];
  const due = [...stories.values()].filter(({ held }) => held !== null && held.dueMs <= now.monotonicMs);
  // When advice to leave a mirror ends, that mirror's delayed recovery is sent as well.
  const homes = due.flatMap(({ held, stand }) =>
    held && stand && storyPartOf(held.news) === 'ends' ? [stand.from] : [],
  );
  const ends = [...stories.values()].filter(
    ({ held }) => held?.news.type === 'mirror.recovery' && homes.includes(held.news.finding?.registry ?? ''),
  );
  return [...new Set([...ends, ...due])].flatMap((story) => {
    const { held, stand } = story;
    story.held = null;
    if (held === null) return [];
    const { news } = held;
    const isEnd = storyPartOf(news) === 'ends';
    story.stand = isEnd ? null : news.advice;
    if (news.advice?.state !== 'withdrawn' || stand === null || stand.state === 'accepted') return [news];
    const { state, settledAtMs, reason, sentence = null } = news.advice;
    return [{ ...news, advice: { ...stand, state, settledAtMs, reason, sentence } }];
  });
}

/**
 * Returns the story whose earlier notice this event belongs to, if the event only adds facts and people need no new
 * action; `null`: there is none. A recovery belongs to its finding, an acceptance or dismissal to its proposal. A
 * finding belongs to the advice that people were sent to leave its mirror.
 */
export function findBase(stories: Stories, news: NoticeDraft): Story | null {
  const { finding, advice, subject } = news;
  const own = stories.get(subject) ?? null;
  if (endsFinding(news)) return own;
  if (advice !== null) return advice.state === 'accepted' || advice.state === 'dismissed' ? own : null;
  if (finding === null || finding.registry === null || kindTraits[finding.kind].endsByHand) return null;
  const left = [...stories.values()].find(
    ({ stand }) => stand !== null && stand.from === finding.registry && stand.upstream === finding.upstream,
  );
  return left ?? null;
}

/**
 * Drops stories (recurring trouble) that ended more than `limits.storyWindowMs` ago and have no delayed event. @returns
 * their subjects
 */
export function dropEnded(stories: Stories, { monotonicMs }: Now): readonly string[] {
  const over: string[] = [];
  for (const [subject, { endedAtMs, held }] of stories)
    if (endedAtMs !== null && held === null && monotonicMs - endedAtMs > limits.storyWindowMs) over.push(subject);
  for (const subject of over) stories.delete(subject);
  return over;
}

/** Returns when the next delayed event is due, monotonic milliseconds; `Infinity`: none is due at a known time. */
export function releaseAtMs(stories: Stories): number {
  let firstMs = Number.POSITIVE_INFINITY;
  for (const { held } of stories.values()) firstMs = Math.min(firstMs, held?.dueMs ?? firstMs);
  return firstMs;
}

export function storyKeyOf(subject: string): string {
  return `${keyPrefix}${subject}`;
}

export function storyRowOf(subject: string, story: Story, now: Now): Row {
  const wall = (ms: number): number => now.wallMs + (ms - now.monotonicMs);
  const { endedAtMs, held, ...rest } = story;
  const value = {
    v: 1,
    ...rest,
    endedWallMs: endedAtMs === null ? null : wall(endedAtMs),
    held: held === null ? null : { news: held.news, dueWallMs: Number.isFinite(held.dueMs) ? wall(held.dueMs) : null },
  };
  return { table: 'meta', key: storyKeyOf(subject), atMs: now.wallMs, value };
}

/**
 * Restores a stored story (recurring trouble of one subject). If its event is delayed until a known time, the delay is
 * limited to `limits.storyHoldMsMax`, because the wall clock may have changed.
 */
export function restoreStory(stories: Stories, { key, value }: Row, now: Now): void {
  const { v, endedWallMs, held, ...rest } = value as Omit<Story, 'endedAtMs' | 'held'> & {
    readonly v: number;
    readonly endedWallMs: number | null;
    readonly held: { readonly news: NoticeDraft; readonly dueWallMs: number | null } | null;
  };
  if (v !== 1) return;
  const ago = (wallMs: number): number => now.monotonicMs - Math.max(0, now.wallMs - wallMs);
  const ahead = (wallMs: number): number =>
    now.monotonicMs + Math.min(limits.storyHoldMsMax, Math.max(0, wallMs - now.wallMs));
  stories.set(key.slice(keyPrefix.length), {
    ...rest,
    endedAtMs: endedWallMs === null ? null : ago(endedWallMs),
    held:
      held === null
        ? null
        : { news: held.news, dueMs: held.dueWallMs === null ? Number.POSITIVE_INFINITY : ahead(held.dueWallMs) },
  });
}
