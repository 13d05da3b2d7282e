import type { Question, WorldChain } from '../../world.ts';
import type { Desk } from '../desk.ts';
import type { Ask, Round, Watcher } from '../rounds.ts';
import { paces, type Scene } from '../scene.ts';
import { isFailure } from '../verdict.ts';
import { Artifacts } from './artifacts.ts';
import { Bursts } from './bursts.ts';
import { artifacts, burst, failures, homeAgain, time } from './constants.ts';
import { HomeAgain } from './home.ts';
import { Pair, Spreads } from './pair.ts';
import { HeadRecord } from './record.ts';
import { Patience, type Seen, walk } from './replay.ts';

const refused: Seen = { ms: 5_000, isBad: true, status: 429 };
/** A mirror whose `Retry-After` is longer than this counts as bad until the wait is over. Milliseconds. */
const longSilenceMs = 60_000;
const minuteMs = 60_000;

interface Watched {
  readonly patience: Patience;
  readonly record: HeadRecord;
  readonly pair: Pair;
  /** The last two times at which the mirror itself responded badly, the older first. */
  badMs: readonly [number, number];
  /**
   * The number of responses with wrong bytes. A mirror with one such response is no candidate. A head with one is left,
   * and a home with one is not returned to.
   */
  mismatches: number;
  silentUntilMs: number;
  isSilentLong: boolean;
  /** The times of its requests in the last minute. */
  asked: readonly number[];
  /** The chain with this mirror as head; `null`: it must be built again. */
  chain: WorldChain | null;
}

/** The reference policy for one upstream. */
export class Judge implements Watcher {
  private readonly desk: Desk;
  private scene: Scene;
  private watched: Watched[] = [];
  private spreads: Spreads[] = [];
  private names = new Map<string, number>();
  private bursts: Bursts;
  private artifacts: Artifacts;
  private home = new HomeAgain();
  private movedMs = Number.NEGATIVE_INFINITY;

  constructor(scene: Scene, desk: Desk) {
    this.desk = desk;
    this.scene = scene;
    this.bursts = new Bursts(scene);
    this.artifacts = new Artifacts(scene);
    this.begin(scene);
  }

  reload(scene: Scene): void {
    this.desk.reload(scene);
    this.bursts = new Bursts(scene);
    this.artifacts = new Artifacts(scene);
    this.home = new HomeAgain();
    this.begin(scene);
  }

  waitMs(mirror: number, isHeavy: boolean): number {
    return this.watched[mirror]?.patience.limitMs(isHeavy) ?? 0;
  }

  isAway(mirror: number, atMs: number): boolean {
    return atMs < (this.watched[mirror]?.silentUntilMs ?? 0);
  }

  take(round: Round, ask: Ask): void {
    if (round.isPeek) return this.peeked(round, ask);
    if (round.isHeavy) this.artifacts.note(round, this.desk.head);
    if (round.isCanary) this.planArtifacts(round, ask);
    if (this.desk.note(round)) for (const one of this.watched) one.chain = null;
    const seen = this.seenOf(round);
    // Without a download of another mirror, a good one of the head is compared with nothing, so it changes no mean.
    const isAlone = round.isHeavy && round.isExtra && seen.filter(Boolean).length === 1;
    if (isAlone && !seen.some((one) => one?.isBad)) return this.lookAgain(round, seen, seen, ask);
    const walks = this.walksOf(seen);
    walks.forEach((walked, place) => {
      if (walked) this.watched[place]?.record.add(round.doneMs, walked, round.isHeavy, round.isExtra);
    });
    const home = this.desk.home;
    const there = home === this.desk.head ? null : walks[home];
    const hereMs = walks[this.desk.head]?.ms ?? Number.POSITIVE_INFINITY;
    if (there) this.home.see(there.isBad);
    if (there && round.isHeavy)
      this.home.seeDownload(there.isBad, there.ms > homeAgain.slowFactor * hereMs + homeAgain.slackMs);
    this.test(round, walks);
    if (this.decide(round.doneMs)) return;
    if (this.goHome(round.doneMs)) return;
    this.lookAgain(round, seen, walks, ask);
  }

