import type { ProbeRequest, ProbeResponse } from '../../../src/core/transcript.ts';

const done: ProbeResponse = { tag: 'answered', status: 200, headers: {}, body: new Uint8Array(0), finalUrl: '' };

/** Runs a part of a conversation that asks nothing and leaves work for later, and counts how often it did. */
export async function worked<T>(
  talk: Generator<ProbeRequest, T, ProbeResponse>,
): Promise<{ readonly value: T; readonly turns: number }> {
  let turn = talk.next();
  let turns = 0;
  for (; !turn.done; turns += 1) {
    const { work } = turn.value;
    if (work === undefined) throw new Error(`unexpected ask: ${turn.value.url}`);
    await work();
    turn = talk.next(done);
  }
  return { value: turn.value, turns };
}
