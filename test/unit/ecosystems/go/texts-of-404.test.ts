import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { probe } from '../../../../src/ecosystems/go/conversation.ts';
import { answered, byUrl, contextOf, talk, targetOf } from '../talk.ts';

type Text = { readonly server: string; readonly cause: 'masked_upstream' | 'absent'; readonly text: string };

const file = new URL('../../../fixtures/go/texts-of-404/texts.json', import.meta.url);
const texts = JSON.parse(readFileSync(file, 'utf8')) as readonly Text[];
const url = 'https://mirror.example.com/goproxy/example.com/hello/@v/v1.0.0.mod';

function causeOf(status: number, text: string): string {
  const { outcome } = talk(
    probe(targetOf('mod', 'example.com/hello', 'v1.0.0'), contextOf()),
    byUrl({ [url]: answered(status, text) }),
  ).verdict;
  return outcome.tag === 'failed' ? outcome.failure.kind : outcome.tag;
}

describe('texts of proxies with a 404', () => {
  test.each(texts.map(({ server, cause, text }) => [server, text.split('\n').at(-1)?.trim(), cause, text] as const))(
    '%s, "%s": %s',
    (_server, _last, cause, text) => expect([404, 410].map((status) => causeOf(status, text))).toEqual([cause, cause]),
  );

  test('the start of a cause, however often, is none', () => {
    const starts = ["unable to access '", 'reading https:', 'RPC failed; ', 'read tcp ', 'Get https:'];
    for (const start of starts) expect(causeOf(404, `not found: ${start.repeat(5_000)}`)).toBe('absent');
  });
});
