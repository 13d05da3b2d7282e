import { limits } from '../core/limits.ts';
import type { HopResponse, Line, Timed } from '../core/ports.ts';
import { maskUrl } from '../core/secret.ts';
import type { Hop, ProbeRequest, ProbeResponse } from '../core/transcript.ts';
import { readForeignUrl } from '../core/url.ts';
import { wrongContent } from '../words/tell.ts';
import { reasonOf } from './classify.ts';

/** The time limit of one request. Instants are monotonic milliseconds. */
export interface RequestBudget {
  /** The start of the first hop; `null`: it starts when it is sent. */
  readonly startMs: number | null;
  readonly deadlineMs: number;
  readonly limitMs: number;
  /** A download also times out if no byte arrives for this time; absent: no such timeout. */
  readonly idleMs?: number;
}

export interface Followed {
  readonly hops: readonly Hop[];
  readonly response: ProbeResponse;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Executes one request and follows redirects: at most `limits.redirects`, never from https to http, never in a circle.
 * The time of each hop starts at the end of the previous one. Redirect targets count as foreign URLs, so their
 * addresses are checked.
 */
export async function follow(
  request: ProbeRequest,
  line: Line,
  budget: RequestBudget,
  timed: Timed,
): Promise<Followed> {
  const hops: Hop[] = [];
  const seen = new Set<string>();
  let url = request.url;
  let startMs = budget.startMs;
  for (;;) {
    seen.add(url);
    const response = await line.hop({
      url,
      ...(request.method === undefined ? {} : { method: request.method }),
      headers: request.headers ?? {},
      aside: request.aside === true,
      foreign: request.foreign === true || hops.length > 0,
      bodyBytesMax: request.bodyBytesMax,
      stopAfterBytes: request.stopAfterBytes ?? null,
      ...(request.asSent === true ? { asSent: request.asSent } : {}),
      ...(request.large === true ? { large: request.large } : {}),
      startMs,
      deadlineMs: budget.deadlineMs,
      limitMs: budget.limitMs,
      ...(budget.idleMs === undefined ? {} : { idleMs: budget.idleMs }),
    });
    hops.push(response.hop);
    const ended = timed(() => endOf(response, url, request, hops.length, budget));
    if (ended.tag === 'answered') return { hops, response: { ...ended, took: tookOf(hops) } };
    if (ended.tag !== 'redirected') return { hops, response: ended };
    const next = ended.url;
    if (next === null || seen.has(next) || hops.length > limits.redirects) {
      return { hops, response: { tag: 'failed', failure: { kind: 'redirect', hops: hops.length } } };
    }
    url = next;
    startMs = response.hop.marks.end;
  }
}

function tookOf(hops: readonly Hop[]): { readonly connectMs: number; readonly answerMs: number } {
  let [connectMs, responseMs] = [0, 0];
  for (const { marks } of hops) {
    const readyMs = marks.secured ?? marks.connected ?? marks.start;
    connectMs += readyMs - marks.start;
    responseMs += marks.end - readyMs;
  }
  return { connectMs, answerMs: responseMs };
}

type Ended = ProbeResponse | { readonly tag: 'redirected'; readonly url: string | null };

function endOf(response: HopResponse, url: string, request: ProbeRequest, hops: number, budget: RequestBudget): Ended {
  const { hop, headers, body, whole } = response;
  const location = headers.location;
  const { fault, status } = hop;
  // Clients use only the status of a response other than 200. So it is no failure if the body of such a response is too
  // large.
  const isWhole = fault === null || (fault.code === 'MW_BODY_TOO_LARGE' && status !== null && status !== 200);
  if (isWhole && status !== null) {
    if (redirectStatuses.has(status) && location !== undefined)
      return { tag: 'redirected', url: target(location, url) };
    const kept = whole === undefined ? {} : { whole };
    return { tag: 'answered', status, headers, body, ...kept, finalUrl: maskUrl(url) };
  }
  if (fault === null) return { tag: 'unknown', because: 'defect', code: 'MW_NO_STATUS' };
  if (fault.code === 'MW_BODY_TOO_LARGE' && /^text\/html\b/i.test(headers['content-type'] ?? '')) {
    return { tag: 'failed', failure: wrongContent('answer.noPage') };
  }
  return reasonOf(fault, { hops, limitBytes: request.bodyBytesMax, limitMs: budget.limitMs });
}

/**
 * Returns the target of a `Location` header, without credentials. `null`: it is no URL, is not HTTP, or leads from
 * https to http.
 */
function target(location: string, from: string): string | null {
  const url = readForeignUrl(location, from);
  if (url === null) return null;
  const isDowngrade = from.startsWith('https:') && url.protocol !== 'https:';
  if (isDowngrade || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}
