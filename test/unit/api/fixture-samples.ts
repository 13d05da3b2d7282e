import type { Outcome } from '../../../src/core/failure.ts';
import type { Step, Target } from '../../../src/core/mirror.ts';
import type { KeptProbe, PhaseTimes, SeriesNow, SettledSample } from '../../../src/core/sample.ts';
import type { Hop, TlsFacts, Transcript } from '../../../src/core/transcript.ts';
import { sampleTarget } from '../../support/sample-target.ts';
import { sampleDue, sampleOf, sampleTls } from '../../support/samples.ts';
import { nowMs } from './fixture-config.ts';

const module = 'example.com/net';
const version = 'v0.25.0';
const fine: Outcome = { tag: 'ok' };
const tls: TlsFacts = {
  ...sampleTls,
  issuer: 'Example CA R3',
  expiresAtMs: nowMs + 41 * 86_400_000,
  spkiSha256: 'r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=',
};

/** One target of the fixture. */
export function target(registry: string, step: Step, name: string | null = module): Target {
  return sampleTarget({ registry, module: name, version: name === null || step === 'list' ? null : version, step });
}

/** The phases of a cold answer that took so long, in shares that a far HTTPS server has. */
export function phasesFor(rttMs: number): PhaseTimes {
  return {
    resolve: rttMs * 0.06,
    connect: rttMs * 0.2,
    tls: rttMs * 0.38,
    processing: rttMs * 0.31,
    transfer: rttMs * 0.05,
  };
}

export interface SampleIn {
  readonly of: Target;
  /** Place among the samples of its series, from 0: a sample every 30 s, the last one now. */
  readonly back: number;
  readonly rttMs: number | null;
  readonly outcome?: Outcome;
  readonly thresholdMs?: number | null;
  readonly cold?: boolean;
}

export function sample({ of, back, rttMs, outcome = fine, thresholdMs = 800, cold = false }: SampleIn): SettledSample {
  const startedAtMs = nowMs - 4_000 - back * 30_000;
  return {
    ...sampleOf(sampleDue(of, { probeId: `p-${of.registry}-${of.step}-${back}` })),
    startedAtMs,
    startedMonotonicMs: 5_000_000 - back * 30_000,
    endedMonotonicMs: 5_000_000 - back * 30_000 + (rttMs ?? 0),
    outcome,
    rttMs,
    phases: rttMs === null ? {} : outcome.tag === 'ok' ? phasesFor(rttMs) : { resolve: 12, connect: rttMs - 12 },
    bytes: outcome.tag === 'ok' ? 1_482 : 0,
    wireBytes: outcome.tag === 'ok' ? 1_482 : 0,
    status: outcome.tag === 'ok' ? 200 : null,
    finalUrl: `https://${of.registry}.example.com/${module}/@v/${version}.mod`,
    remoteAddress: '203.0.113.7',
    tls: outcome.tag === 'ok' ? tls : null,
    ...(outcome.tag === 'ok' ? { protocol: '2' } : {}),
    cache: 'hit',
    facts:
      outcome.tag === 'ok' && of.step === 'mod'
        ? {
            verified: { algorithm: 'h1', digest: 'h1:Yn4cTOSLGKMvVYPxHSbjTMB1YTVzVSZ2nvDOZQeXyuc=', against: 'pinned' },
          }
        : {},
    loopDelayMsMax: 1.2,
    cold,
    thresholdMs,
    baselineMs: thresholdMs === null ? null : thresholdMs / 2.5,
  };
}

/** A repeatable wobble in [-1, 1]. */
function wobble(i: number): number {
  return Math.sin(i * 12.9898) * 0.6 + Math.sin(i * 4.1414) * 0.4;
}

const timeout: Outcome = { tag: 'failed', failure: { kind: 'timeout_connect', limitMs: 10_000 } };
const refused: Outcome = { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } };
const dirty: Outcome = { tag: 'unknown', because: 'contaminated' };

function stories(registry: string, step: Step): readonly SettledSample[] {
  const of = target(registry, step, step === 'sumdb' ? null : module);
  const scale = { mod: 1, info: 0.9, list: 1.6, zip: 9, latest: 1.1, sumdb: 1.4 }[step as 'mod'] ?? 1;
  return Array.from({ length: 60 }, (_, i) => {
    const back = 59 - i;
    const around = (ms: number, share: number): number => ms * scale * (1 + wobble(i) * share);
    if (registry === 'coast') {
      if (i === 21) return sample({ of, back, rttMs: 700, outcome: dirty });
      const thresholdMs = step === 'zip' ? null : 800;
      return sample({
        of,
        back,
        thresholdMs,
        rttMs: i >= 53 ? around(1_160, 0.12) : i === 30 ? 905 : around(205, 0.22),
      });
    }
    if (registry === 'inland') {
      if (i === 12) return sample({ of, back, rttMs: 1_900, cold: true });
      return sample({ of, back, rttMs: around(318, 0.16) });
    }
    if (registry === 'campus') {
      if (i >= 52) return sample({ of, back, rttMs: i % 2 ? 30 : 10_000, outcome: i % 2 ? refused : timeout });
      return sample({ of, back, rttMs: around(96, 0.3) });
    }
    return sample({ of, back, rttMs: null, outcome: { tag: 'unknown', because: 'vantage' }, thresholdMs: null });
  });
}

function quantile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? null;
}

/** Its samples whole, for probes are made from them. */
interface FixtureSeries extends SeriesNow {
  readonly recent: readonly SettledSample[];
}

