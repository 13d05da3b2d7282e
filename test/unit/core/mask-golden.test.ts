import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskOf } from '../../../src/core/mask-known.ts';
import type { WireAccess } from '../../../src/core/ports.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { table } from '../../support/table.ts';

const access: WireAccess = table('unit/core/mask-golden', 'access');
const folder = join(import.meta.dirname, '../../golden');
const texts = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));

const letters = 'abcdefghijklmnopqrstuvwxyz';
const alphanumeric = `${letters}${letters.toUpperCase()}0123456789`;
const of = (alphabet: string, chars: number) =>
  fc.noBias(fc.string({ unit: fc.constantFrom(...alphabet), minLength: chars, maxLength: chars }));

/** Secrets as registries issue them. */
const shapes = {
  'a password of letters': of(letters, 16),
  'a password': of(`${alphanumeric}!%&/=?+-`, 20),
  'a token of a forge': of(alphanumeric, 36).map((text) => `ghp_${text}`),
  'a key in base64': of(`${alphanumeric}+/`, 43).map((text) => `${text}=`),
  'a signed token': fc
    .tuple(of(`${alphanumeric}-_`, 900), of(`${alphanumeric}-_`, 342))
    .map((parts) => `eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.${parts.join('.')}`),
  'a hexadecimal one': of('0123456789abcdef', 40),
  'a UUID': of('0123456789abcdef', 32).map((text) => text.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')),
} as const;

test('texts without a secret stay as they are: no shape masks anything in the golden files', () =>
  expectRows(
    Object.entries(shapes),
    ([name]) => name,
    ([_, shape]) => {
      const masked = fc.sample(shape, { seed: 6, numRuns: 10 }).flatMap((secret) => {
        const mask = maskOf({ ...access, auth: { scheme: 'basic', username: 'robot', secret, hosts: [] } });
        return texts.flatMap((text) => (mask.text(text) === text ? [] : [secret]));
      });
      expect(texts.join('').length).toBeGreaterThan(500_000);
      expect(masked).toEqual([]);
    },
  ));
