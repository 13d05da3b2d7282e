import { describe, expect, test } from 'vitest';
import type { Due } from '../../../src/core/due.ts';
import { limits } from '../../../src/core/limits.ts';
import type { Conversation, Prober } from '../../../src/core/ports.ts';
import type { ProbeRequest, ProbeResponse, Transcript, Verdict } from '../../../src/core/transcript.ts';
import { createPieces } from '../../../src/io/pieces.ts';
import { converse } from '../../../src/probe/converse.ts';
import { wrongContent } from '../../../src/words/tell.ts';
import { contextOf, targetOf } from '../ecosystems/talk.ts';
import { createFakeLine, createManualClock, type FakeAnswer, type FakeLine } from './fake-line.ts';

const base = 'https://mirror.example.com';
const nextTurn = () => Promise.resolve();
const mask = { text: (text: string) => text, hidesBodies: false };
const due: Due = {
  probeId: 'p1',
  target: targetOf('mod', 'example.com/a', 'v1.0.0'),
  connection: 'cold',
  purpose: 'scheduled',
  timeoutMs: 1_000,
  plannedAtMs: 4_990,
  round: null,
};

/** Asks these, one after the other, and ends with the first answer that is none. */
function* asking(asks: readonly ProbeRequest[], seen: ProbeResponse[] = []): Conversation {
  for (const ask of asks) {
    const answer = yield ask;
    seen.push(answer);
    if (answer.tag === 'unknown') return { outcome: { tag: 'unknown', because: answer.because }, facts: {} };
    if (answer.tag === 'failed') return { outcome: answer, facts: {} };
  }
  return { outcome: { tag: 'ok' }, facts: {} };
}

type Held = { readonly transcript: Transcript; readonly line: FakeLine; readonly seen: readonly ProbeResponse[] };

/** What a conversation over this line gets; nothing delays it. */
const partsOf = (line: FakeLine, clock: ReturnType<typeof createManualClock>, prober: Prober) => ({
  due,
  prober,
  context: contextOf(),
  line,
  mask,
  clock,
  worker: 1,
  loopDelayMsMax: () => 0,
  pieces: createPieces(),
  nextTurn,
});

async function hold(
  asks: readonly ProbeRequest[] | (() => Conversation),
  answer: (url: string, count: number) => FakeAnswer = () => ({}),
  loopDelayMsMax: (fromMs: number) => number = () => 0,
  masked = mask,
): Promise<Held> {
  const clock = createManualClock();
  const seen: ProbeResponse[] = [];
  const line = createFakeLine(clock, ({ url }, count) => answer(url, count));
  const prober: Prober = { probe: typeof asks === 'function' ? asks : () => asking(asks, seen) };
  const transcript = await converse({ ...partsOf(line, clock, prober), mask: masked, loopDelayMsMax });
  return { transcript, line, seen };
}

const ask = (path: string, more: Partial<ProbeRequest> = {}): ProbeRequest => ({
  url: `${base}${path}`,
  bodyBytesMax: 100,
  ...more,
});

test.each([
  ['transfer', 900],
  ['processing', undefined],
] as const)('a timeout of %s: the sum of our delays is %s', async (phase, sum) => {
  const clock = createManualClock();
  const line = createFakeLine(clock, () => ({ fault: { code: 'MW_DEADLINE', phase } }));
  const delays = { loopDelayMsMax: () => 300, loopDelayMsSum: () => 900 };
  const prober: Prober = { probe: () => asking([ask('')], []) };
  const told = await converse({ ...partsOf(line, clock, prober), ...delays });
  expect(told.verdict.outcome).toEqual({ tag: 'failed', failure: { kind: `timeout_${phase}`, limitMs: 1_000 } });
  expect([told.loopDelayMsMax, told.loopDelayMsSum]).toEqual([300, sum]);
});

describe('work', () => {
  test('is done before the conversation goes on, sends nothing, and counts as no ask', async () => {
    const clock = createManualClock();
    const line = createFakeLine(clock, () => ({}));
    const done: string[] = [];
    const work = async () => {
      await Promise.resolve();
      done.push('work');
    };
    const turn = async () => {
      done.push('turn');
    };
    const many = Array.from({ length: limits.requestsPerProbe + 1 }, () => ask('', { work }));
    const prober: Prober = { probe: () => asking(many) };
    const { hops, verdict } = await converse({ ...partsOf(line, clock, prober), nextTurn: turn });
    expect([verdict.outcome, hops, line.requests]).toEqual([{ tag: 'ok' }, [], []]);
    expect(done).toEqual(many.flatMap(() => ['work', 'turn']));
  });

  test('that breaks is a defect of ours', async () => {
    const work = () => Promise.reject(new Error('broken'));
    const { transcript } = await hold([ask('', { work })]);
    expect(transcript.verdict.outcome).toEqual({ tag: 'unknown', because: 'defect' });
  });
});

