import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { WhatIf, WhatIfAsked } from '../../../src/core/what-if.ts';
import { threeMirrors, well } from '../../daemon/three-mirrors.ts';
import { settled, startWorld, stopWorlds } from '../../daemon/world.ts';
import { fixture } from '../api/fixture-deps.ts';
import { fixtureWhatIf } from '../api/fixture-what-if.ts';
import { serve } from '../api/server.ts';
import { run } from './run-program.ts';

const inland = 'https://mirrors.inland.example.com/goproxy';
const coast = 'https://goproxy.coast.example.com';
const heard: WhatIfAsked[] = [];
const answer = fixtureWhatIf();
const served = await serve(
  fixture({
    whatIf(asked) {
      heard.push(asked);
      return answer(asked);
    },
  }).deps,
);
afterAll(() => served.close());
afterEach(stopWorlds);
const url = `http://127.0.0.1:${served.port}`;

describe('what-if', () => {
  test('the edited chain beside the one in use and the one advised', async () => {
    const { code, out, err } = await run(['what-if', `${inland},direct`, '--url', url]);
    expect([code, err]).toEqual([0, '']);
    // Columns are looked at below; here it is what stands in them.
    expect(out.split('\n').map((line) => line.replace(/(?<=\S) {2,}/g, ' | '))).toEqual([
      'Chain of go (go/go) | this chain | in use | advised',
      'successful light requests | 96.6 % to 100 % | 89.8 % | 100 %',
      '  95 % interval | 88.5 % to 100 % | 79.5 % to 95.3 % | 93.9 % to 100 %',
      'one fetch | 2.48 s | 3.80 s | 2.53 s',
      '  95 % interval | 2.48 s | 3.79 s to 3.80 s | 2.46 s to 2.59 s',
      'with the cost of failures | 2.48 s to 9.26 s | 24.14 s | 2.53 s',
      'one build | 4.13 s | 6.33 s | 4.21 s',
      'builds that fail | 0 % to 29.2 % | 65.8 % | 0 %',
      'a build with the cost of failures | 4.13 s to 91.64 s | 203.68 s | 4.21 s',
      'downloads | 0 of the last 5 failed | 0 of the last 5 failed | 0 of the last 5 failed',
      'based on | 59 measurements in 29 min | 59 measurements in 29 min | 59 measurements in 29 min',
      '',
      'Compared with the chain in use: faster. Both chains have 62 measurements in common, including downloads and confirming rounds. In 6 only this chain succeeds, in 0 only the other one.',
      'Compared with the chain advised: as fast. Both chains have 62 measurements in common, including downloads and confirming rounds. In 0 only this chain succeeds, in 0 only the other one.',
      '',
      `  inland ${inland} | 57 of 59 probes succeeded`,
      '  direct | requests that bypass the mirrors are not measured',
      '',
      '2 of 59 measurements end at a member that is not measured. They may succeed or fail, so shares and costs are ranges. Times come from the other measurements.',
      'The numbers use the same model as advice: a fetch sends its requests one after the other; a build makes ten light requests and five downloads, three at a time; a failure costs 5 min. The intervals assume independent measurements.',
    ]);
    const ends = out
      .split('\n')
      .slice(0, 11)
      .map((line) => line.length);
    expect(new Set(ends).size).toBe(1);
  });

  test('from a daemon that runs', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(150);
    const chain = 'https://b.example.net/goproxy|https://a.example.com,direct';
    const ran = await settled(world.time, run(['what-if', chain, '--json', '--url', world.daemon.url]), 1);
    expect([ran.code, ran.err]).toEqual([0, '']);
    const { edited, inUse, advised } = JSON.parse(ran.out) as WhatIf;
    expect(edited).toMatchObject({ basis: 'paired', unmeasured: 0, availability: { atLeast: 1, atMost: 1 } });
    expect(edited.moments).toBeGreaterThanOrEqual(5);
    expect(edited.members.map(({ registry }) => registry)).toEqual(['b', 'a', null]);
    expect(inUse?.outlook.chain).toBe('https://a.example.com,https://b.example.net/goproxy,direct');
    expect(advised).toBeNull();
  });

  test('in Chinese where the environment is', async () => {
    const { out } = await run(['what-if', coast, '--url', url], { env: { LANG: 'zh_CN.UTF-8' } });
    expect(out).toContain('这条链');
    expect(out).toContain('coast https://goproxy.coast.example.com  59 次探测中有 53 次成功');
    const { err } = await run(['what-if', `${coast},word`, '--url', url], { env: { LC_ALL: 'zh_CN.UTF-8' } });
    expect(err).toBe('mirrorwatch：请求有误：成员 2 是保留字；应为：GOPROXY 的一行。');
  });

  test('--json is what the daemon answered; credentials stay here', async () => {
    heard.length = 0;
    const chain = `https://robot:s3,c|r et@${inland.slice(8)}|${coast}`;
    const { code, out } = await run(['what-if', chain, '--json', '--ecosystem', 'go', '--client', 'go', '--url', url]);
    expect(code).toBe(0);
    const asked = { chain: `${inland}|${coast}`, ecosystem: 'go', upstream: null, client: 'go' };
    expect(heard).toEqual([asked]);
    const answered = answer(asked);
    expect(answered.tag === 'ok' && (JSON.parse(out) as WhatIf)).toEqual(answered.tag === 'ok' && answered.value);
  });

  test.each([
    [['what-if', `${coast},word`, '--url', url], 2, 'Member 2 is a reserved word; expected: a GOPROXY line.'],
    [['what-if', 'git.example.com/team/lib', '--url', url], 2, 'is private by configuration'],
    [['what-if', '--url', url], 2, 'which chain?'],
    [['what-if', coast, '--url', 'http://127.0.0.1:1'], 1, 'no daemon responds at http://127.0.0.1:1'],
  ])('%j is %i, said on standard error', async (argv, code, said) => {
    const ran = await run(argv);
    expect([ran.code, ran.out]).toEqual([code, '']);
    expect(ran.err).toContain(said);
  });

  test('what is no daemon, and what moves a cursor', async () => {
    const evil = 'x\u001b[31m\u009b2J\u202e\nmore';
    const answers = ['{"status":"ok"}', 'null', '<html>'];
    const ok = answer({ chain: coast, ecosystem: null, upstream: null, client: null });
    if (ok.tag === 'error') throw new Error(ok.error.kind);
    const { edited } = ok.value;
    const told = {
      ...ok.value,
      ecosystem: evil,
      edited: { ...edited, members: [{ ...edited.members[0], shown: evil }] },
    };
    answers.push(JSON.stringify(told), JSON.stringify(told));
    const server = createServer((_request, response) => void response.end(answers.shift()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const there = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (let i = 0; i < 3; i += 1)
      expect(await run(['what-if', coast, '--url', there])).toMatchObject({
        code: 1,
        out: '',
        err: `mirrorwatch: the server at ${there} is not a mirrorwatch daemon`,
      });
    for (const json of [[], ['--json']]) {
      const { out } = await run(['what-if', coast, ...json, '--url', there]);
      expect(out).toContain('x');
      expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    server.close();
  });
});
