import { expect, it } from 'vitest';
import { TlsBook } from '../../../src/wire/tls.ts';
import { testCerts } from '../../support/certs.ts';

it('makes the context of an access once, and reads its CA texts once, for all the routes that carry them', () => {
  let reads = 0;
  const ca = Object.assign([testCerts().ca.certPem], {
    toJSON(): string {
      reads += 1;
      return 'ca';
    },
  });
  const book = new TlsBook();
  const first = book.context({ ca, client: null, pin: null });
  for (let route = 0; route < 20; route += 1) expect(book.context({ ca, client: null, pin: 'sha256/x' })).toBe(first);
  expect(reads).toBe(1);
});

it('keeps contexts with and without a client certificate apart', () => {
  const { ca, client } = testCerts();
  const list = [ca.certPem];
  const rule = { ca: list, pin: null };
  const shown = { cert: client.certPem, key: client.keyPem };
  const book = new TlsBook();
  const without = book.context({ ...rule, client: null });
  const withOne = book.context({ ...rule, client: shown });
  expect(withOne).not.toBe(without);
  expect(book.context({ ...rule, client: null })).toBe(without);
  expect(book.context({ ...rule, client: shown })).toBe(withOne);
});
