import { createHash } from 'node:crypto';
import { limits } from '../../../src/core/limits.ts';
import type { Step, Target } from '../../../src/core/mirror.ts';
import type { Facts, ProbeRequest, ProbeResponse, Verdict } from '../../../src/core/transcript.ts';
import type { GoContext, GoOwn } from '../../../src/ecosystems/go/context.ts';
import { sampleTarget } from '../../support/sample-target.ts';

/** A target of a mirror named `mirror`. */
export function targetOf(step: Step, module: string | null = null, version: string | null = null): Target {
  return sampleTarget({ registry: 'mirror', module, version, step });
}

/** A context of a Go mirror with nothing known. */
export function contextOf(more: Partial<Omit<GoContext, 'own'> & GoOwn> = {}): GoContext {
  const { sumdb = null, lookup, treeHead, unknown, ...rest } = more;
  return {
    baseUrl: 'https://mirror.example.com/goproxy',
    pinned: {},
    own: {
      sumdb,
      ...(lookup === undefined ? {} : { lookup }),
      ...(unknown === undefined ? {} : { unknown }),
      ...(treeHead === undefined ? {} : { treeHead }),
    },
    nowWallMs: 1_700_000_000_000,
    ...rest,
  };
}

/** An answer with a head. */
export function answered(
  status: number,
  body: string | Uint8Array = '',
  headers: Readonly<Record<string, string>> = {},
): ProbeResponse {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { tag: 'answered', status, headers, body: bytes, finalUrl: 'https://mirror.example.com/' };
}

/** Holds a conversation with a function and gives what was asked and how it ended; the bytes that were seen apart. */
export function talk(
  conversation: Generator<ProbeRequest, Verdict, ProbeResponse>,
  answer: (ask: ProbeRequest, count: number) => ProbeResponse,
): { readonly asks: readonly ProbeRequest[]; readonly verdict: Verdict; readonly seen: Facts['seen'] | null } {
  const asks: ProbeRequest[] = [];
  let turn = conversation.next();
  while (!turn.done) {
    asks.push(turn.value);
    turn = conversation.next(answer(turn.value, asks.length));
  }
  const { seen = null, ...facts } = turn.value.facts;
  return { asks, verdict: { ...turn.value, facts }, seen };
}

/** Answers by URL; one that is not listed is an unexpected ask and throws. Rests between slices of work pass. */
export function byUrl(answers: Readonly<Record<string, ProbeResponse>>): (ask: ProbeRequest) => ProbeResponse {
  return (ask) => {
    if (ask.work !== undefined) return answered(200);
    const answer = answers[ask.url];
    if (answer === undefined) throw new Error(`unexpected ask: ${ask.url}`);
    return answer;
  };
}

/** The fact `begins` of a body. `bytes`: the length that is known of the whole artifact. */
export function beginsAs(body: Uint8Array, bytes: number | null): Pick<Facts, 'begins'> {
  const digest = createHash('sha256').update(body.subarray(0, limits.peekBytes)).digest('hex');
  return { begins: { digest, bytes } };
}
