import { describe, expect, test } from 'vitest';
import { becauses, type Phase, phases, reasons } from '../../src/core/failure.ts';
import { limits } from '../../src/core/limits.ts';
import type { Step } from '../../src/core/mirror.ts';
import type { HopRequest, Probed } from '../../src/core/ports.ts';
import { probe } from '../../src/ecosystems/go/conversation.ts';
import { converse } from '../../src/probe/converse.ts';
import { measure } from '../../src/probe/measure.ts';
import { makeSumdb } from '../support/sumdb.ts';
import { moduleAnswers, syntheticModules } from '../support/synthetic-modules.ts';
import { createFakeLine, createManualClock, type FakeAnswer } from '../unit/probe/fake-line.ts';
import { dueFor, pinned } from './end-to-end.ts';

const sumdb = makeSumdb('sum.example.com', syntheticModules);
const answers = new Map([...moduleAnswers(syntheticModules), ...sumdb.answers]);

/** Each step as configured, `latest` too: then what it stands for is asked aside. */
const talks: readonly (readonly [string, Step, string | null])[] = [
  ['list', 'list', null],
  ['latest', 'latest', null],
  ['info', 'info', 'v1.0.0'],
  ['info of latest', 'info', 'latest'],
  ['mod', 'mod', 'v1.0.0'],
  ['mod of latest', 'mod', 'latest'],
  ['zip', 'zip', 'v1.0.0'],
  ['zip of latest', 'zip', 'latest'],
  ['sumdb', 'sumdb', null],
];

function truth({ url }: HopRequest): FakeAnswer {
  const path = decodeURI(new URL(url).pathname).replace('/goproxy', '');
  const answer = answers.get(path);
  return answer === undefined
    ? { status: 404, body: 'not found' }
    : { status: answer.status, headers: answer.headers ?? {}, body: answer.body };
}

/** Every code of the table from code and phase to reason, at each phase; and codes that it does not know. */
const codes =
  'ENOTFOUND ENODATA EAI_AGAIN ESERVFAIL EREFUSED MW_DEADLINE ETIMEDOUT ECONNREFUSED EHOSTUNREACH ENETUNREACH MW_STALE ECONNRESET EPIPE MW_CLOSED CERT_HAS_EXPIRED ERR_TLS_CERT_ALTNAME_INVALID DEPTH_ZERO_SELF_SIGNED_CERT MW_PIN ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED EPROTO MW_BAD_HEAD MW_BAD_CHUNK Z_DATA_ERROR MW_BODY_LONGER Z_BUF_ERROR MW_HEAD_TOO_LARGE MW_BODY_TOO_LARGE MW_FORBIDDEN_TARGET MW_PROXY_STATUS EMFILE ABORT_ERR MW_DEFECT A_CODE_NOBODY_KNOWS'.split(
    ' ',
  );
const wireFaults: readonly (readonly [string, FakeAnswer])[] = codes.flatMap((code) =>
  phases.map((phase: Phase) => [`${code} in ${phase}`, { fault: { code, phase } }] as const),
);
const statuses = [
  200, 204, 206, 301, 302, 304, 400, 401, 403, 404, 407, 410, 418, 429, 451, 500, 502, 503, 504, 511, 599,
];
const httpFaults: readonly (readonly [string, FakeAnswer])[] = [
  ...statuses.map((status) => [`status ${status}`, { status, body: 'no' }] as const),
  ['HTML', { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>log in</title>' }],
  ['nothing', { body: '' }],
  ['zeros', { body: new Uint8Array(4_096) }],
  ['bytes that are no text', { body: Uint8Array.from({ length: 512 }, (_, n) => (n * 37) % 256) }],
  ['a very long line', { body: 'v'.repeat(100_000) }],
  ['JSON of another shape', { body: '{"Version":7,"Time":[]}' }],
  ['JSON without end', { body: '['.repeat(20_000) }],
  ['masked upstream', { status: 404, body: 'not found: bad upstream' }],
  ['a redirect to itself', { status: 302, headers: { location: '' } }],
  ['a redirect to nonsense', { status: 302, headers: { location: 'https://[' } }],
  ['a redirect down', { status: 302, headers: { location: 'http://mirror.example.com/x' } }],
  ['429 for ever', { status: 429, headers: { 'retry-after': '999999999999' } }],
  ['a zip that is none', { body: Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(600, 80)]) }],
  ['a late answer', { tookMs: 60_000, body: 'x' }],
];
const faults = [...wireFaults, ...httpFaults];

