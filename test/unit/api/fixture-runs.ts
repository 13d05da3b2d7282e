import type { ClientRun } from '../../../src/core/client-run.ts';
import { nowMs } from './fixture-config.ts';

const run: ClientRun = {
  registry: 'coast',
  ecosystem: 'go',
  upstream: 'go',
  client: 'go',
  module: 'example.com/net',
  version: 'v0.25.0',
  startedAtMs: nowMs - 600_000,
  tookMs: 3_250,
  outcome: 'ok',
  reason: null,
  exitCode: 0,
  files: 4,
  bytes: 123_456,
  words: '{\n"Path": "example.com/net"\n}',
  ours: { outcome: 'ok', step: 'zip', reason: null, probeIds: ['client-run-1'] },
};

/** A client that says what our steps say, one that says something else, and one that is not installed. */
export const fixtureRuns: readonly ClientRun[] = [
  run,
  {
    ...run,
    registry: 'inland',
    outcome: 'failed',
    reason: 'reading https://mirrors.inland.example.com: 403 Forbidden',
    exitCode: 1,
    files: 0,
    bytes: 0,
    words: 'go: 403 Forbidden',
  },
  {
    ...run,
    registry: 'campus',
    outcome: 'unknown',
    reason: 'not installed here',
    exitCode: null,
    files: 0,
    bytes: 0,
    words: '',
    ours: null,
  },
];
