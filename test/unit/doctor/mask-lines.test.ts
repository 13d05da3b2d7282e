import { expect, it } from 'vitest';
import { maskLines } from '../../../src/doctor/mask-lines.ts';

it.each<[string, readonly string[]]>([
  ['several in a list', ['tokens:', '- s3cret', '- s3cret']],
  [
    'a key of an API',
    ['api_key: s3cret', 'apiKey=s3cret', 'access_key_id: s3cret', 'secret-key = s3cret', 'pwd=s3cret'],
  ],
  ['an element of XML', ['<server>', '  <password>s3cret</password>', '</server>']],
  ['an element of XML over lines', ['  <password>', '    s3cret', '  </password>']],
  ['two quotes that stand for one', ["token = 'a''b", "s3cret'"]],
])('%s is not shown', (_, lines) => {
  expect(maskLines(lines).join('\n')).not.toContain('s3cret');
});

it('what is no secret is shown, behind one too', () => {
  const lines = ["token: 'a''b'", 'index: https://h/x', '<url>https://h/y</url>'];
  expect(maskLines(lines)).toEqual(['token: ***', ...lines.slice(1)]);
});