async function run(
  step: Step,
  version: string | null,
  answer: (request: HopRequest, count: number) => FakeAnswer,
): Promise<Probed & { asked: number; closed: number }> {
  const clock = createManualClock();
  const line = createFakeLine(clock, answer);
  const plain = dueFor(step, 10_000);
  const due = { ...plain, target: { ...plain.target, version } };
  const context = {
    baseUrl: 'https://mirror.example.com/goproxy',
    pinned,
    own: {
      sumdb: { name: sumdb.name, verifierKey: sumdb.verifierKey },
      lookup: { module: 'example.com/hello', version: 'v1.0.0' },
    },
    nowWallMs: clock.wallMs(),
  };
  const transcript = await converse({
    due,
    prober: { probe },
    context,
    line,
    mask: { text: (text) => text, hidesBodies: false },
    clock,
    worker: 0,
    loopDelayMsMax: () => 0,
    nextTurn: () => Promise.resolve(),
  });
  const sample = measure(due, transcript);
  return { sample, transcript, asked: line.requests.length, closed: line.closed() };
}

/** What holds of every probe, however it ended. */
function check({ sample, transcript, asked, closed }: Awaited<ReturnType<typeof run>>, where: string): void {
  const { outcome } = sample;
  if (outcome.tag === 'failed') expect(reasons, where).toContain(outcome.failure.kind);
  if (outcome.tag === 'unknown') expect(becauses, where).toContain(outcome.because);
  expect(transcript.errorLine?.startsWith('defect'), where).not.toBe(true);
  expect(closed, where).toBe(1);
  expect(transcript.hops.length, where).toBe(asked);
  expect(asked, where).toBeLessThanOrEqual(limits.requestsPerProbe + limits.redirects + 1);
  const sum = Object.values(sample.phases).reduce((total, ms) => total + ms, 0);
  expect(Math.abs(sum - (sample.rttMs ?? 0)), where).toBeLessThan(1e-6);
  expect(JSON.parse(JSON.stringify({ sample, transcript })), where).toEqual({ sample, transcript });
}

describe('every fault at every ask of every step, once and from then on', () => {
  test.each(talks)('%s', async (_, step, version) => {
    const well = await run(step, version, truth);
    expect(well.sample.outcome).toEqual({ tag: 'ok' });
    check(well, 'well');
    let runs = 0;
    for (let at = 1; at <= well.asked; at += 1)
      for (const [name, fault] of faults)
        for (const goesOn of [false, true]) {
          const strike = (request: HopRequest, count: number): FakeAnswer =>
            count === at || (goesOn && count > at) ? fault : truth(request);
          check(await run(step, version, strike), `${name} at ask ${at}${goesOn ? ' and on' : ''}`);
          runs += 1;
        }
    expect(runs).toBe(well.asked * faults.length * 2);
  });

  test.each(['info', 'mod', 'zip', 'list', 'latest'] as const)(
    'a wire fault of the one timed ask of %s ends the probe as the table says',
    async (step) => {
      const version = step === 'list' || step === 'latest' ? null : 'v1.0.0';
      const ends = async (code: string, phase: Phase): Promise<string> => {
        const { sample } = await run(step, version, () => ({ fault: { code, phase, resolvesOthers: true } }));
        const { outcome } = sample;
        return outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag === 'unknown' ? outcome.because : 'ok';
      };
      expect(await ends('ENOTFOUND', 'resolve')).toBe('resolve_not_found');
      expect(await ends('ECONNREFUSED', 'connect')).toBe('refused');
      for (const phase of phases) expect(await ends('MW_DEADLINE', phase)).toBe(`timeout_${phase}`);
      expect(await ends('ECONNRESET', 'processing')).toBe('reset');
      expect(await ends('ECONNRESET', 'transfer')).toBe('cut');
      expect(await ends('MW_PROXY_STATUS', 'connect')).toBe('proxy');
      expect(await ends('EMFILE', 'connect')).toBe('local');
      expect(await ends('A_CODE_NOBODY_KNOWS', 'connect')).toBe('defect');
    },
  );
});
