import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goClient, readGoProxyList } from '../../../../src/ecosystems/go/client.ts';

describe('GOPROXY as the go command splits it', () => {
  test.each([
    ['a.example,|b.example', ['https://a.example ,', 'https://b.example ,']],
    ['a.example|,b.example', ['https://a.example |', 'https://b.example ,']],
    [' a.example | , | direct , b.example', ['https://a.example |', 'direct ,']],
    ['off|b.example', ['off |']],
    ['word,file:///srv/go,/srv/go', ['word ,', 'file:///srv/go ,', '/srv/go ,']],
    [',|,', []],
  ])('%s', (list, entries) =>
    expect(readGoProxyList(list).map(({ text, separator }) => `${text} ${separator}`)).toEqual(entries),
  );

  test('the configuration and the advice read every chain alike', () => {
    const part = fc.constantFrom('https://a.example', 'b.example/x', 'direct', 'off', '', ' ', 'file:///srv/go');
    const lists = fc.array(fc.tuple(part, fc.constantFrom(',', '|')), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(lists, (parts) => {
        const list = parts.flat().join('');
        const client = goClient.parse(list);
        expect(goClient.mistake(list) === null).toBe(client.tag === 'ok');
        if (client.tag === 'error') return;
        const entries = readGoProxyList(list);
        expect(entries.map(({ text }) => text)).toEqual(client.value.members.map(({ plain }) => plain));
        expect(entries.slice(0, -1).map(({ separator }) => separator)).toEqual(client.value.separators);
      }),
    );
  });
});
