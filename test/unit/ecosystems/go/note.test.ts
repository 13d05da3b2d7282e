import { describe, expect, test } from 'vitest';
import { openNote, parseTreeHead, parseVerifier, type Verifier } from '../../../../src/ecosystems/go/note.ts';
import { table } from '../../../support/table.ts';
import { createSigner } from './tree.ts';

const goKey = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

function verifier(text: string): Verifier {
  const parsed = parseVerifier(text);
  if (parsed === null) throw new Error('the key of this test is no key');
  return parsed;
}

const head = (size: string, root: string, signature: string, name = 'sum.golang.org'): string =>
  `go.sum database tree\n${size}\n${root}\n\n\u2014 ${name} ${signature}\n`;

describe('verifier keys', () => {
  test.each([
    ['the Go database', goKey, 'ce3372d75ad1ee5ecdaf8727293d4b111d87eb37531d7c86d4d3003f0eb809fc'],
    [
      'the Go test key',
      'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ],
  ])('%s', (_, key, publicHex) => expect(verifier(key).publicKey.toString('hex')).toEqual(publicHex));

  test.each([
    ['a hash that is not its own', goKey.replace('033de0ae', '033de0af')],
    ['another name under the same hash', goKey.replace('sum', 'bad')],
    ['another algorithm', 'x+00000000+AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['a short key', 'x+00000000+AQAA'],
    ['no key', ''],
    ['padding that 33 bytes have none of', `${goKey}=`],
    ['a name with a space', goKey.replace('sum.', 'sum .')],
  ])('refuses %s', (_, key) => expect(parseVerifier(key)).toBeNull());
});

/** Real tree heads (docs/protocols/go.md#the-tree). */
const realHeads = table<[string, string, string][]>('unit/ecosystems/go/note', 'realHeads');

describe('real tree heads', () => {
  test.each(realHeads)('%s', (size, root, signature) => {
    const opened = openNote(Buffer.from(head(size, root, signature)), verifier(goKey));
    expect(opened.tag === 'ok' && parseTreeHead(opened.text)).toEqual({ size: Number(size), rootBase64: root });
  });

  test('the reproducible log of the Go project', () => {
    const key = verifier('localhost.localdev/sumdb+00000c67+AcTrnkbUA+TU4heY3hkjiSES/DSQniBqIeQ/YppAUtK6');
    const signature = 'AAAMZ6oRNswlEZ6ZZhxrCvgl1MBy+nusq4JU+TG6Fe2NihWLqOzb+y2c2kzRLoCr4tvw9o36ucQEnhc20e4nA4Qc/wc=';
    const note = head('6', 'wc4SkQt52o5W2nQ8To2ARs+mWuUJjss+sdleoiqxMmM=', signature, 'localhost.localdev/sumdb');
    expect(openNote(Buffer.from(note), key).tag).toBe('ok');
  });
});

const signer = createSigner('log.example.com');
const other = createSigner('other.example.com');
const own = verifier(signer.verifierKey);
const text = 'go.sum database tree\n1\nWjvL/HG+LcMcRc63kFcpeP289Y+SW6L8uHapnVU30FU=\n';
const sound = signer.note(text);
const lines = (note: string) => note.slice(note.lastIndexOf('\n\n') + 2);

describe('notes', () => {
  test.each([
    ['signed by us', sound, 'ok'],
    ['signed by another first', `${other.note(text)}${lines(sound)}`, 'ok'],
    ['signed by another only', other.note(text), 'unsigned'],
    ['a text of two paragraphs', signer.note(`a\n\n${text}`), 'ok'],
    ['one digit changed', sound.replace('\n1\n', '\n2\n'), 'forged'],
    ['our signature for another text beside a good one', `${sound}${lines(signer.note('x\n'))}`, 'forged'],
    ['no signature', `${text}\n`, 'malformed'],
    ['no blank line', text, 'malformed'],
    ['no last line feed', sound.slice(0, -1), 'malformed'],
    ['a carriage return', sound.replace('tree\n', 'tree\r\n'), 'malformed'],
    ['a hyphen for the dash', sound.replace('\u2014', '-'), 'malformed'],
    ['more than a hundred signatures', `${sound}${lines(other.note(text)).repeat(100)}`, 'malformed'],
    ['empty', '', 'malformed'],
    ['markup', '<html>\n\n</html>\n', 'malformed'],
  ])('%s', (_, note, tag) => expect(openNote(Buffer.from(note), own).tag).toBe(tag));

  test('bytes that are no UTF-8', () =>
    expect(openNote(Buffer.concat([Buffer.from([0xff]), Buffer.from(sound)]), own).tag).toBe('malformed'));
});

test.each([
  ['three lines', text, { size: 1, rootBase64: 'WjvL/HG+LcMcRc63kFcpeP289Y+SW6L8uHapnVU30FU=' }],
  ['more lines', `${text}more\n`, { size: 1, rootBase64: 'WjvL/HG+LcMcRc63kFcpeP289Y+SW6L8uHapnVU30FU=' }],
  ['another title', text.replace('go.sum', 'npm'), null],
  ['a leading zero', text.replace('\n1\n', '\n01\n'), null],
  ['a size past exact numbers', text.replace('\n1\n', '\n9999999999999999\n'), null],
  ['a short root', text.replace('WjvL', ''), null],
  ['no root', 'go.sum database tree\n1\n', null],
])('tree heads: %s', (_, note, want) => expect(parseTreeHead(note)).toEqual(want));
