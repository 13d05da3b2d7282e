import { describe, expect, it } from 'vitest';
import { advisedChain } from '../../../src/advise/chain.ts';
import { shownChain } from '../../../src/advise/clients/client.ts';
import { goClient } from '../../../src/advise/clients/go.ts';

describe('advisedChain', () => {
  it.each([
    ['a slow first member stays behind', 'A,B,direct', 'B', [], 'B,A,direct'],
    ['a dead one goes', 'A,B,direct', 'B', ['A'], 'B,direct'],
    ['a dead one in the middle goes too', 'A,B,C,direct', 'C', ['B'], 'C,A,direct'],
    ['separators belong to places', 'A|B,direct', 'B', [], 'B|A,direct'],
    ['and are counted from the end, so that the tail is never loosened', 'A|B,direct', 'B', ['A'], 'B,direct'],
    ['a bar before the tail stays a bar', 'A,B|direct', 'B', ['A'], 'B|direct'],
    ['one that was not in the chain comes first', 'A,direct', 'C', [], 'C,A,direct'],
    ['a chain that grows repeats its first separator', 'A|direct', 'C', [], 'C|A|direct'],
    ['a chain without separators gets the strict one', 'A', 'C', [], 'C,A'],
    ['alone in place of a dead one', 'A', 'C', ['A'], 'C'],
    ['in place of a dead one before a tail', 'A,off', 'C', ['A'], 'C,off'],
    ['strangers keep their place', 'A,X,B,direct', 'B', [], 'B,A,X,direct'],
    ['the first one again', 'A,B|direct', 'A', [], 'A,B|direct'],
  ])('%s', (_name, declared, to, dropped, want) => {
    const url = (letters: string) =>
      letters.replace(/[A-Z]/g, (letter) => `https://${letter.toLowerCase()}.example.com/go/`);
    const parsed = goClient.parse(url(declared));
    if (parsed.tag === 'error') throw new Error(parsed.error.kind);
    const after = advisedChain(
      parsed.value,
      goClient.member(url(to).slice(0, -1)),
      new Set(dropped.map((one) => goClient.member(url(one)).key)),
    );
    const spelled =
      want.includes(to) && !declared.includes(to) ? url(want).replace(url(to), url(to).slice(0, -1)) : url(want);
    expect(shownChain(after)).toBe(spelled);
  });
});
