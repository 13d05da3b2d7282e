import { expect, test } from 'vitest';
import type { ClientEnd } from '../../../src/core/client-run.ts';
import { judgeReport, makeClientOrder } from '../../../src/daemon/client-order.ts';
import type { RealClient } from '../../../src/ecosystems/real-client.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { saySentence } from '../../../src/words/tell.ts';
import { english } from '../../../src/words/words.ts';
import { sampleConfig, sampleMirror } from '../../support/sample-config.ts';
import { table } from '../../support/table.ts';

const fake: RealClient = {
  id: 'fake',
  usualRequests: 1,
  cannot: () => null,
  plan: () => ({ args: [], env: {}, files: {}, fetched: 'work' }),
  why: (words) => ({ text: words, isElsewhere: words.includes('elsewhere') }),
};

type Row = readonly [
  string,
  ClientEnd,
  { files: number; said: string },
  readonly [string, string | null, number | null],
];

test.each(table<Row[]>('unit/daemon/client-order', 'a client that is %s'))(
  'a client that is %s',
  (_name, end, { files, said }, [outcome, reason, exitCode]) => {
    const report = { end, tookMs: 1, files, bytes: files * 10, said, words: said };
    const { sentence, ...judged } = judgeReport(report, fake, 'https://mirror.example.com');
    expect(judged).toEqual({ outcome, reason, exitCode });
    // Our reason can be said in any language; the client's own stays as it is.
    if (sentence !== undefined) expect(saySentence(sentence, english)).toBe(reason);
  },
);

test('a reason is one line, printable and bounded', () => {
  const report = {
    end: { tag: 'exited', code: 1 } as const,
    tookMs: 1,
    files: 0,
    bytes: 0,
    said: 'x'.repeat(9_999),
    words: '',
  };
  expect(judgeReport(report, fake, 'https://mirror.example.com').reason?.length).toBe(500);
  const odd = { ...report, said: 'one\n\ttwo \u001b[31mred' };
  expect(judgeReport(odd, fake, 'https://mirror.example.com').reason).toBe('one two ?[31mred');
});

test('another user is for root alone', () => {
  const mirror = sampleMirror('a');
  const ask = { mirror, client: fake, module: 'm', version: null };
  const user = { uid: 4242, gid: 4243 };
  const config = sampleConfig({ clientRuns: { everyMs: 1, pairs: [], leftOut: [], timeoutMs: 77, user } });
  const means = { config, registry, version: '1', isRoot: true };
  expect(makeClientOrder(ask, means)).toMatchObject({ command: 'fake', user, timeoutMs: 77 });
  expect(makeClientOrder(ask, { ...means, isRoot: false }).user).toBeNull();
  expect(makeClientOrder(ask, { ...means, config: sampleConfig() }).user).toEqual({ uid: 65534, gid: 65534 });
});