  private planArtifacts(round: Round, ask: Ask): void {
    const { head, home, candidates } = this.desk;
    const isAwaited = head !== home && this.home.waitsForDownloads(round.doneMs);
    const hereMs = artifacts.promising * this.boundMs(head, round.doneMs);
    const hasPromise = candidates.some((place) => place !== head && this.boundMs(place, round.doneMs) < hereMs);
    const others = () => (head === home ? this.squad(round.doneMs) : [home, ...this.squad(round.doneMs)]);
    this.artifacts.plan(round, this.scene.everyMs, head, isAwaited || hasPromise, head !== home, others, ask);
  }

  /** After a failed or slow peek: downloads the artifact. After a failed one, the canary is requested again too. */
  private peeked(round: Round, ask: Ask): void {
    const { head } = this.desk;
    const answer = round.answers[head];
    if (!answer) return;
    const isBad = isFailure(round.question, answer) || answer.tookMs >= this.waitMs(head, false);
    if (!isBad && !this.artifacts.isSlow(answer.tookMs)) return;
    const { bytesMax: _, ...question } = round.question;
    const { canary } = this.scene;
    // Two downloads are requested at once, because a slow one takes long to show that it is slow.
    for (const atMs of [round.doneMs, round.doneMs + artifacts.againMs])
      this.bursts.download(atMs, question, this.squad(round.doneMs), isBad, ask);
    if (isBad && canary) this.bursts.keepWatch(round.doneMs, canary, () => this.squad(round.doneMs), true, ask);
  }

  private begin(scene: Scene): void {
    this.scene = scene;
    this.names = new Map(scene.mirrors.map(({ name }, place) => [name, place]));
    this.watched = scene.mirrors.map(() => ({
      patience: new Patience(),
      record: new HeadRecord(),
      pair: new Pair(),
      badMs: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      mismatches: 0,
      asked: [],
      silentUntilMs: 0,
      isSilentLong: false,
      chain: null,
    }));
    this.spreads = scene.mirrors.flatMap(() => scene.mirrors.map(() => new Spreads()));
  }

  private get bound(): number {
    return this.nowMs - this.movedMs < time.afterMoveMs ? time.boundAfterMove : time.bound;
  }
  private nowMs = 0;
  private oddDownload: Question | null = null;

  /** The number of scheduled light requests to a mirror in a minute. */
  private get usualAMinute(): number {
    const { everyMs, often, light } = this.scene;
    return minuteMs * ((1 + often.length) / everyMs + light.length / paces.lightMs);
  }

  private seenOf(round: Round): (Seen | null)[] {
    this.nowMs = round.doneMs;
    return round.answers.map((answer, place) => {
      const one = this.watched[place];
      if (!one) return null;
      if (!answer) return one.isSilentLong && round.atMs < one.silentUntilMs ? refused : null;
      one.asked = [...one.asked.filter((at) => round.atMs - at < minuteMs), round.atMs];
      // Our own request rate explains a 429 after many requests. Other clients may be served.
      if (answer.reason === 'throttled' && one.asked.length > this.usualAMinute + failures.oursFrom) {
        one.silentUntilMs = Math.max(one.silentUntilMs, round.atMs + (answer.retryAfterMs ?? minuteMs));
        one.isSilentLong = false;
        return null;
      }
      const seen = one.patience.judge(round.question, answer, round.isHeavy);
      if (seen.isBad) one.badMs = [one.badMs[1], round.doneMs];
      if (answer.reason === 'mismatch') one.mismatches += 1;
      if (seen.isBad && answer.retryAfterMs !== null) {
        one.silentUntilMs = Math.max(one.silentUntilMs, round.atMs + answer.retryAfterMs);
        one.isSilentLong = answer.retryAfterMs > longSilenceMs;
      }
      return seen;
    });
  }

  private walksOf(seen: readonly (Seen | null)[]): (Seen | null)[] {
    const seenOf = (member: string) => seen[this.names.get(member) ?? -1] ?? null;
    return seen.map((own, place) => {
      if (!own?.isBad) return own;
      return walk(this.chainOf(place), seenOf);
    });
  }

  private chainOf(place: number): WorldChain {
    if (place === this.desk.head) return this.desk.chain;
    const one = this.watched[place];
    if (!one) return this.desk.chain;
    one.chain ??= this.desk.chainOf(place);
    return one.chain;
  }

