import { judgingLimits } from './limits/judging.ts';
import { probingLimits } from './limits/probing.ts';
import { processLimits } from './limits/process.ts';

const kib = 1024;

/** Limits of the daemon. */
export const limits = { ...probingLimits, ...judgingLimits, ...processLimits } as const;

/** Checks that the limits do not contradict each other. @throws Error if two limits contradict each other */
export function assertLimits(l: typeof limits = limits): void {
  const relations: readonly (readonly [boolean, string])[] = [
    [l.roundTimeoutMsMin < l.roundMs, 'a round holds at least one whole answer'],
    [l.roundStepMs < l.roundMs, 'a round has more than one moment'],
    [l.bodyHeldBytesMax <= l.zipBytes, 'what is held fits what is read'],
    [l.bodyBeginBytes >= l.peekBytes, 'the beginning of a body is as long as what is peeked at'],
    [3 * l.lookupsPerProbe + 60 < l.requestsPerProbe, 'what is looked up can be proven'],
    [l.confidenceLowMs < l.confidenceHighMs, 'confidence rises'],
    [l.deliveryBackoffMsMax < l.deliveryAgeMsMax, 'a notice is tried more than once'],
    [l.drainMs + 3 * l.closeMs < l.stopMs, 'drained and closed, the process is gone in time'],
    [l.jitterShare < 0.5, 'a jittered start never overtakes the next one'],
    [l.throttleMsMin <= l.throttleMsMax, 'back-off has room'],
    [l.measuredOk <= l.measuredPaces, 'measured well enough can be reached'],
    [2 * l.pushEveryMs < l.pushValidMs, 'one push may be lost and the alert still stands'],
    [
      2 * l.responseRows * l.responseRowChars + 2 * l.citedRows * l.citedChars < l.stateBytes,
      'answers leave room for what they led to',
    ],
    [14 * kib * l.probeRows < (3 * l.stateBytes) / 4, 'failed probes leave room for the rest'],
    [l.findingProbesFirst + 2 < l.findingProbes, 'a finding names its first probes, the slowest and the newest'],
    [l.citedProbes < l.citedRows, 'what is named now outlives what was'],
    [l.tokenCharsSafe < l.tokenChars, 'a safe token is not too long'],
    [l.headBytes >= 16 * kib, 'no smaller than the clients accept'],
  ];
  for (const [holds, rule] of relations) if (!holds) throw new Error(`limits: ${rule}`);
}
