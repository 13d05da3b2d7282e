import { describe, expect, test } from 'vitest';
import { explain, formatCurl } from '../../../src/cli/probe.ts';
import type { Probed } from '../../../src/core/ports.ts';
import type { Hop, Transcript } from '../../../src/core/transcript.ts';
import { measure } from '../../../src/probe/measure.ts';
import { bar, durationText, table } from '../../../src/terminal/terminal.ts';
import { phrase } from '../../../src/words/tell.ts';
import { english, wordsOf } from '../../../src/words/words.ts';
import { sampleTls } from '../../support/samples.ts';
import { aDue, aTarget } from '../detect/world.ts';
import { englishLeft } from './english-left.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { expectGolden } from './golden.ts';

const hop = (over: Partial<Hop> & Pick<Hop, 'marks'>): Hop => ({
  url: 'https://a.example.com/example.com/a/@v/v1.0.0.mod',
  aside: false,
  reused: false,
  remoteAddress: '192.0.2.7',
  remotePort: 443,
  family: 4,
  proxy: null,
  tls: { ...sampleTls, expiresAtMs: Date.UTC(2026, 5, 1) },
  requestHeaders: {},
  status: 200,
  responseHeaders: {},
  bodyBytes: 1234,
  fault: null,
  ...over,
});

function probed(hops: readonly Hop[], verdict: Transcript['verdict'], errorLine: string | null = null): Probed {
  const due = aDue(aTarget('a'), { probeId: 'probe', purpose: 'once' });
  const transcript: Transcript = {
    probeId: 'probe',
    startedAtMs: 0,
    startedMonotonicMs: 1000,
    hops,
    verdict,
    errorLine,
    loopDelayMsMax: 0,
    worker: 0,
  };
  return { sample: measure(due, transcript), transcript };
}

const well = probed(
  [
    hop({
      marks: { start: 1000, resolved: 1010, connected: 1050, secured: 1130, firstByte: 1230, end: 1240 },
      aside: true,
    }),
    hop({
      marks: { start: 1300, resolved: 1305, connected: 1345, secured: 1425, firstByte: 1525, end: 1530 },
      status: 302,
      bodyBytes: 0,
    }),
    hop({
      url: 'https://cdn.example.net/x.mod',
      protocol: '2',
      repeated: 'goaway',
      marks: { start: 1530, resolved: 1540, connected: 1580, secured: 1660, firstByte: 1860, end: 1930 },
    }),
  ],
  {
    outcome: { tag: 'ok' },
    facts: {
      resolvedVersion: 'v1.0.0',
      verified: { algorithm: 'h1', digest: 'h1:abc', against: 'sumdb' },
      signature: { state: 'no_key', key: 'SHA256:abc' },
      treeHead: { name: 'sum.example.com', size: 42, rootBase64: '' },
      authorityCost: { relayed: { requests: 7, ms: 212 }, direct: null },
      listed: { count: 2, newest: 'v1.0.0' },
    },
  },
);
const timedOut = probed(
  [
    hop({
      marks: { start: 1000, resolved: 1020, connected: 1100, end: 6000 },
      tls: null,
      status: null,
      bodyBytes: 0,
      fault: { code: 'MW_DEADLINE', phase: 'tls', text: '', bytesRead: 0, limitMs: 5000 },
    }),
  ],
  { outcome: { tag: 'failed', failure: { kind: 'timeout_tls', limitMs: 5000 } }, facts: {} },
);
const nowhere = probed(
  [
    hop({
      marks: { start: 1000, end: 1003 },
      remoteAddress: null,
      remotePort: null,
      family: null,
      tls: null,
      status: null,
      bodyBytes: 0,
      fault: { code: 'ENOTFOUND', phase: 'resolve', text: '', bytesRead: 0, resolvesOthers: null },
    }),
  ],
  { outcome: { tag: 'unknown', because: 'resolver' }, facts: {} },
);
const masked = probed(
  [
    hop({
      marks: { start: 1000, connected: 1001, firstByte: 1041, end: 1042 },
      url: 'http://127.0.0.1:8080/example.com/a/@v/v1.0.0.mod',
      proxy: 'http://***@egress.example.com:3128/',
      reused: true,
      tls: null,
      status: 404,
      bodyBytes: 30,
    }),
  ],
  { outcome: { tag: 'failed', failure: { kind: 'masked_upstream', status: 404 } }, facts: {} },
  'not found: bad upstream',
);
const nothing = probed([], { outcome: { tag: 'unknown', because: 'defect' }, facts: {} });
const all = { well, timedOut, nowhere, masked, nothing };

