import { patienceMs } from '../../test/support/patience.ts';
import { soakSecret } from './config.ts';
import type { Guest, Holdings } from './guest.ts';
import type { Receivers } from './receivers.ts';
import { createAccounts } from './watch/accounts.ts';
import { createCounters } from './watch/counters.ts';
import { type Page, readPage } from './watch/exposition.ts';
import { createGrowth } from './watch/growth.ts';
import { type AdviceJson, createHistory, type FindingJson } from './watch/history.ts';
import { createNotices, lostOf, type Told } from './watch/notices.ts';
import { createVantageWatch } from './watch/vantage.ts';
import type { Verdicts } from './watch/verdicts.ts';

/** Looks at the daemon from outside, all the time. */
export interface Watcher {
  /** One look at everything; one after the other. @returns the page, `null` where there was none to be had */
  readonly look: () => Promise<Page | null>;
  /** A start or a reload: what is due is counted anew. */
  readonly restart: () => void;
  /** The process was ended while its state could not be written. */
  readonly forget: () => void;
  /** What the receivers, who are well, were never told. */
  readonly lost: () => readonly string[];
  readonly told: () => readonly Told[];
  readonly looks: () => number;
  readonly most: () => Holdings;
}

/** Pages of the API in a row, at most. */
const pagesMax = 100;
const openMetrics = 'application/openmetrics-text; version=1.0.0';

/**
 * Makes the watcher of a daemon over all its lives.
 * @param everyMsOf  the pace of a step by the configuration in force
 */
export function createWatcher(
  guest: Guest,
  receivers: Receivers,
  verdicts: Verdicts,
  everyMsOf: (step: string) => number,
): Watcher {
  const counters = createCounters();
  const accounts = createAccounts(everyMsOf);
  const growth = createGrowth();
  const history = createHistory('soak');
  const vantage = createVantageWatch();
  const notices = receivers.all.map(({ name, receiver }) => ({ name, receiver, of: createNotices(name, soakSecret) }));
  let last: Promise<Page | null> = Promise.resolve(null);
  let looks = 0;
  /** Since when no question came through, of our clock; `null`: the last one did. */
  let silentSinceMs: number | null = null;
  let life = { count: 0, sinceMs: 0 };

  async function ask(path: string, accept = 'application/json'): Promise<string> {
    const signal = AbortSignal.timeout(patienceMs);
    const answer = await fetch(`${guest.url}${path}`, { headers: { accept }, signal });
    const text = await answer.text();
    // A head that took us ten seconds to send: the machine is busy.
    if (answer.status === 408) throw new Error(`${path}: ${answer.status}`);
    if (answer.status !== 200)
      verdicts.broken('what is asked is answered', [`${path}: ${answer.status} ${text.slice(0, 500)}`]);
    return text;
  }

  async function listed<T>(name: 'findings' | 'advice'): Promise<readonly T[]> {
    const all: T[] = [];
    let cursor = '';
    for (let page = 0; page < pagesMax; page += 1) {
      const answer = JSON.parse(await ask(`/api/v1/${name}?state=all${cursor}`)) as Record<string, unknown>;
      all.push(...(answer[name] as T[]));
      if (typeof answer['next'] !== 'string') return all;
      cursor = `&cursor=${encodeURIComponent(answer['next'])}`;
    }
    throw new Error(`/api/v1/${name} has no last page`);
  }

  /** What the page says, held to all that pages are held to. */
  async function lookAtPage(): Promise<Page | null> {
    const isOpenMetrics = looks % 2 === 1;
    const fromMs = performance.now();
    const text = await ask('/metrics', isOpenMetrics ? openMetrics : 'text/plain');
    const untilMs = performance.now();
    if (!guest.isUp() || guest.life() !== life.count) return null;
    let page: Page;
    try {
      page = readPage(text, isOpenMetrics);
    } catch (error) {
      verdicts.broken('/metrics parses', [String(error)]);
      return null;
    }
    verdicts.broken('counters never go back', counters.take(life.count, page));
    verdicts.broken('every due probe is accounted for', accounts.take(page, fromMs, untilMs));
    return page;
  }

  async function lookAtHistory(): Promise<void> {
    // What happens while we read may be missing from the answers.
    const fromMs = performance.now();
    const findings = await listed<FindingJson>('findings');
    const advice = await listed<AdviceJson>('advice');
    if (!guest.isUp() || guest.life() !== life.count) return;
    verdicts.broken('nothing known is forgotten', history.take(findings, advice, fromMs));
  }

  function readPosts(): void {
    for (const { receiver, of } of notices) verdicts.broken('each notice has one id', of.take(receiver.posts));
  }

  /** Whoever is killed while it is asked answers nothing; on a busy machine a connection may be cut as too slow. */
  function unanswered(error: unknown): void {
    if (!guest.isUp() || guest.life() !== life.count) return;
    silentSinceMs ??= performance.now();
    if (performance.now() - silentSinceMs < patienceMs) return;
    verdicts.broken('it answers', [`${String(error)} ${String((error as Error).cause ?? '')}`]);
    silentSinceMs = null;
  }

  async function lookAll(): Promise<Page | null> {
    if (!guest.isUp()) return null;
    if (guest.life() !== life.count) {
      life = { count: guest.life(), sinceMs: performance.now() };
      silentSinceMs = null;
    }
    try {
      const page = await lookAtPage();
      looks += 1;
      if (guest.isUp() && guest.life() === life.count) {
        const lifeMs = performance.now() - life.sinceMs;
        verdicts.broken(
          'memory, threads and descriptors are bounded',
          growth.take(life.count, lifeMs, guest.holdings()),
        );
        verdicts.broken('no advice while the vantage is suspect', vantage.take(life.count, guest.events()));
      }
      if (looks % 3 === 0) await lookAtHistory();
      silentSinceMs = null;
      return page;
    } catch (error) {
      unanswered(error);
      return null;
    } finally {
      readPosts();
    }
  }

  return {
    look() {
      last = last.then(lookAll);
      return last;
    },
    restart: accounts.restart,
    forget() {
      readPosts();
      history.forget();
      for (const { of } of notices) of.forgetOrder();
    },
    lost: () => notices.flatMap(({ name, of }) => lostOf(name, of.all(), history.happened())),
    told: () => notices.flatMap(({ of }) => of.all()),
    looks: () => looks,
    most: growth.most,
  };
}