  private test({ doneMs, isHeavy }: Round, walks: readonly (Seen | null)[]): void {
    const { head, home, candidates } = this.desk;
    const here = walks[head];
    this.learn(walks, isHeavy);
    if (!here) return;
    const floor = this.watched.every(({ record }) => record.slow >= failures.floor)
      ? failures.floorWhereAllFail
      : failures.floor;
    for (const place of candidates) {
      const one = this.watched[place];
      const there = walks[place];
      if (!one || !there || place === head) continue;
      one.pair.addFailures(doneMs, one.record.usualFailures(floor), here, there, isHeavy);
      if (here.isBad || there.isBad) continue;
      const spread = this.spread(head, place, isHeavy);
      const levelMs = Math.max(one.record.levelMs(isHeavy) ?? 0, Math.min(here.ms, there.ms));
      one.pair.addTime(here.ms, there.ms, spread.deviationMs(levelMs), place === home, isHeavy);
    }
  }

  /**
   * Updates the usual time difference of each pair of mirrors. For a pair with the head it is not updated while the sum
   * of the pair's time test is near its bound.
   */
  private learn(walks: readonly (Seen | null)[], isHeavy: boolean): void {
    const { head, candidates } = this.desk;
    for (const one of candidates) {
      for (const other of candidates) {
        if (other <= one) continue;
        const a = walks[one];
        const b = walks[other];
        if (!a || !b || a.isBad || b.isBad) continue;
        const rival = one === head ? other : other === head ? one : null;
        const level = rival === null ? 0 : (this.watched[rival]?.pair.timeLevel(isHeavy, this.bound) ?? 0);
        if (level <= time.frozenFrom) this.spread(one, other, isHeavy).add(a.ms - b.ms);
      }
    }
  }

  private spread(one: number, other: number, isHeavy: boolean) {
    const at = Math.min(one, other) * this.watched.length + Math.max(one, other);
    const spreads = this.spreads[at];
    if (!spreads) throw new Error('a pair of mirrors that is not watched');
    return isHeavy ? spreads.heavy : spreads.light;
  }

  /** Moves to the best candidate whose test triggered. Returns true if it moved. */
  private decide(atMs: number): boolean {
    const { head, candidates } = this.desk;
    let best: { place: number; boundMs: number; why: string } | null = null;
    for (const place of candidates) {
      const one = this.watched[place];
      if (!one || place === head) continue;
      const isForced = (this.watched[head]?.mismatches ?? 0) >= 1;
      const why = isForced ? 'wrong bytes' : one.pair.alarm(this.bound, this.hasThird(atMs, head, place));
      if (why === null || !this.isFit(place, atMs)) continue;
      const boundMs = this.boundMs(place, atMs);
      if (why.endsWith('slow') && boundMs >= this.boundMs(head, atMs)) continue;
      if (!best || boundMs < best.boundMs) best = { place, boundMs, why };
    }
    if (!best) return false;
    this.move(best.place, atMs, best.why);
    return true;
  }

  private move(place: number, atMs: number, why: string): void {
    if (this.desk.head === this.desk.home) this.home.leave(atMs);
    this.desk.moveTo(place, atMs, why);
    this.movedMs = atMs;
    this.artifacts.reset();
    this.oddDownload = null;
    for (const one of this.watched) {
      one.pair.reset();
      one.chain = null;
    }
  }

  /**
   * True if the last response of a candidate was good, it served no wrong bytes, and it fails rarely or at most half as
   * often as the head.
   */
  private isFit(place: number, atMs: number): boolean {
    const one = this.watched[place];
    if (!one || one.record.isLastBad || one.mismatches > 0) return false;
    const { n, f } = one.record.lately(atMs);
    if (f < 2 || f <= 0.15 * n) return true;
    const head = this.watched[this.desk.head]?.record.lately(atMs);
    return head !== undefined && head.f / Math.max(1, head.n) >= (2 * f) / n;
  }

  private hasThird(atMs: number, head: number, candidate: number): boolean {
    return this.watched.some(
      ({ badMs }, place) => place !== head && place !== candidate && atMs - badMs[0] <= failures.thirdWithinMs,
    );
  }

