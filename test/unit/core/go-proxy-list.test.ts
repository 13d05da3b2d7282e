import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goClient } from '../../../src/advise/clients/go.ts';
import { parseGoChain } from '../../../src/config/chain.ts';
import { readGoProxyList } from '../../../src/core/go-proxy-list.ts';

describe('GOPROXY as the go command splits it', () => {
  test.each([
    ['a.example,|b.example', ['https://a.example ,', 'https://b.example ,']],
    ['a.example|,b.example', ['https://a.example |', 'https://b.example ,']],
    [' a.example | , | direct , b.example', ['https://a.example |', 'direct ,']],
    ['off|b.example', ['off |']],
    ['word,file:///srv/go,/srv/go', ['word ,', 'file:///srv/go ,', '/srv/go ,']],
    [',|,', []],
  ])('%s', (list, entries) => {
    expect(readGoProxyList(list).map(({ text, separator }) => `${text} ${separator}`)).toEqual(entries);
  });

  test('the configuration and the advice read every chain alike', () => {
    const part = fc.constantFrom('https://a.example', 'b.example/x', 'direct', 'off', '', ' ', 'file:///srv/go');
    const lists = fc.array(fc.tuple(part, fc.constantFrom(',', '|')), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lists, (parts) => {
        const list = parts.flat().join('');
        const [declared, client] = [parseGoChain(list), goClient.parse(list)];
        expect(declared.tag).toBe(client.tag);
        if (declared.tag === 'error' || client.tag === 'error') return;
        expect(declared.value.map(({ text }) => text)).toEqual(client.value.members.map(({ plain }) => plain));
        expect(declared.value.slice(1).map(({ separator }) => separator)).toEqual(client.value.separators);
      }),
    );
  });
});
