import { describe, expect, test } from 'vitest';
import type { WhatIf, WhatIfAsked, WhatIfProblem } from '../../../src/core/what-if.ts';
import { phrase } from '../../../src/words/tell.ts';
import { abc, chain, kill, only, warm } from './outage.ts';
import { mirror, type Said, Stage } from './stage.ts';

function ask(stage: Stage, text: string, over: Partial<WhatIfAsked> = {}): WhatIf {
  const answer = stage.advisor.whatIf(
    { chain: text, ecosystem: null, upstream: null, client: null, ...over },
    stage.at,
  );
  if (answer.tag === 'error') throw new Error(answer.error.kind);
  return answer.value;
}

function refused(stage: Stage, text: string, over: Partial<WhatIfAsked> = {}): WhatIfProblem {
  const answer = stage.advisor.whatIf(
    { chain: text, ecosystem: null, upstream: null, client: null, ...over },
    stage.at,
  );
  if (answer.tag === 'ok') throw new Error('it was walked');
  return answer.error;
}

describe('the cost model is that of advice', () => {
  test.each<[string, readonly Said[]]>([
    ['well', [200, 210, 190]],
    ['with failures', [200, 'reset', 220, 'timeout_connect', 190]],
    ['with what counts as too late', [200, 9_999, 220, 9_999, 190]],
  ])('a fetch through the chain in use costs what its first mirror scores: %s', (_name, said) => {
    const stage = new Stage(chain, abc);
    for (let i = 0; i < 30; i += 1) {
      stage.paces(1, { a: said[i % said.length] ?? 200, b: 200 + i, c: 180 });
      if (i % 7 === 0) for (const name of ['a', 'b', 'c']) stage.sample(name, 900 + i, { step: 'zip', bytes: 1e6 });
      if (i % 9 === 0) for (const name of ['a', 'b', 'c']) stage.sample(name, 250, { round: `r${i}` });
    }
    const { edited, inUse } = ask(stage, chain);
    const scores = stage.advisor.rank('go', 'go');
    expect(edited.fetch?.costSeconds).toBeCloseTo(scores.find((one) => one.registry === 'a')?.scoreSeconds ?? -1, 5);
    expect(inUse).toMatchObject({ outlook: edited, time: 'equal', rescued: 0, broken: 0 });
    // What a move to c would give is scored by the chain that it would set: c, then a, b and direct.
    const moved = ask(stage, 'https://c.example.com,https://a.example.com,https://b.example.com,direct').edited;
    expect(moved.fetch?.costSeconds).toBeCloseTo(scores.find((one) => one.registry === 'c')?.scoreSeconds ?? -1, 5);
  });
});

describe('what it is compared with', () => {
  test('the chain in use; the advised one only where that is another', () => {
    const stage = warm();
    expect(ask(stage, 'https://c.example.com')).toMatchObject({
      ecosystem: 'go',
      upstream: 'go',
      client: 'go',
      inUse: { outlook: { chain } },
      advised: null,
      failureCostSeconds: 300,
      vantageSuspect: false,
    });
    kill(stage);
    stage.consider();
    const advice = only(stage);
    expect(advice.state).toBe('proposed');
    const proposed = ask(stage, 'https://c.example.com');
    expect(proposed.advised?.outlook.chain).toBe(advice.chain.after);
    stage.accept(advice.id);
    expect(ask(stage, 'https://c.example.com')).toMatchObject({
      inUse: { outlook: { chain: advice.chain.after } },
      advised: null,
    });
  });

  test('of moments in which one failed and the other did not', () => {
    const stage = warm();
    stage.paces(2, { a: 'reset', b: 200, c: 200 });
    const found = ask(stage, 'https://a.example.com|https://b.example.com');
    expect(found.inUse).toMatchObject({ moments: 8, rescued: 2, broken: 0 });
    expect(found.edited.availability).toMatchObject({ atLeast: 1, atMost: 1 });
    expect(found.inUse?.outlook.availability).toMatchObject({ atLeast: 0.75, atMost: 0.75 });
  });

  test('nothing is remembered of half an hour ago, of mirrors taken away, or changed by asking', () => {
    const stage = warm();
    expect(ask(stage, chain)).toEqual(ask(stage, chain));
    stage.reconfigure(chain, { ...stage.config, mirrors: [mirror('a'), mirror('b')] });
    expect(ask(stage, 'https://c.example.com,https://a.example.com').edited.members).toMatchObject([
      { kind: 'unwatched', answers: 0 },
      { kind: 'mirror', registry: 'a', answers: 6 },
    ]);
    stage.pass(31 * 60);
    expect(ask(stage, chain).edited).toMatchObject({ basis: 'none', availability: null, fetch: null });
  });
});

describe('what cannot be walked is refused with its reason', () => {
  const stage = warm(
    [...abc, mirror('n', { ecosystem: 'npm', upstream: 'npm', url: 'https://n.example.com' })],
    chain,
    {
      private: { go: ['git.example.com/*'], npm: ['@corp/*'] },
    },
  );

  test.each<[string, string, Partial<WhatIfAsked>, WhatIfProblem]>([
    ['nothing', '  ', {}, { kind: 'empty', at: null, expected: '' }],
    ['only separators', ',|', { ecosystem: 'go' }, { kind: 'empty', at: null, expected: phrase('expected.goChain') }],
    ['too long', 'x'.repeat(2_001), {}, { kind: 'too_long', at: null, expected: '2000' }],
    [
      'too many members',
      Array.from({ length: 9 }, () => 'https://a.example.com').join(','),
      {},
      { kind: 'too_many_members', at: null, expected: '8' },
    ],
    [
      'a bare word',
      'https://a.example.com,goproxy',
      { ecosystem: 'go' },
      { kind: 'reserved_word', at: 1, expected: phrase('expected.goChain') },
    ],
    ['no URL', 'ftp:', { ecosystem: 'npm' }, { kind: 'not_a_url', at: 0, expected: phrase('expected.npmChain') }],
    [
      'two registries for a client that has one',
      'https://n.example.com https://a.example.com',
      { ecosystem: 'npm' },
      { kind: 'not_a_url', at: 0, expected: phrase('expected.npmChain') },
    ],
    [
      'a private path in place of a proxy',
      'git.example.com/team/lib,https://a.example.com',
      { ecosystem: 'go' },
      { kind: 'private', at: null, expected: '' },
    ],
    ['a private name', '@corp/lib', { ecosystem: 'npm' }, { kind: 'private', at: null, expected: '' }],
    [
      'a client that there is not',
      chain,
      { ecosystem: 'npm', client: 'pip' },
      { kind: 'unknown_client', at: null, expected: 'npm, pnpm, yarn' },
    ],
    [
      'an upstream that is not watched',
      chain,
      { ecosystem: 'go', upstream: 'else' },
      { kind: 'unknown_group', at: null, expected: 'go/go, npm/npm' },
    ],
    ['nobody knows whose', 'https://x.example.com', {}, { kind: 'which_group', at: null, expected: 'go/go, npm/npm' }],
  ])('%s', (_name, text, over, want) => {
    expect(refused(stage, text, over)).toEqual(want);
  });

  test('whose it is follows from its mirrors', () => {
    expect(ask(stage, 'https://c.example.com')).toMatchObject({ ecosystem: 'go' });
    expect(ask(stage, 'https://n.example.com')).toMatchObject({ ecosystem: 'npm', client: 'npm' });
    expect(ask(stage, 'https://x.example.com', { ecosystem: 'npm', client: 'yarn' })).toMatchObject({ client: 'yarn' });
  });
});
