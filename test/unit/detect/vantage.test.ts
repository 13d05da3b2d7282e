import { describe, expect, it } from 'vitest';
import { judgeMoment, prefixOf, reviewPattern, type Said, unitsOf } from '../../../src/detect/round/vantage.ts';

describe('vantage', () => {
  const f: Said = 'failed';
  const a: Said = 'answered';
  const m: Said = 'missing';
  const control = (said: Said, known = true, proves = true) => ({ said, known, proves });
  it.each([
    { name: 'nobody judged', units: [], controls: [], want: 'unverified' },
    { name: 'one alone fails', units: [[f]], controls: [], want: 'unverified' },
    { name: 'one alone answers', units: [[a]], controls: [], want: 'them' },
    { name: 'one alone fails, a known control too', units: [[f]], controls: [control(f)], want: 'us' },
    {
      name: 'one alone fails, a control that never answered too',
      units: [[f]],
      controls: [control(f, false)],
      want: 'unverified',
    },
    { name: 'one alone fails, a control answers', units: [[f]], controls: [control(a)], want: 'them' },
    { name: 'two of two', units: [[f], [f]], controls: [], want: 'us' },
    { name: 'one of two', units: [[f], [a]], controls: [], want: 'them' },
    { name: 'three of three', units: [[f], [f], [f]], controls: [], want: 'us' },
    { name: 'two of three', units: [[f], [f], [a]], controls: [], want: 'them' },
    { name: 'two of four (50 %)', units: [[f], [f], [a], [a]], controls: [], want: 'them' },
    { name: 'three of four (75 %)', units: [[f], [f], [f], [a]], controls: [], want: 'us' },
    { name: 'three of five (60 %, not above)', units: [[f], [f], [f], [a], [a]], controls: [], want: 'them' },
    { name: 'four of five (80 %)', units: [[f], [f], [f], [f], [a]], controls: [], want: 'us' },
    {
      name: 'all, but a control answers',
      units: [[f], [f], [f], [f]],
      controls: [control(f), control(a)],
      want: 'them',
    },
    { name: 'a unit answers when any of it does', units: [[f, a], [f]], controls: [], want: 'them' },
    { name: 'one fails, the other still out', units: [[f], [m]], controls: [], want: 'waiting' },
    { name: 'one answered: the missing one changes nothing', units: [[f], [a], [m]], controls: [], want: 'them' },
    { name: 'all fail, a control still out', units: [[f], [f]], controls: [control(m)], want: 'waiting' },
    { name: 'one alone fails, a control still out', units: [[f]], controls: [control(m, false)], want: 'waiting' },
    { name: 'four, two still out', units: [[f], [a], [m], [m]], controls: [], want: 'waiting' },
    { name: 'four, one still out, two answered', units: [[f], [a], [a], [m]], controls: [], want: 'them' },
    {
      name: 'all, a bare TCP control answers a portal',
      units: [[f], [f]],
      controls: [control(a, true, false)],
      want: 'us',
    },
  ])('$name: $want', ({ units, controls, want }) => {
    expect(judgeMoment({ units, controls, witnesses: [], isLossy: false })).toBe(want);
  });

  it.each([
    {
      name: 'all, but a mirror of another upstream answers',
      units: [[f], [f]],
      witnesses: [f, a],
      isLossy: false,
      want: 'them',
    },
    { name: 'all, and the others too', units: [[f], [f]], witnesses: [f], isLossy: false, want: 'us' },
    { name: 'all, one of the others still out', units: [[f], [f]], witnesses: [f, m], isLossy: false, want: 'waiting' },
    { name: 'one alone fails, another upstream answers', units: [[f]], witnesses: [a], isLossy: false, want: 'them' },
    { name: 'one alone fails, another upstream too', units: [[f]], witnesses: [f], isLossy: false, want: 'us' },
    {
      name: 'one of three on a lossy line, whoever answers',
      units: [[f], [a], [a]],
      witnesses: [a],
      isLossy: true,
      want: 'us',
    },
    { name: 'nobody on a lossy line', units: [[a], [a], [a]], witnesses: [], isLossy: true, want: 'them' },
  ])('$name: $want', ({ units, witnesses, isLossy, want }) => {
    expect(judgeMoment({ units, controls: [], witnesses, isLossy })).toBe(want);
  });

  it('over two minutes: two thirds one way are a word, less is flaky', () => {
    const pattern = new Map([
      ['dead', { answered: 1, failed: 9 }],
      ['two thirds', { answered: 1, failed: 2 }],
      ['flaky', { answered: 5, failed: 5 }],
      ['well', { answered: 8, failed: 2 }],
    ]);
    expect(reviewPattern(pattern)).toEqual({ dead: ['dead', 'two thirds'], well: ['well'] });
  });

  it.each([
    { address: '192.0.2.77', want: '192.0.2' },
    { address: '::ffff:192.0.2.77', want: '192.0.2' },
    { address: '2001:db8:1:2::3', want: '2001:db8:1' },
    { address: '2001:0DB8:0001::', want: '2001:db8:1' },
    { address: '2001:db8::1', want: '2001:db8:0' },
    { address: '::1', want: '0:0:0' },
    { address: 'example.com', want: null },
  ])('prefix of $address: $want', ({ address, want }) => {
    expect(prefixOf(address)).toBe(want);
  });

  const place = (registry: string, url: string, address: string | null = null) => ({ registry, url, address });
  it.each([
    {
      name: 'other hosts',
      places: [place('a', 'https://a.example.com'), place('b', 'https://b.example.com')],
      want: [['a'], ['b']],
    },
    {
      name: 'one host, two ports',
      places: [place('a', 'https://x.example.com:1'), place('b', 'https://x.example.com:2')],
      want: [['a', 'b']],
    },
    {
      name: 'one /24',
      places: [place('a', 'https://a.example.com', '192.0.2.1'), place('b', 'https://b.example.com', '192.0.2.200')],
      want: [['a', 'b']],
    },
    {
      name: 'two /24',
      places: [place('a', 'https://a.example.com', '192.0.2.1'), place('b', 'https://b.example.com', '192.0.3.1')],
      want: [['a'], ['b']],
    },
    {
      name: 'one /48',
      places: [
        place('a', 'https://a.example.com', '2001:db8:1:1::1'),
        place('b', 'https://b.example.com', '2001:db8:1:2::1'),
      ],
      want: [['a', 'b']],
    },
    {
      name: 'an address as host',
      places: [place('a', 'https://192.0.2.1'), place('b', 'https://192.0.2.9')],
      want: [['a', 'b']],
    },
    {
      name: 'loopback: the port',
      places: [place('a', 'http://127.0.0.1:1'), place('b', 'http://127.0.0.1:2'), place('c', 'http://localhost:2')],
      want: [['a'], ['b', 'c']],
    },
    {
      name: 'a third joins two',
      places: [
        place('a', 'https://a.example.com', '192.0.2.1'),
        place('b', 'https://b.example.com', '192.0.3.1'),
        place('c', 'https://b.example.com', '192.0.2.9'),
      ],
      want: [['a', 'b', 'c']],
    },
  ])('independent units: $name', ({ places, want }) => {
    expect(unitsOf(places)).toEqual(want);
  });
});