  private boundMs(place: number, atMs: number): number {
    const chain = this.chainOf(place);
    const skips = chain.separators[0] === '|' && this.names.has(chain.members[1] ?? '');
    const levels = this.watched.flatMap(({ record }) => record.levelMs(true) ?? []);
    const heavyMs = levels.length > 0 ? Math.max(...levels) : 0;
    return this.watched[place]?.record.boundMs(atMs, skips, heavyMs) ?? Number.POSITIVE_INFINITY;
  }

  private goHome(atMs: number): boolean {
    const { head, home } = this.desk;
    if (head === home || !this.home.isReady(atMs) || (this.watched[home]?.mismatches ?? 0) >= 1) return false;
    const away = this.watched[head]?.record;
    const there = this.watched[home]?.record;
    if (!away || !there || there.isLastBad || there.isLastHeavyBad) return false;
    const failed = (record: HeadRecord) => record.shares.over(atMs, homeAgain.failuresMs).f;
    if (failed(there) > failed(away)) return false;
    const hereMs = away.buildMs();
    const thereMs = there.buildMs();
    if (hereMs === null || thereMs === null) return false;
    if (thereMs > homeAgain.dearer * hereMs + homeAgain.slackMs) return false;
    this.move(home, atMs, 'home again');
    return true;
  }

  private lookAgain(round: Round, seen: readonly (Seen | null)[], walks: readonly (Seen | null)[], ask: Ask): void {
    const { head } = this.desk;
    const { doneMs, isHeavy } = round;
    const heavyLevel = this.levelOf(true);
    const lightLevel = this.levelOf(false);
    const level = Math.max(heavyLevel, lightLevel);
    const isUrgent = level > burst.anyFrom;
    const own = seen[head];
    const timeLevel = this.timeLevelOf(isHeavy);
    const usualMs = this.watched[head]?.record.levelMs(isHeavy) ?? null;
    const isVerySlow = usualMs !== null && (walks[head]?.ms ?? 0) > burst.slowFactor * usualMs;
    const isOdd = own?.isBad || ((isHeavy || timeLevel > burst.slowFrom) && isVerySlow) || timeLevel > burst.anyFrom;
    const isWrong = round.answers[head]?.reason === 'mismatch';
    if (own && isOdd && isHeavy) this.oddDownload = round.question;
    if (own && isOdd) this.bursts.again(round, this.squad(doneMs), isUrgent, isWrong, ask);
    else if (heavyLevel > burst.watchFrom && heavyLevel >= lightLevel && this.oddDownload) {
      // Light requests are no evidence in a test of downloads.
      this.bursts.download(doneMs, this.oddDownload, this.squad(doneMs), isUrgent, ask);
    } else if (lightLevel > burst.watchFrom) {
      this.bursts.keepWatch(doneMs, this.scene.canary, () => this.squad(doneMs), isUrgent, ask);
    }
  }

  /** The largest sum of a test against the head, as a share of its bound. */
  private levelOf(isHeavy: boolean): number {
    return Math.max(0, ...this.rivals.map(({ pair }) => pair.level(isHeavy, this.bound)));
  }

  private timeLevelOf(isHeavy: boolean): number {
    return Math.max(0, ...this.rivals.map(({ pair }) => pair.timeLevel(isHeavy, this.bound)));
  }

  private get rivals(): readonly Watched[] {
    const { head, candidates } = this.desk;
    return candidates.flatMap((place) => (place === head ? [] : (this.watched[place] ?? [])));
  }

  /** The mirrors to probe again: the head, the two best candidates, and the next member of the chain. */
  private squad(atMs: number): readonly number[] {
    const { head, candidates, chain } = this.desk;
    const others = candidates.filter((place) => place !== head);
    const bounds = new Map(others.map((place) => [place, this.boundMs(place, atMs)]));
    const rank = (place: number) => (this.watched[place]?.record.isLastBad ? 1e12 : 0) + (bounds.get(place) ?? 0);
    const best = others.toSorted((one, other) => rank(one) - rank(other)).slice(0, burst.siblings);
    const fallback = this.names.get(chain.members[1] ?? '');
    return [...new Set([head, ...best, ...(fallback === undefined ? [] : [fallback])])];
  }
}
