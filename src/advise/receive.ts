import type { Due } from '../core/due.ts';
import { getOrMake } from '../core/get-or-make.ts';
import { isHeavy } from '../core/mirror.ts';
import type { SettledSample } from '../core/sample.ts';
import { isOfOtherFamily, recordAside, recordLate, releaseLate, sampleOfLate } from './late.ts';
import { recordLatePeek, recordLateResponse, recordSample } from './observe.ts';
import { recordTally, Tally } from './tally.ts';
import type { View } from './view.ts';

/** The tallies of all mirrors, by name. */
type Tallies = Map<string, Tally>;

/** Processes a settled sample. Returns true if it may change a decision. */
export function receiveSample(view: View, tallies: Tallies, settled: SettledSample): boolean {
  const { group } = view;
  const { late } = group;
  // A mirror whose bytes only an editable file calls wrong has responded.
  const sample: SettledSample = settled.isUnproven ? { ...settled, outcome: { tag: 'ok' } } : settled;
  const { due, isOfPace, isObsolete, isTooShort, isWithdrawn } = sample;
  if ([isOfPace, isObsolete, isTooShort, isWithdrawn].includes(true)) {
    late.held.delete(due.probeId);
    late.counted.delete(due.probeId);
    return false;
  }
  if (sample.outcome.tag === 'failed' && isOfOtherFamily(late, due, sample.startedMonotonicMs)) return false;
  recordAside(late, sample);
  const before = releaseLate(late, sample);
  for (const one of before) receiveLate(view, tallies, one);
  const isAgain = late.counted.delete(due.probeId);
  if (isAgain) recordLateResponse(group, sample);
  const isChange = !isAgain && receiveOne(view, tallies, sample);
  return isChange || before.length > 0;
}

/** Records a pending probe as late, `outMs` milliseconds after it was sent. */
export function receivePending(view: View, tallies: Tallies, due: Due, outMs: number): void {
  const { group, now } = view;
  if (isOfOtherFamily(group.late, due, now.monotonicMs - outMs)) return;
  if (due.purpose === 'peek') {
    recordLatePeek(group, due);
    recordLate(group.late, due);
    return;
  }
  const sample = sampleOfLate(view, due, outMs);
  if (isHeavy(due.target)) receiveLate(view, tallies, sample);
  else group.late.held.set(due.probeId, sample);
}

function receiveLate(view: View, tallies: Tallies, sample: SettledSample): void {
  receiveOne(view, tallies, sample);
  recordLate(view.group.late, sample.due);
}

function receiveOne(view: View, tallies: Tallies, sample: SettledSample): boolean {
  const { kind, client } = view.group;
  const tally = getOrMake(tallies, sample.due.target.registry, () => new Tally());
  recordTally(tally, sample, { nearMs: view.nearMs, relayStep: client.relay?.step, fetch: kind.fetch });
  return recordSample(view, sample);
}
