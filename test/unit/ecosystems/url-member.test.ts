import { expect, it } from 'vitest';
import { memberOfUrl } from '../../../src/ecosystems/client.ts';

it.each([
  ['as people write it', 'https://u:s3cret@h/x', 'https://***@h/x', 'https://h/x'],
  ['slashes turned round', 'https:\\\\u:s3cret@h/x', 'https://***@h/x', 'https://h/x'],
  ['one slash', 'https:/u:s3cret@h/x', 'https://***@h/x', 'https://h/x'],
  ['no slash', 'https:u:s3cret@h/x', 'https://***@h/x', 'https://h/x'],
  ['three slashes', 'https:///u:s3cret@h/x', 'https://***@h/x', 'https://h/x'],
])('a member without its credentials, %s', (_, url, shown, plain) =>
  expect(memberOfUrl(url)).toMatchObject({ shown, plain, key: 'https://h/x', hasCredentials: true }),
);

it.each([
  'https://u:s3cret@h/x https://v:s3cret@h/y',
  'https://h/x https://v:s3cret@h/y',
  'https://h/x#s3cret',
  'https://https:\\\\u:s3cret@h/x',
  'https://u:p@h/x?token=s3cret',
])('what is shown of %j', (url) => expect(memberOfUrl(url).shown).not.toContain('s3cret'));