describe('a signature to be verified', () => {
  const check = { keyring: '/k.gpg', signed: Buffer.from('a file') };
  const checking = [ask('/file', { check })];

  test('is handed to who verifies, nothing is sent, and the answer comes back', async () => {
    const clock = createManualClock();
    const line = createFakeLine(clock, () => ({}));
    const seen: ProbeResponse[] = [];
    const checked: unknown[] = [];
    const body = Buffer.from('[GNUPG:] GOODSIG');
    const answer: ProbeResponse = { tag: 'answered', status: 200, headers: {}, body, finalUrl: '' };
    const signatures = {
      check: async (input: unknown) => {
        checked.push(input);
        return answer;
      },
    };
    const prober: Prober = { probe: () => asking(checking, seen) };
    const { hops, verdict } = await converse({ ...partsOf(line, clock, prober), signatures });
    expect([checked, seen, line.requests, hops]).toEqual([[check], [answer], [], []]);
    expect(verdict.outcome).toEqual({ tag: 'ok' });
  });

  test('without a verifier, that is the response', async () => {
    const { seen, line } = await hold(checking);
    expect(seen).toEqual([{ tag: 'unknown', because: 'local', code: 'ENOENT' }]);
    expect(line.requests).toEqual([]);
  });
});

describe('time', () => {
  test('timed asks share one deadline and touch; asides have their own', async () => {
    const asks = [ask('/aside', { aside: true }), ask('/1'), ask('/2'), ask('/after', { aside: true })];
    const { line, transcript } = await hold(asks, () => ({ tookMs: 100 }));
    expect(
      line.requests.map(({ aside, startMs, deadlineMs, limitMs }) => [aside, startMs, deadlineMs, limitMs]),
    ).toEqual([
      [true, null, 6_000, 1_000],
      [false, null, 6_100, 1_000],
      [false, 5_200, 6_100, 1_000],
      [true, null, 6_300, 1_000],
    ]);
    expect([transcript.startedAtMs, transcript.startedMonotonicMs]).toEqual([1_700_000_000_000, 5_000]);
    expect(transcript.hops.map((hop) => [hop.marks.start, hop.marks.end])).toEqual([
      [5_000, 5_100],
      [5_100, 5_200],
      [5_200, 5_300],
      [5_300, 5_400],
    ]);
  });

  test('an aside between timed asks costs them nothing', async () => {
    const { line } = await hold([ask('/1'), ask('/aside', { aside: true }), ask('/2')], () => ({ tookMs: 100 }));
    expect(line.requests.map(({ startMs, deadlineMs }) => [startMs, deadlineMs])).toEqual([
      [null, 6_000],
      [null, 6_100],
      [null, 6_100],
    ]);
  });

  test('asides in a row touch, so that they may share a connection, and each has a whole deadline', async () => {
    const { line } = await hold([ask('/1', { aside: true }), ask('/2', { aside: true })], () => ({ tookMs: 100 }));
    expect(line.requests.map(({ startMs, deadlineMs }) => [startMs, deadlineMs])).toEqual([
      [null, 6_000],
      [5_100, 6_100],
    ]);
  });

  test('asides together have two deadlines, wherever they stand, so that a probe ends', async () => {
    const aside = ask('/aside', { aside: true });
    const { line } = await hold([aside, aside, ask('/1'), aside, aside], () => ({ tookMs: 900 }));
    expect(line.requests.map(({ deadlineMs, limitMs }) => [deadlineMs, limitMs])).toEqual([
      [6_000, 1_000],
      [6_900, 1_000],
      [7_800, 1_000],
      [7_900, 2_000],
      [8_600, 2_000],
    ]);
  });

  test('redirects share the deadline of their ask', async () => {
    const { line } = await hold([ask('/a')], (url) =>
      url.endsWith('/a') ? { status: 302, headers: { location: '/b' }, tookMs: 300 } : {},
    );
    expect(line.requests.map(({ startMs, deadlineMs }) => [startMs, deadlineMs])).toEqual([
      [null, 6_000],
      [5_300, 6_000],
    ]);
  });

  test('the loop delay is read after each answer, from the start on; the worst counts, also if it is forgotten', async () => {
    const from: number[] = [];
    const delaysMs = [10, 30, 20];
    const delayOf = (fromMs: number): number => delaysMs[from.push(fromMs) - 1] ?? 0;
    const { transcript } = await hold([ask('/1'), ask('/2'), ask('/3')], undefined, delayOf);
    expect([from, transcript.loopDelayMsMax]).toEqual([[5_000, 5_000, 5_000], 30]);
  });
});

