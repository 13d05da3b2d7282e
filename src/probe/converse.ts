import { firstLineOf } from '../core/body.ts';
import type { Due } from '../core/due.ts';
import { limits } from '../core/limits.ts';
import type { Clock, Conversation, Line, ProbeContext, Prober, SignatureChecker, Timed } from '../core/ports.ts';
import type { Answer, Ask, Hop, Transcript, Verdict } from '../core/transcript.ts';
import { type AskBudget, follow } from './follow.ts';

export interface ConverseInput {
  readonly due: Due;
  readonly prober: Prober;
  readonly context: ProbeContext;
  /** Closed when the conversation ends. */
  readonly line: Line;
  readonly clock: Clock;
  /** Absent: every verification ends as `unknown`. */
  readonly signatures?: SignatureChecker;
  readonly worker: number;
  /** The worst event-loop delay since a monotonic instant, milliseconds. */
  readonly loopDelayMsMax: (fromMs: number) => number;
  readonly loopDelayMsSum?: (fromMs: number) => number;
  /** Charges computations on responses to the mirror. */
  readonly timed?: Timed;
  /** Called before each request: later computations belong to its response. */
  readonly nextAnswer?: () => void;
  /** Called with the length of each response's body. */
  readonly decoded?: (bodyBytes: number) => void;
  readonly nextTurn: () => Promise<void>;
}

const done: Answer = { tag: 'answered', status: 200, headers: {}, body: new Uint8Array(0), finalUrl: '' };
const untimed: Timed = (compute) => compute();
const nobody: Answer = { tag: 'unknown', because: 'local', code: 'ENOENT' };
const defect: Verdict = { outcome: { tag: 'unknown', because: 'defect' }, facts: {} };

/**
 * Runs one conversation over a line. Timed requests share the due's timeout; asides (preliminary requests) have
 * deadlines of their own. Never rejects: a defect ends as `unknown('defect')`.
 */
export async function converse(input: ConverseInput): Promise<Transcript> {
  const { due, context, line, clock, timed = untimed } = input;
  const started = clock.now();
  const hops: Hop[] = [];
  let errorLine: string | null = null;
  let loopDelayMsMax = 0;
  let loopDelayMsSum: number | undefined;
  let verdict: Verdict = defect;
  try {
    const conversation = input.prober.probe(due.target, context);
    const exchange = createExchange(input, hops);
    verdict = await drive(conversation, timed, async (ask) => {
      if (ask.check !== undefined) return (await input.signatures?.check(ask.check)) ?? nobody;
      if (ask.work !== undefined) {
        await ask.work();
        await input.nextTurn();
        return done;
      }
      input.nextAnswer?.();
      const answer = await exchange(ask);
      if (answer.tag === 'answered') input.decoded?.(answer.whole?.bytes ?? answer.body.length);
      // Computations after the last response (a hash over a whole zip) delay no hop.
      loopDelayMsMax = Math.max(loopDelayMsMax, input.loopDelayMsMax(started.monotonicMs));
      // Scanning all ticks is only worth it where the sum decides.
      const isCut = answer.tag === 'failed' && answer.failure.kind === 'timeout_transfer';
      if (isCut) loopDelayMsSum = input.loopDelayMsSum?.(started.monotonicMs);
      if (answer.tag === 'answered' && answer.status !== 200) errorLine = firstLineOf(answer.body);
      return answer;
    });
    if (verdict.outcome.tag === 'ok') errorLine = null;
  } catch (thrown) {
    errorLine = firstLineOf(Buffer.from(`defect: ${String(thrown)}`));
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
  exchange: (ask: Ask) => Promise<Answer>,
): Promise<Verdict> {
  let turn = timed(() => conversation.next());
  for (let asks = 0; !turn.done; ) {
    if (asks >= limits.asksPerProbe) throw new Error('a conversation sent too many requests');
    // Work is bounded by the received bytes.
    if (turn.value.work === undefined) asks++;
    const answer = await exchange(turn.value);
    turn = timed(() => conversation.next(answer));
  }
  return turn.value;
}

function createExchange(
  { due, line, clock, timed = untimed }: ConverseInput,
  hops: Hop[],
): (ask: Ask) => Promise<Answer> {
  const { timeoutMs } = due;
  const asideMsMax = limits.asideTimeouts * timeoutMs;
  let timedSpentMs = 0;
  let asideSpentMs = 0;
  let lastWasTimed: boolean | null = null;
  return async (ask) => {
    const isTimed = ask.aside !== true;
    // The time between two timed requests, or between two asides, belongs to the first phase of the later hop.
    const startMs = isTimed === lastWasTimed ? (hops.at(-1)?.marks.end ?? null) : null;
    const fromMs = startMs ?? clock.monotonicMs();
    const asideLeftMs = Math.max(0, asideMsMax - asideSpentMs);
    const [leftMs, limitMs] = isTimed
      ? [timeoutMs - timedSpentMs, timeoutMs]
      : asideLeftMs < timeoutMs
        ? [asideLeftMs, asideMsMax]
        : [timeoutMs, timeoutMs];
    const budget: AskBudget = { startMs, deadlineMs: fromMs + leftMs, limitMs };
    const followed = await follow(ask, line, budget, timed);
    hops.push(...followed.hops);
    const spentMs = (followed.hops.at(-1)?.marks.end ?? fromMs) - (followed.hops[0]?.marks.start ?? fromMs);
    if (isTimed) timedSpentMs += spentMs;
    else asideSpentMs += spentMs;
    lastWasTimed = isTimed;
    return followed.answer;
  };
}
