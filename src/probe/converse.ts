import { firstLineOf } from '../core/body.ts';
import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type {
  Clock,
  Conversation,
  KnownMask,
  Line,
  ProbeContext,
  Prober,
  SignatureChecker,
  Timed,
} from '../core/ports.ts';
import type { Hop, ProbeRequest, ProbeResponse, Transcript, Verdict } from '../core/transcript.ts';
import { follow, type RequestBudget } from './follow.ts';

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
  readonly loopDelayMsSum?: (fromMs: number) => number;
  /** Runs a computation on a response, and charges its processor time to the mirror. */
  readonly timed?: Timed;
  /** Called before each request. Later computations are charged to the response to that request. */
  readonly nextResponse?: () => void;
  /** Called with the length of each response's body. */
  readonly decoded?: (bodyBytes: number) => void;
  readonly nextTurn: () => Promise<void>;
}

const done: ProbeResponse = { tag: 'answered', status: 200, headers: {}, body: new Uint8Array(0), finalUrl: '' };
const untimed: Timed = (compute) => compute();
const noWorker: ProbeResponse = { tag: 'unknown', because: 'local', code: 'ENOENT' };
const defect: Verdict = { outcome: { tag: 'unknown', because: 'defect' }, facts: {} };

/**
 * Runs one conversation (the requests of one probe) over a line (their connection). Timed requests together have the
 * timeout `due.timeoutMs`; aside (preliminary) requests have their own. Never rejects: a defect ends as
 * `unknown('defect')`.
 */
export async function converse(input: ConverseInput): Promise<Transcript> {
  const { due, context, line, mask, clock, timed = untimed } = input;
  const started = clock.now();
  const hops: Hop[] = [];
  let errorLine: string | null = null;
  let loopDelayMsMax = 0;
  let loopDelayMsSum: number | undefined;
  let verdict: Verdict = defect;
  try {
    const conversation = input.prober.probe(due.target, context);
    const exchange = createExchange(input, hops);
    verdict = await drive(conversation, timed, async (request) => {
      if (request.check !== undefined) return (await input.signatures?.check(request.check)) ?? noWorker;
      if (request.work !== undefined) {
        await request.work();
        await input.nextTurn();
        return done;
      }
      input.nextResponse?.();
      const response = await exchange(request);
      if (response.tag === 'answered') input.decoded?.(response.whole?.bytes ?? response.body.length);
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
  { due, line, clock, timed = untimed }: ConverseInput,
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