function seriesFrom(recent: readonly SettledSample[]): FixtureSeries[] {
  const first = recent[0];
  if (first === undefined) return [];
  const okOnes = recent.filter(({ outcome, cold }) => outcome.tag === 'ok' && !cold);
  const rtts = okOnes.flatMap(({ rttMs }) => rttMs ?? []).toSorted((a, b) => a - b);
  const p50Ms = quantile(rtts, 0.5);
  return [
    {
      target: first.due.target,
      connection: 'cold',
      p50Ms,
      p95Ms: quantile(rtts, 0.95),
      last: recent.at(-1) ?? null,
      lastOkAtMs: okOnes.at(-1)?.startedAtMs ?? null,
      phases: p50Ms === null ? {} : phasesFor(p50Ms),
      ...recentOf(recent),
    },
  ];
}

/** What a series tells of its last samples, the newest last. */
export function recentOf(recent: readonly SettledSample[]) {
  return {
    recent,
    lastBy: (wallMs: number) => recent.findLast(({ startedAtMs }) => startedAtMs <= wallMs)?.startedAtMs ?? null,
  };
}

/** Newest last: an hour and a half of each series would be here; half an hour is. */
export const fixtureSeries: readonly FixtureSeries[] = (
  [
    ['coast', ['mod', 'info', 'list', 'zip', 'sumdb']],
    ['inland', ['mod', 'info', 'list', 'zip']],
    ['campus', ['mod', 'info']],
    ['go-origin', ['mod']],
  ] as const
).flatMap(([registry, names]) => names.flatMap((step) => seriesFrom(stories(registry, step))));

export const baselines: ReadonlyMap<string, { baselineMs: number | null; thresholdMs: number | null; streak: number }> =
  new Map(
    fixtureSeries.flatMap(({ target: { id, registry, step } }) =>
      step === 'zip' || registry === 'go-origin'
        ? []
        : [[`${id}|cold`, { baselineMs: 205, thresholdMs: 800, streak: registry === 'coast' ? 7 : 0 }] as const],
    ),
  );

function hop(of: SettledSample, more: Partial<Hop> = {}): Hop {
  const start = of.startedMonotonicMs;
  const { resolve = 0, connect = 0, tls: secure = 0, processing = 0, transfer = 0 } = of.phases;
  const failed = of.outcome.tag === 'failed';
  return {
    url: of.finalUrl ?? '',
    aside: false,
    marks: failed
      ? { start, resolved: start + resolve, end: start + (of.rttMs ?? 0) }
      : {
          start,
          resolved: start + resolve,
          connected: start + resolve + connect,
          secured: start + resolve + connect + secure,
          firstByte: start + resolve + connect + secure + processing,
          end: start + resolve + connect + secure + processing + transfer,
        },
    reused: false,
    remoteAddress: of.remoteAddress,
    remotePort: 443,
    family: 4,
    proxy: null,
    tls: failed ? null : tls,
    requestHeaders: { 'user-agent': 'mirrorwatch/0.1.0 (+ops@example.com)', accept: '*/*', 'accept-encoding': 'gzip' },
    status: failed ? null : 200,
    responseHeaders: failed
      ? {}
      : {
          'content-type': 'text/plain; charset=UTF-8',
          'cache-control': 'public, max-age=604800',
          'x-cache': 'HIT from edge-3',
          'set-cookie': 'session=abc; Path=/',
          date: 'Wed, 04 Mar 2026 08:15:26 GMT',
        },
    bodyBytes: failed ? 0 : 1_482,
    fault: !failed
      ? null
      : (of.rttMs ?? 0) < 1_000
        ? { code: 'ECONNREFUSED', phase: 'connect', text: 'connection refused', bytesRead: 0 }
        : { code: 'MW_DEADLINE', phase: 'connect', text: 'connection timeout', bytesRead: 0, limitMs: 10_000 },
    ...more,
  };
}

/** What a probe of `latest` asks first, done before the timed hops begin. */
function aside(of: SettledSample): Hop {
  const start = of.startedMonotonicMs - 900;
  return hop(of, {
    aside: true,
    url: `https://${of.due.target.registry}.example.com/${module}/@latest`,
    marks: {
      start,
      resolved: start + 60,
      connected: start + 200,
      secured: start + 420,
      firstByte: start + 860,
      end: start + 890,
    },
  });
}

function transcriptOf(of: SettledSample): Transcript {
  const start = of.startedMonotonicMs;
  const redirected = of.due.target.step === 'zip';
  const first = hop(of, {
    url: `https://robot:pw@${of.due.target.registry}.example.com/${module}/@v/${version}.zip?sig=abc`,
    status: 302,
    marks: {
      start,
      resolved: start + 9,
      connected: start + 40,
      secured: start + 95,
      firstByte: start + 160,
      end: start + 161,
    },
    responseHeaders: { location: 'https://store.example.com/blob', 'content-length': '0' },
    bodyBytes: 0,
  });
  return {
    probeId: of.due.probeId,
    startedAtMs: of.startedAtMs,
    startedMonotonicMs: start,
    hops: redirected ? [aside(of), first, hop(of)] : [hop(of)],
    verdict: { outcome: of.outcome.tag === 'failed' ? of.outcome : { tag: 'ok' }, facts: of.facts },
    errorLine: of.outcome.tag === 'failed' ? 'upstream said <script>alert(1)</script>' : null,
    loopDelayMsMax: 1.2,
    worker: 0,
  };
}

/** The last five probes of each series and every failing one. */
export const fixtureProbes: readonly KeptProbe[] = fixtureSeries.flatMap(({ recent }) =>
  recent
    .filter((one, i) => i >= recent.length - 5 || one.outcome.tag === 'failed')
    .map((one) => ({ sample: one, transcript: one.outcome.tag === 'unknown' ? null : transcriptOf(one) })),
);
