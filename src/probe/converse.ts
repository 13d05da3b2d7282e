import { firstLineOf } from '../core/body.ts';
import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type {
  Clock,
  Conversation,
  HopRequest,
  HopResponse,
  KnownMask,
  Line,
  Pieces,
  ProbeContext,
  Prober,
  SignatureChecker,
  Timed,
} from '../core/ports.ts';
import { maskUrl } from '../core/secret.ts';
import type { Hop, ProbeRequest, ProbeResponse, Transcript, Verdict } from '../core/transcript.ts';
import { readForeignUrl } from '../core/url.ts';
import { wrongContent } from '../words/tell.ts';
import { reasonOf } from './classify.ts';

export interface ConverseInput {
  readonly due: Due;
  readonly prober: Prober;
  readonly context: ProbeContext;
  /** The connection for the requests of the probe. It is closed when the conversation ends. */
  readonly line: Line;
  /** Masks the mirror's credentials in texts of responses. */
  readonly mask: Pick<KnownMask, 'text' | 'hidesBodies'>;
  readonly clock: Clock;
  /** Verifies signatures. Absent: every verification of a signature ends as `unknown`. */
  readonly signatures?: SignatureChecker;
  readonly worker: number;
  /** Returns the longest event-loop delay since a monotonic time, milliseconds. */
  readonly loopDelayMsMax: (fromMs: number) => number;
  /**
   * Returns the sum of the event loop's delays since a monotonic time, milliseconds; absent: `loopDelayMsMax` is used
   * instead.
   */
  readonly loopDelayMsSum?: (fromMs: number) => number;
  readonly pieces: Pieces;
  readonly nextTurn: () => Promise<void>;
}

const done: ProbeResponse = { tag: 'answered', status: 200, headers: {}, body: new Uint8Array(0), finalUrl: '' };
const noWorker: ProbeResponse = { tag: 'unknown', because: 'local', code: 'ENOENT' };
const defect: Verdict = { outcome: { tag: 'unknown', because: 'defect' }, facts: {} };

/**
 * Runs one conversation (the requests of one probe) over a line (their connection). Timed requests together have the
 * timeout `due.timeoutMs`; aside (preliminary) requests have their own. Never rejects: a defect ends as
 * `unknown('defect')`.
 */
export async function converse(input: ConverseInput): Promise<Transcript> {
  const { due, context, line, mask, clock, pieces } = input;
  const started = clock.now();
  const hops: Hop[] = [];
  let errorLine: string | null = null;
  let loopDelayMsMax = 0;
  let loopDelayMsSum: number | undefined;
  let verdict: Verdict = defect;
  try {
    const conversation = input.prober.probe(due.target, context);
    const exchange = createExchange(input, hops);
    verdict = await drive(conversation, pieces.timed, async (request) => {
      if (request.check !== undefined) return (await input.signatures?.check(request.check)) ?? noWorker;
      if (request.work !== undefined) {
        await request.work();
        await input.nextTurn();
        return done;
      }
      pieces.nextResponse();
      const response = await exchange(request);
      if (response.tag === 'answered') pieces.decoded(response.whole?.bytes ?? response.body.length);
      // Delays are read after each response, not at the end: computations after the last response (such as a hash of a
      // whole zip) delay no hop.
      loopDelayMsMax = Math.max(loopDelayMsMax, input.loopDelayMsMax(started.monotonicMs));
      // The sum is needed only after a transfer timeout. It is not computed otherwise, because its computation scans
      // all recorded delays.
      const isCut = response.tag === 'failed' && response.failure.kind === 'timeout_transfer';
      if (isCut) loopDelayMsSum = input.loopDelayMsSum?.(started.monotonicMs);
      if (response.tag === 'answered' && response.status !== 200)
        errorLine = mask.hidesBodies ? null : firstLineOf(response.body, mask.text);
      return response;
    });
    if (verdict.outcome.tag === 'ok') errorLine = null;
  } catch (thrown) {
    errorLine = firstLineOf(Buffer.from(`defect: ${String(thrown)}`), mask.text);
  } finally {
    line.close();
  }
  return {
    probeId: due.probeId,
    startedAtMs: started.wallMs,
    startedMonotonicMs: started.monotonicMs,
    hops,
    verdict,
    errorLine,
    loopDelayMsMax,
    ...(loopDelayMsSum === undefined ? {} : { loopDelayMsSum }),
    worker: input.worker,
  };
}

async function drive(
  conversation: Conversation,
  timed: Timed,
  exchange: (request: ProbeRequest) => Promise<ProbeResponse>,
): Promise<Verdict> {
  let turn = timed(() => conversation.next());
  for (let count = 0; !turn.done; ) {
    if (count >= limits.requestsPerProbe) throw new Error('a conversation sent too many requests');
    // Requests with `work` (local computations) are not counted, because the received bytes limit their number.
    if (turn.value.work === undefined) count++;
    const response = await exchange(turn.value);
    turn = timed(() => conversation.next(response));
  }
  return turn.value;
}

function createExchange(
  { due, line, clock, pieces: { timed } }: ConverseInput,
  hops: Hop[],
): (request: ProbeRequest) => Promise<ProbeResponse> {
  const { timeoutMs, idleMs } = due;
  const asideMsMax = limits.asideTimeouts * timeoutMs;
  let timedSpentMs = 0;
  let asideSpentMs = 0;
  let lastWasTimed: boolean | null = null;
  return async (request) => {
    const isTimed = request.aside !== true;
    // The time between two timed requests, or between two aside (preliminary) requests, belongs to the first phase of
    // the later hop.
    const startMs = isTimed === lastWasTimed ? (hops.at(-1)?.marks.end ?? null) : null;
    const fromMs = startMs ?? clock.monotonicMs();
    const asideLeftMs = Math.max(0, asideMsMax - asideSpentMs);
    const [leftMs, limitMs] = isTimed
      ? [timeoutMs - timedSpentMs, timeoutMs]
      : asideLeftMs < timeoutMs
        ? [asideLeftMs, asideMsMax]
        : [timeoutMs, timeoutMs];
    const idle = isTimed && idleMs !== undefined ? { idleMs } : {};
    const budget: RequestBudget = { startMs, deadlineMs: fromMs + leftMs, limitMs, ...idle };
    const followed = await follow(request, line, budget, timed);
    hops.push(...followed.hops);
    const spentMs = (followed.hops.at(-1)?.marks.end ?? fromMs) - (followed.hops[0]?.marks.start ?? fromMs);
    if (isTimed) timedSpentMs += spentMs;
    else asideSpentMs += spentMs;
    lastWasTimed = isTimed;
    return followed.response;
  };
}

/** The time limit of one request. */
type RequestBudget = Pick<HopRequest, 'startMs' | 'deadlineMs' | 'limitMs' | 'idleMs'>;

interface Followed {
  readonly hops: readonly Hop[];
  readonly response: ProbeResponse;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Executes one request and follows redirects: at most `limits.redirects`, never from https to http, never in a circle.
 * The time of each hop starts at the end of the previous one. Redirect targets count as foreign URLs, so their
 * addresses are checked.
 */
async function follow(request: ProbeRequest, line: Line, budget: RequestBudget, timed: Timed): Promise<Followed> {
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
  return reasonOf(fault, { hops, limitBytes: request.bodyBytesMax, limitMs: budget.limitMs, family: hop.family });
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
