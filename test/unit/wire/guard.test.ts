import { describe, expect, it } from 'vitest';
import { type AddressClass, addressClassOf, classBySpelling } from '../../../src/core/address-class.ts';
import { type GuardRule, mayConnect } from '../../../src/wire/guard.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { table } from '../../support/table.ts';

/** Each range: the last address before it, its first, its last, and the first after it. */
const v4: readonly (readonly [
  before: string | null,
  first: string,
  last: string,
  after: string | null,
  AddressClass,
])[] = table('unit/wire/guard', 'v4');

const v6 = table<
  readonly (readonly [before: string | null, first: string, last: string, after: string | null, AddressClass])[]
>('unit/wire/guard', 'v6');

describe('each range, both sides of both ends', () => {
  it('is of its class', () =>
    expectRows(
      [...v4, ...v6],
      ([, first, last]) => `${first} … ${last}`,
      ([before, first, last, after, is]) => {
        expect([addressClassOf(first), addressClassOf(last)]).toEqual([is, is]);
        if (before !== null) expect(addressClassOf(before)).toBe('public');
        if (after !== null) expect(addressClassOf(after)).toBe('public');
      },
    ));

  it.each([
    ['8.8.8.8', 'public'],
    ['2000::', 'public'],
    ['2606:4700::1111', 'public'],
    // IPv4 inside IPv6 has the class of what it carries.
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:8.8.8.8', 'public'],
    ['::ffff:0:10.0.0.1', 'private'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::808:808', 'public'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:808:808::1', 'public'],
    // As sockets and URLs spell them.
    ['fe80::1%eth0', 'link_local'],
    ['[::1]', 'loopback'],
    // No addresses.
    ['example.com', null],
    ['', null],
    ['10.0.0', null],
    ['1.2.3.4.5', null],
    ['010.0.0.1', null],
  ] as const)('%s is %s', (address, is) => expect(addressClassOf(address)).toBe(is));

  it.each([
    ['localhost', 'loopback'],
    ['LOCALHOST.', 'loopback'],
    ['a.localhost', 'loopback'],
    ['notlocalhost', null],
    ['localhost.example.com', null],
    ['[::1]', 'loopback'],
  ] as const)('%s by spelling alone is %s', (host, is) => expect(classBySpelling(host)).toBe(is));
});

describe('where a hop may go', () => {
  const rule = (more: Partial<GuardRule> = {}): GuardRule => ({ allow: [], home: null, ...more });
  const rows: readonly (readonly [string, string, string | null, GuardRule, boolean])[] = [
    ['a public address', 'cdn.example.com', '8.8.8.8', rule(), true],
    ['a name that resolves inward', 'cdn.example.com', '10.0.0.1', rule(), false],
    ['a literal inward', '10.0.0.1', '10.0.0.1', rule(), false],
    ['a mapped literal inward', '[::ffff:a00:1]', '::ffff:a00:1', rule(), false],
    ['an address we cannot read', 'cdn.example.com', 'nonsense', rule(), false],
    ['an address we cannot read, whatever is allowed', 'cdn.example.com', '', rule({ allow: ['0.0.0.0/0'] }), false],
    ['the mirror is in the same space', 'b.example.com', '10.9.9.9', rule({ home: 'private' }), true],
    ['the mirror is in other private space', 'b.example.com', '127.0.0.1', rule({ home: 'private' }), false],
    ['a public mirror opens nothing', 'b.example.com', '10.9.9.9', rule({ home: 'public' }), false],
    ['a loopback mirror opens loopback', 'b.example.com', '127.0.0.2', rule({ home: 'loopback' }), true],
    ['a loopback mirror does not open private space', 'b.example.com', '10.0.0.1', rule({ home: 'loopback' }), false],
    ['first of an allowed range', 'b.example.com', '10.1.0.0', rule({ allow: ['10.1.0.0/16'] }), true],
    ['last of an allowed range', 'b.example.com', '10.1.255.255', rule({ allow: ['10.1.0.0/16'] }), true],
    ['before an allowed range', 'b.example.com', '10.0.255.255', rule({ allow: ['10.1.0.0/16'] }), false],
    ['after an allowed range', 'b.example.com', '10.2.0.0', rule({ allow: ['10.1.0.0/16'] }), false],
    ['an allowed range that ends inside a byte', 'b.example.com', '10.15.0.1', rule({ allow: ['10.8.0.0/13'] }), true],
    ['beyond a range that ends inside a byte', 'b.example.com', '10.16.0.1', rule({ allow: ['10.8.0.0/13'] }), false],
    ['an allowed address', 'b.example.com', '10.1.2.3', rule({ allow: ['10.1.2.3'] }), true],
    ['an allowed IPv6 range', 'b.example.com', 'fd00::7', rule({ allow: ['fd00::/8'] }), true],
    ['an IPv4 range allows the mapped form', 'b.example.com', '::ffff:10.1.2.3', rule({ allow: ['10.0.0.0/8'] }), true],
    ['a mapped range allows IPv4', 'b.example.com', '10.1.2.3', rule({ allow: ['::ffff:10.0.0.0/104'] }), true],
    ['an IPv6 range of all allows no IPv4', 'b.example.com', '10.1.2.3', rule({ allow: ['::/0'] }), false],
    ['an allowed name', 'B.example.com', '10.1.2.3', rule({ allow: ['b.EXAMPLE.com.'] }), true],
    ['a name below an allowed one', 'a.b.example.com', '10.1.2.3', rule({ allow: ['b.example.com'] }), false],
    [
      'a range that is none allows nothing',
      'b.example.com',
      '10.1.2.3',
      rule({ allow: ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8'] }),
      false,
    ],
    ['through a proxy: a name that nobody here resolves', 'b.example.com', null, rule(), true],
    ['through a proxy: a literal inward', '169.254.169.254', null, rule(), false],
    ['through a proxy: localhost', 'localhost', null, rule(), false],
    ['through a proxy: localhost of a loopback mirror', 'localhost', null, rule({ home: 'loopback' }), true],
    ['through a proxy: an allowed literal', '10.1.2.3', null, rule({ allow: ['10.0.0.0/8'] }), true],
    ['through a proxy: an allowed name', 'localhost', null, rule({ allow: ['localhost'] }), true],
  ];
  it.each(rows)('%s', (_, host, address, given, may) => expect(mayConnect(host, address, given)).toBe(may));
});
