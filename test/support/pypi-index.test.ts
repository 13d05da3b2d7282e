import { afterEach, describe, expect, test } from 'vitest';
import type { ProbeRequest, ProbeResponse as Seen } from '../../src/core/transcript.ts';
import { probe } from '../../src/ecosystems/pypi/conversation.ts';
import { targetOf } from '../unit/ecosystems/talk.ts';
import { type PypiIndex, startPypiIndex, tinyWheel } from './pypi-index.ts';

let index: PypiIndex | null = null;
afterEach(async () => {
  await index?.close();
  index = null;
});

const wheel = tinyWheel('tiny', '1.0');

/** Our own conversation with the index, over real sockets. */
async function held(step: string, { indexUrl }: PypiIndex) {
  const context = { baseUrl: indexUrl, pinned: {}, own: { isAuthority: false }, nowWallMs: 0 };
  const conversation = probe(targetOf(step, 'tiny', '1.0'), context);
  let turn = conversation.next();
  while (!turn.done) turn = conversation.next(await answerTo(turn.value));
  return turn.value;
}

async function answerTo({ url, headers = {} }: ProbeRequest): Promise<Seen> {
  const response = await fetch(url, { headers });
  return {
    tag: 'answered',
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: new Uint8Array(await response.arrayBuffer()),
    finalUrl: response.url,
  };
}

describe('the index of the tests', () => {
  test.each(['index', 'simplehtml', 'wheelmeta', 'file'])('%s is well, by our own reading', async (step) => {
    index = await startPypiIndex({ wheels: [wheel, tinyWheel('tiny', '1.1')] });
    const { outcome, facts } = await held(step, index);
    expect(outcome).toEqual({ tag: 'ok' });
    if (step === 'index' || step === 'simplehtml') expect(facts.listed).toEqual({ count: 2, newest: '1.1' });
    else expect([facts.verified, facts.compared?.algorithm]).toEqual([undefined, 'sha256']);
  });

  test('a page with another hash is detected by the bytes', async () => {
    index = await startPypiIndex({ wheels: [wheel], tell: () => '0'.repeat(64) });
    const { outcome } = await held('file', index);
    expect(outcome).toMatchObject({ tag: 'failed', failure: { kind: 'mismatch', got: `sha256:${wheel.sha256}` } });
  });

  test('a project that it does not have is absent', async () => {
    index = await startPypiIndex({ wheels: [] });
    expect((await held('index', index)).outcome).toEqual({ tag: 'failed', failure: { kind: 'absent', status: 404 } });
  });
});