describe('redirects', () => {
  test('a response has the times for connecting and for responses, over all its hops', async () => {
    // Each hop of 40 ms: two quarters until it is connected.
    const { seen } = await hold([ask('/a')], (_, count) =>
      count === 1 ? { status: 302, headers: { location: '/b' } } : {},
    );
    expect(seen).toMatchObject([{ took: { connectMs: 40, answerMs: 40 } }]);
  });

  test.each([301, 302, 303, 307, 308])('%i is followed, its target foreign', async (status) => {
    const { line, transcript, seen } = await hold([ask('/a', { headers: { 'x-a': 'b' } })], (_, count) =>
      count === 1 ? { status, headers: { location: 'https://u:p@cdn.example.net/z?sig=1#f' } } : { body: 'z' },
    );
    expect(line.requests.map(({ url, foreign, headers }) => [url, foreign, headers])).toEqual([
      [`${base}/a`, false, { 'x-a': 'b' }],
      ['https://cdn.example.net/z?sig=1', true, { 'x-a': 'b' }],
    ]);
    expect(transcript.verdict.outcome).toEqual({ tag: 'ok' });
    expect(seen).toMatchObject([{ tag: 'answered', status: 200, finalUrl: 'https://cdn.example.net/z?sig=***' }]);
  });

  test.each<[string, (count: number) => FakeAnswer, number]>([
    ['to itself', () => ({ status: 302, headers: { location: '/a' } }), 1],
    ['in a circle', (count) => ({ status: 302, headers: { location: count % 2 === 1 ? '/b' : '/a' } }), 2],
    ['without end', (count) => ({ status: 302, headers: { location: `/${count}` } }), limits.redirects + 1],
    ['from https to http', () => ({ status: 302, headers: { location: 'http://mirror.example.com/b' } }), 1],
    ['to a file', () => ({ status: 302, headers: { location: 'file:///etc/passwd' } }), 1],
    ['to no URL', () => ({ status: 302, headers: { location: 'https://[' } }), 1],
  ])('%s: refused', async (_, answer, hops) => {
    const { transcript } = await hold([ask('/a')], (__, count) => answer(count));
    expect(transcript.verdict.outcome).toEqual({ tag: 'failed', failure: { kind: 'redirect', hops } });
    expect(transcript.hops).toHaveLength(hops);
  });

  test('as many as the go command follows', async () => {
    const { transcript } = await hold([ask('/a')], (_, count) =>
      count <= limits.redirects ? { status: 302, headers: { location: `/${count}` } } : {},
    );
    expect([transcript.verdict.outcome.tag, transcript.hops.length]).toEqual(['ok', limits.redirects + 1]);
  });

  test.each([300, 304, 305, 306])('%i is no redirect', async (status) => {
    const { seen } = await hold([ask('/a')], () => ({ status, headers: { location: '/b' } }));
    expect(seen).toMatchObject([{ tag: 'answered', status }]);
  });

  test('without a Location it is an answer like any other', async () => {
    const { seen } = await hold([ask('/a')], () => ({ status: 302 }));
    expect(seen).toMatchObject([{ tag: 'answered', status: 302 }]);
  });

  test('http may lead to http and to https', async () => {
    const { transcript } = await hold([{ url: 'http://mirror.example.com/a', bodyBytesMax: 1 }], (url) =>
      url.endsWith('/a')
        ? { status: 301, headers: { location: '/b' } }
        : url.endsWith('/b')
          ? { status: 301, headers: { location: 'https://b.example.com/' } }
          : {},
    );
    expect(transcript.hops.map((hop) => hop.url)).toEqual([
      'http://mirror.example.com/a',
      'http://mirror.example.com/b',
      'https://b.example.com/',
    ]);
  });
});

