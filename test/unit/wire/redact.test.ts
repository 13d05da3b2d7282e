import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { maskUrlsIn, redactHeaders } from '../../../src/wire/redact.ts';
import { table } from '../../support/table.ts';

describe('headers as a transcript keeps them', () => {
  it.each(table<[string, string, string, string][]>('unit/wire/redact', 'headers as a transcript keeps them'))(
    '%s',
    (_, name, value, want) => expect(redactHeaders({ [name]: value })).toEqual({ [name]: want }),
  );

  it('keeps so many, and counts the rest', () => {
    const many = Object.fromEntries(Array.from({ length: limits.headersKept + 3 }, (_, i) => [`x-${i}`, `${i}`]));
    const kept = redactHeaders(many);
    expect(Object.keys(kept).length).toBe(limits.headersKept + 1);
    expect(kept['…']).toBe('3 more');
    expect(redactHeaders(Object.fromEntries(Object.entries(many).slice(0, limits.headersKept)))['…']).toBeUndefined();
  });

  it('keeps values so long', () =>
    expect(redactHeaders({ via: 'v'.repeat(limits.headerValueChars + 1) }).via).toBe(
      'v'.repeat(limits.headerValueChars),
    ));

  it('cuts after masking, so that no half of a secret is left', () => {
    const value = `${'a'.repeat(limits.headerValueChars - 10)}?sig=${'s'.repeat(500)}`;
    expect(redactHeaders({ location: value }).location).not.toContain('sss');
  });
});

describe('a value of megabytes', () => {
  // With time that grows by its square this would not end.
  it.each(['www-authenticate', 'location', 'x-any'])('of %s is read in time that grows as it does', (name) => {
    for (const text of ['a', 'a:', '//', '?a=', ' '])
      expect(redactHeaders({ [name]: `=${text.repeat(5_000_000)}` })[name]?.length).toBeLessThan(1_000);
  });
});

it.each([
  ['none', 'plain text', 'plain text'],
  ['two', 'https://a:b@c/?x=1 and //d:e@f/', 'https://***@c/?x=*** and //***@f/'],
  ['a mail address is none', 'ops@example.com', 'ops@example.com'],
  ['a question is no query', 'really? yes', 'really? yes'],
])('URLs in a text: %s', (_, text, want) => expect(maskUrlsIn(text)).toBe(want));
