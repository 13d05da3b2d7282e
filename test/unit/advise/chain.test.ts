import { describe, expect, it } from 'vitest';
import { buildAdvisedChain, isPassedOver, sortByCost } from '../../../src/advise/chain.ts';
import { showChain } from '../../../src/ecosystems/client.ts';
import { goClient } from '../../../src/ecosystems/go/client.ts';
import { hostChain } from '../../../src/ecosystems/oci/clients.ts';

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
    const after = buildAdvisedChain(
      parsed.value,
      goClient.member(url(to).slice(0, -1)),
      new Set(dropped.map((one) => goClient.member(url(one)).key)),
    );
    const spelled =
      want.includes(to) && !declared.includes(to) ? url(want).replace(url(to), url(to).slice(0, -1)) : url(want);
    expect(showChain(after)).toBe(spelled);
  });

  it('the tail stays whatever is dropped: clients get their last way out', () => {
    const parsed = goClient.parse('https://a.example.com,https://b.example.com,direct');
    if (parsed.tag === 'error') throw new Error(parsed.error.kind);
    const [a, b, direct] = parsed.value.members;
    if (a === undefined || b === undefined || direct === undefined) throw new Error('three members');
    expect(showChain(buildAdvisedChain(parsed.value, b, new Set([a.key, direct.key])))).toBe(
      'https://b.example.com,direct',
    );
  });
});

describe('a first member that clients pass over', () => {
  it.each([
    ['go: a mirror follows after a bar', goClient, 'https://a.example.com|https://b.example.com,direct', true],
    ['go: a mirror follows after a comma', goClient, 'https://a.example.com,https://b.example.com|direct', false],
    ['go: `direct` often cannot be reached where mirrors are needed', goClient, 'https://a.example.com|direct', false],
    ['go: `off` serves nothing', goClient, 'https://a.example.com|off', false],
    ['go: nothing follows', goClient, 'https://a.example.com', false],
    [
      'containerd: `direct`, the registry of an image, like that of go',
      hostChain,
      'https://a.example.com|direct',
      false,
    ],
    ['containerd: another mirror', hostChain, 'https://a.example.com|https://b.example.com|direct', true],
  ])('%s', (_name, client, text, want) => {
    const parsed = client.parse(text);
    if (parsed.tag === 'error') throw new Error(parsed.error.kind);
    expect(isPassedOver(parsed.value)).toBe(want);
  });
});

describe('what stands behind the first member', () => {
  const costs: Readonly<Record<string, number>> = { a: 400, b: 300, c: 250, d: 100 };
  /** Members by name; `x` was not measured, `direct` is no mirror. */
  const ordered = (names: readonly string[], minGain = 0.2): string => {
    const members = names.map((name) =>
      name === 'direct'
        ? { kind: 'direct' as const, key: name, text: name }
        : { kind: 'url' as const, key: name, text: name },
    );
    const separators = names.slice(1).map((_, at) => (at === 0 ? ('|' as const) : (',' as const)));
    const made = sortByCost({ members, separators } as never, ({ key }) => costs[key] ?? null, minGain);
    expect(made.separators).toEqual(separators);
    return made.members.map(({ key }) => key).join(' ');
  };

  it.each<[string, readonly string[], string]>([
    ['goes before its neighbour where it saves a fifth', ['b', 'a', 'c'], 'b c a'],
    ['and stays where it saves less', ['a', 'b', 'c'], 'a b c'],
    ['never takes the first place', ['a', 'd', 'b'], 'a d b'],
    ['passes several', ['b', 'a', 'c', 'd', 'direct'], 'b d c a direct'],
    ['not past one that was not measured', ['b', 'a', 'x', 'd'], 'b a x d'],
    ['nor past the tail', ['b', 'direct', 'd'], 'b direct d'],
    ['alone is in order', ['b'], 'b'],
  ])('%s', (_name, names, want) => {
    expect(ordered(names)).toBe(want);
  });
});