describe('one probe, walked through', () => {
  test('explained phase by phase, and as the fields of curl -w (UPDATE_GOLDEN=1 rewrites it)', () => {
    const terminal = fakeTerminal();
    const text = Object.entries(all).map(
      ([name, one]) =>
        `== ${name}\n${explain(one, terminal, english).join('\n')}\n-- curl\n${formatCurl(one).join('\n')}\n`,
    );
    expectGolden('cli-explain.golden.txt', text.join('\n'));
  });

  test.each([
    ['valid', true],
    ['no_tool', true],
    [null, false],
  ] as const)('bytes compared beside a signature (%s) are not said to have no authority', (state, isSigned) => {
    const verdict = {
      outcome: { tag: 'ok' },
      facts: {
        compared: { algorithm: 'sha256', digest: 'abc' },
        ...(state === null ? {} : { signature: { state, key: null } }),
      },
    } as Transcript['verdict'];
    const said = explain(probed([hop({ marks: { start: 0, end: 10 } })], verdict), fakeTerminal(), english).join('\n');
    expect(said.includes('no authority')).toBe(!isSigned);
    expect(said).toContain('abc');
  });

  test('a digest that an authority verified is not said to be unverified too', () => {
    const digest = { algorithm: 'sha256', digest: 'sha256:abc' };
    const facts = { verified: { ...digest, against: 'index' }, compared: { ...digest, of: 'tiny.whl' } };
    const verdict: Transcript['verdict'] = { outcome: { tag: 'ok' }, facts };
    const said = explain(probed([hop({ marks: { start: 0, end: 10 } })], verdict), fakeTerminal(), english);
    expect(said.filter((line) => line.includes('sha256:abc')).map((line) => line.trim())).toEqual([
      'verified against index: sha256:abc',
    ]);
  });

  test('a client that refuses the response stands beside the verdict', () => {
    const facts = { refused: phrase('answer.refused', { client: 'uv', what: 'size' }) };
    const verdict: Transcript['verdict'] = { outcome: { tag: 'ok' }, facts };
    const [line] = explain(probed([hop({ marks: { start: 0, end: 10 } })], verdict), fakeTerminal(), english);
    expect(line).toMatch(/ {2}ok {2}.* {2}uv refuses this response because of its size; other clients accept it$/);
  });

  test('in Chinese, with the same numbers', () => {
    for (const [name, one] of Object.entries(all)) {
      const [said, as] = [wordsOf('zh'), english].map((say) => explain(one, fakeTerminal(), say).join('\n'));
      expect(
        englishLeft(said?.replace('not found: bad upstream', '') ?? '', ['kind', 'limitMs', 'status', 'mod']),
        name,
      ).toEqual([]);
      expect(said?.match(/[\d.]+ m?s\b/g)).toEqual(as?.match(/[\d.]+ m?s\b/g));
      expect(said).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  test('what a mirror calls itself moves no cursor', () => {
    const evil = 'v1\u001b[2J\u009b31m\u202e\nmore';
    const named = { ...well.sample.facts, resolvedVersion: evil, listed: { count: 1, newest: evil } };
    const tls = well.sample.tls && { ...well.sample.tls, issuer: evil };
    const lines = explain({ ...well, sample: { ...well.sample, facts: named, tls } }, fakeTerminal(), english);
    expect(lines.join('')).not.toMatch(/\p{C}/u);
    expect(lines.filter((line) => line.includes('v1?[2J?31m??more'))).toHaveLength(3);
  });

  test("curl's times are cumulative from the start of the last hop, 0 where nothing happened", () => {
    const fields = Object.fromEntries(formatCurl(well).map((line) => line.split('=', 2)));
    expect(fields).toMatchObject({
      time_namelookup: '0.010000',
      time_connect: '0.050000',
      time_appconnect: '0.130000',
      time_starttransfer: '0.330000',
      time_total: '0.400000',
      time_redirect: '0.230000',
      num_redirects: '1',
      exitcode: '0',
    });
    expect(Object.fromEntries(formatCurl(timedOut).map((line) => line.split('=', 2)))).toMatchObject({
      time_appconnect: '0.000000',
      http_code: '000',
      exitcode: '1',
    });
  });

  test('every line is a name and a value, and no name comes twice', () => {
    for (const one of Object.values(all)) {
      const names = formatCurl(one).map((line) => /^([a-z_]+)=/.exec(line)?.[1]);
      expect(names).not.toContain(undefined);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('figures for people', () => {
  test.each([
    [null, '–'],
    [undefined, '–'],
    [0, '0.0 ms'],
    [999.94, '999.9 ms'],
    [1000, '1.00 s'],
    [12_345, '12.35 s'],
  ])('%s ms', (ms, want) => {
    expect(durationText(ms)).toBe(want);
  });

  test.each([
    [0, ''],
    [1, '████'],
    [0.5, '██'],
    [1 / 32, '▏'],
    [7, '████'],
    [-1, ''],
    [Number.NaN, ''],
  ])('a bar of %s', (share, want) => {
    expect(bar(share, 4)).toBe(want);
  });

  test('a table: columns aligned, nothing behind the last', () => {
    expect(
      table(
        ['', 'name', 'ms'],
        [
          ['1', 'a', '5'],
          ['10', 'longer', '12345'],
        ],
        new Set([0, 2]),
      ),
    ).toEqual(['    name       ms', ' 1  a           5', '10  longer  12345']);
  });
});