describe('faults', () => {
  const tooLarge = { code: 'MW_BODY_TOO_LARGE', phase: 'transfer', bytesRead: 100 } as const;
  const html = { 'content-type': 'text/html; charset=utf-8' };
  test.each<[string, FakeAnswer, Verdict['outcome']]>([
    [
      'a refusal',
      { fault: { code: 'ECONNREFUSED', phase: 'connect' } },
      { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } },
    ],
    [
      'a cut body',
      { status: 200, fault: { code: 'ECONNRESET', phase: 'transfer', bytesRead: 3 } },
      { tag: 'failed', failure: { kind: 'cut', phase: 'transfer', bytesRead: 3 } },
    ],
    [
      'our deadline',
      { fault: { code: 'MW_DEADLINE', phase: 'tls' } },
      { tag: 'failed', failure: { kind: 'timeout_tls', limitMs: 1_000 } },
    ],
    [
      'a body past its cap',
      { status: 200, fault: tooLarge },
      { tag: 'failed', failure: { kind: 'oversize', limitBytes: 100 } },
    ],
    [
      'a page past its cap',
      { status: 200, headers: html, fault: tooLarge },
      { tag: 'failed', failure: wrongContent('answer.noPage') },
    ],
    [
      'the forward proxy',
      { fault: { code: 'MW_PROXY_STATUS', phase: 'connect' } },
      { tag: 'failed', failure: { kind: 'proxy', code: 'MW_PROXY_STATUS' } },
    ],
    ['no status and no fault', { status: null }, { tag: 'unknown', because: 'defect' }],
    [
      'an inward redirect',
      { fault: { code: 'MW_FORBIDDEN_TARGET', phase: 'connect' } },
      { tag: 'failed', failure: { kind: 'forbidden_target', hops: 1 } },
    ],
  ])('%s', async (_, answer, outcome) => {
    const { transcript } = await hold([ask('/a')], () => answer);
    expect(transcript.verdict.outcome).toEqual(outcome);
  });

  test('an error page past its cap is judged by its status', async () => {
    const { seen } = await hold([ask('/a')], () => ({ status: 404, body: 'not found', fault: tooLarge }));
    expect(seen).toMatchObject([{ tag: 'answered', status: 404 }]);
  });
});

describe('the line of an error body', () => {
  const failing = (): Conversation => {
    return (function* (): Conversation {
      yield ask('/a');
      return { outcome: { tag: 'failed', failure: { kind: 'absent', status: 404 } }, facts: {} };
    })();
  };

  test.each([
    ['its first one', 'not found: bad upstream\nmore', 'not found: bad upstream'],
    ['without control characters', '\n\n a\u0007b\u202E \n', 'ab'],
    ['at most 200 characters', 'x'.repeat(300), 'x'.repeat(200)],
    ['none', '', null],
  ])('%s', async (_, body, line) => {
    const { transcript } = await hold(failing, () => ({ status: 404, body }));
    expect(transcript.errorLine).toBe(line);
  });

  test('is masked before it is cut, and none of a mirror with credentials', async () => {
    const body = `${'x'.repeat(195)}kzB4ear9QmS7xP93b and more`;
    const masked = { text: (text: string) => text.replaceAll('kzB4ear9QmS7xP93b', '***'), hidesBodies: false };
    const answer = () => ({ status: 404, body });
    expect((await hold(failing, answer, undefined, masked)).transcript.errorLine).toBe(`${'x'.repeat(195)}*** a`);
    const hidden = { ...masked, hidesBodies: true };
    expect((await hold(failing, answer, undefined, hidden)).transcript.errorLine).toBeNull();
  });

  test('is dropped where all ended well', async () => {
    const { transcript } = await hold([ask('/a')], () => ({ status: 404, body: 'not found' }));
    expect([transcript.verdict.outcome.tag, transcript.errorLine]).toEqual(['ok', null]);
  });
});

describe('defects are ours and never thrown', () => {
  test.each<[string, () => Conversation]>([
    [
      'before the first ask',
      () => {
        throw new Error('no luck');
      },
    ],
    [
      'after an answer',
      () =>
        (function* (): Conversation {
          yield ask('/a');
          throw new Error('no luck');
        })(),
    ],
  ])('%s', async (_, conversation) => {
    const { transcript, line } = await hold(conversation);
    expect(transcript.verdict).toEqual({ outcome: { tag: 'unknown', because: 'defect' }, facts: {} });
    expect(transcript.errorLine).toBe('defect: Error: no luck');
    expect(line.closed()).toBe(1);
  });

  test('a conversation without end', async () => {
    const { transcript, line } = await hold(() =>
      (function* (): Conversation {
        for (;;) yield ask('/a');
      })(),
    );
    expect(transcript.verdict.outcome).toEqual({ tag: 'unknown', because: 'defect' });
    expect(line.requests).toHaveLength(limits.requestsPerProbe);
  });

  test('a line that throws', async () => {
    const { transcript } = await hold([ask('/a')], () => {
      throw new Error('broken line');
    });
    expect(transcript.verdict.outcome).toEqual({ tag: 'unknown', because: 'defect' });
  });
});
