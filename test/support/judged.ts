import { Advisor } from '../../src/advise/advisor.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { AdviceChange } from '../../src/core/advice.ts';
import type { Config } from '../../src/core/config.ts';
import type { Due } from '../../src/core/due.ts';
import type { Outcome } from '../../src/core/failure.ts';
import type { FindingChange } from '../../src/core/finding.ts';
import { isHeavy } from '../../src/core/mirror.ts';
import type { Now } from '../../src/core/ports.ts';
import type { Sample } from '../../src/core/sample.ts';
import { createDetector } from '../../src/detect/detector.ts';
import { createVirtualLoop, turnGapMs, type VirtualInput } from '../../src/features/replay/loop.ts';
import { createRandom } from '../../src/io/random.ts';
import { Heap } from '../../src/schedule/heap.ts';
import { createScheduler } from '../../src/schedule/scheduler.ts';
import { expandTargets } from '../../src/schedule/targets.ts';
import { createEvidenceBook } from '../../src/state/evidence.ts';
import { sampleOf as plainSample } from './samples.ts';

const startWallMs = Date.UTC(2026, 0, 1);

/** What a mirror answers: milliseconds of a good response, `null`: never, or a failure. */
export type Said = number | null | 'refused' | 'server' | 'cut';

/** A probe that was sent, and when. Milliseconds from the start. */
export type Sent = { readonly due: Due; readonly atMs: number };

export interface Judged {
  readonly config: Config;
  readonly sent: readonly Sent[];
  readonly advice: readonly { readonly atMs: number; readonly change: AdviceChange }[];
  readonly findings: readonly { readonly atMs: number; readonly change: FindingChange }[];
}

/**
 * Schedule, detect and advise of a configuration, connected as in the daemon, on virtual time.
 * @param says  the answer of a probe that is sent `atMs` after the start
 */
export function watch(input: {
  readonly text: string;
  readonly forMs: number;
  readonly says: (due: Due, atMs: number) => Said;
  readonly seed?: number;
  readonly bytes?: number;
}): Judged {
  const { says, forMs, seed = 1 } = input;
  const config = configOf(input.text);
  const random = createRandom(seed);
  const targets = expandTargets(config);
  const now = (atMs: number): Now => ({ wallMs: startWallMs + atMs, monotonicMs: atMs });
  const calendar = {
    nextAfter(): number {
      throw new Error('no cron here');
    },
  };
  const start = now(0);
  const declared = (ecosystem: string, upstream: string): string =>
    config.clients[ecosystem]?.reveal() ??
    config.mirrors.find((one) => one.ecosystem === ecosystem && one.upstream === upstream)?.url ??
    '';
  const ahead = new Heap<() => void>();
  const inbox: VirtualInput[] = [];
  const sent: Sent[] = [];
  const advice: { readonly atMs: number; readonly change: AdviceChange }[] = [];
  const findings: { readonly atMs: number; readonly change: FindingChange }[] = [];
  let nowMs = 0;
  let turnAtMs = 0;
  const loop = createVirtualLoop(
    {
      config,
      scheduler: createScheduler({ config, targets, seed: config.vantage, calendar, random, now: start }),
      detector: createDetector({ config, targets, restored: [], random, now: start }),
      advisor: new Advisor({ config, declared, restored: [], random, now: start }),
      evidence: createEvidenceBook({ restored: [], now: start }),
    },
    {
      probe(due) {
        sent.push({ due, atMs: nowMs });
        const sample = sampleOf(due, says(due, nowMs), nowMs, input.bytes ?? 400_000);
        ahead.push(() => {
          inbox.push({ kind: 'probed', sample });
          turnAtMs = Math.min(turnAtMs, nowMs + turnGapMs);
        }, sample.endedMonotonicMs);
      },
      control({ name }, _, round) {
        const answer = { name, answered: true, latencyMs: 20, code: null };
        ahead.push(() => {
          inbox.push({ kind: 'control', response: { ...answer, at: now(nowMs) }, round });
          turnAtMs = Math.min(turnAtMs, nowMs + turnGapMs);
        }, nowMs + 20);
      },
      judged(turn) {
        advice.push(...turn.advice.map((change) => ({ atMs: nowMs, change })));
        findings.push(...turn.findings.map((change) => ({ atMs: nowMs, change })));
      },
    },
  );
  while (Math.min(turnAtMs, ahead.leastKey()) < forMs) {
    const isTurn = turnAtMs <= ahead.leastKey();
    nowMs = isTurn ? turnAtMs : ahead.leastKey();
    if (isTurn) turnAtMs = loop.turn(inbox.splice(0), now(nowMs));
    else ahead.pop()?.();
  }
  return { config, sent, advice, findings };
}

function configOf(text: string): Config {
  const loaded = loadConfig({
    text,
    path: null,
    env: {},
    files: { read: () => ({ tag: 'error', code: 'ENOENT' }), list: () => ({ tag: 'error', code: 'ENOENT' }) },
  });
  if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
  return loaded.value.config;
}

function sampleOf(due: Due, said: Said, startMs: number, artifactBytes: number): Sample {
  const limitMs = said === null ? Math.min(due.timeoutMs, due.idleMs ?? due.timeoutMs) : due.timeoutMs;
  const tookMs = typeof said === 'number' ? said : said === null ? limitMs : 40;
  const isLate = said === null || tookMs >= limitMs;
  const isAnswered = !isLate && said !== 'refused';
  const endMs = startMs + Math.min(tookMs, limitMs);
  const most = due.purpose === 'peek' ? 65_536 : Number.POSITIVE_INFINITY;
  const bytes = isAnswered ? Math.min(most, isHeavy(due.target) ? artifactBytes : 900) : 0;
  return plainSample(due, {
    startedAtMs: startWallMs + startMs,
    startedMonotonicMs: startMs,
    endedMonotonicMs: endMs,
    outcome: outcomeOf(said, isLate, limitMs),
    rttMs: endMs - startMs,
    phases: { processing: endMs - startMs },
    bytes,
    wireBytes: bytes,
    status: said === 'server' ? 502 : isAnswered ? 200 : null,
    remoteAddress: '198.18.0.7',
  });
}

function outcomeOf(said: Said, isLate: boolean, limitMs: number): Outcome {
  if (isLate) return { tag: 'failed', failure: { kind: 'timeout_processing', limitMs } };
  if (said === 'refused') return { tag: 'failed', failure: { kind: 'refused', code: 'ECONNREFUSED' } };
  if (said === 'server') return { tag: 'failed', failure: { kind: 'server', status: 502 } };
  if (said === 'cut') return { tag: 'failed', failure: { kind: 'cut', phase: 'transfer', bytesRead: 10 } };
  return { tag: 'ok' };
}
