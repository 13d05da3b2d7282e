import { describe, expect, it } from 'vitest';
import { type Advice, isSafeEnv, type RemedyNow } from '../../../src/core/advice.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import { goClient } from '../../../src/ecosystems/go/client.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { table } from '../../support/table.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { fixtureConfig } from './fixture-config.ts';
import { fixture } from './fixture-deps.ts';
import { serveInTest } from './serve-fixture.ts';
import type { Reply } from './server.ts';

const set: RemedyNow = {
  kind: 'set',
  chain: fixtureAdvice.chain.after,
  advice: fixtureAdvice,
  remedy: fixtureAdvice.remedy,
};
async function ask(
  now: RemedyNow,
  path: string,
  more: readonly Partial<Mirror>[] = [],
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply & { defects: readonly unknown[] }> {
  const mirrors = [
    ...fixtureConfig.mirrors,
    ...fixtureConfig.mirrors
      .slice(0, 1)
      .flatMap((mirror) => [
        { ...mirror, name: 'inner', upstream: 'corp' },
        { ...mirror, name: 'deb', ecosystem: 'http', upstream: 'debian', own: { profile: 'debian' } },
        { ...mirror, name: 'plain', ecosystem: 'http', upstream: 'files' },
        ...more.map((one, at) => ({ ...mirror, name: `more-${at}`, ...one })),
      ]),
  ];
  const { deps, defects } = fixture({ remedy: () => now, configWith: { mirrors } });
  const served = await serveInTest(deps);
  return { ...(await served.ask(`/api/v1/advice/${path}`, { headers })), defects };
}

describe('what should be set now', () => {
  const id = fixtureAdvice.id;
  const expires = '2026-03-05T08:13:02.000Z';
  const env = `${fixtureAdvice.remedy['env']}\n`;
  it.each<[string, RemedyNow, string, object]>([
    [
      'a proposed chain, as env by default',
      set,
      'go/remedy',
      { status: 200, id, expires, state: undefined, text: env },
    ],
    ['as env', set, 'go/remedy?as=env', { status: 200, id, expires, state: undefined, text: env }],
    [
      'as json',
      set,
      'go/remedy?as=json',
      { status: 200, id, expires, state: undefined, text: `${fixtureAdvice.remedy['json']}\n` },
    ],
    [
      'the declared chain is right',
      { kind: 'nothing', state: 'right' },
      'go/remedy',
      { status: 204, id: undefined, expires: undefined, state: undefined, text: '' },
    ],
    [
      'refused, and nothing was accepted',
      { kind: 'nothing', state: 'refused' },
      'go/remedy',
      { status: 204, id: undefined, expires: undefined, state: 'refused', text: '' },
    ],
    [
      'it may be us, and nothing was accepted',
      { kind: 'nothing', state: 'suspect' },
      'go/remedy',
      { status: 204, id: undefined, expires: undefined, state: 'suspect', text: '' },
    ],
    [
      'the line of the profile by default',
      { ...set, remedy: { apt: 'a line' } },
      'http/remedy?upstream=debian',
      { status: 200, id, expires, state: undefined, text: 'a line\n' },
    ],
    [
      'the line of the profile by name',
      { ...set, remedy: { apt: 'a line' } },
      'http/remedy?upstream=debian&as=apt',
      { status: 200, id, expires, state: undefined, text: 'a line\n' },
    ],
    ['an upstream by name', set, 'go/remedy?upstream=corp', { status: 200, id, expires, state: undefined, text: env }],
  ])('%s', async (_name, now, path, want) => {
    const reply = await ask(now, path);
    const got = {
      status: reply.status,
      id: reply.headers['x-advice-id'],
      expires: reply.headers['x-advice-expires'],
      state: reply.headers['x-advice-state'],
      text: reply.text,
    };
    expect(got).toEqual(want);
    expect(reply.headers['cache-control']).toBe('no-store');
  });
  it.each<[string, string, number]>(table('unit/api/remedy', 'what should be set now'))(
    '%s',
    async (_name, path, status) => {
      const reply = await ask(set, path);
      expect(reply.status).toBe(status);
      if (status !== 200) expect(reply.headers['content-type']).toContain('application/problem+json');
    },
  );
  const hub = { ecosystem: 'oci', upstream: 'docker.io' };
  it('the only upstream that is configured need not be named', async () =>
    expect(await ask({ ...set, remedy: { json: '{}' } }, 'oci/remedy?as=json', [hub])).toMatchObject({
      status: 200,
      text: '{}\n',
    }));
  it.each(
    table<[string, string, readonly Partial<Mirror>[], string][]>(
      'unit/api/remedy',
      'what should be set now: says what there is instead of %s',
    ),
  )('says what there is instead of %s', async (_name, path, more, detail) =>
    expect((await ask(set, path, more)).json()).toMatchObject({ detail }),
  );
  it.each(registry.ids)('%s without an upstream is either known or 400', async (ecosystem) => {
    const { status } = await ask(set, `${ecosystem}/remedy?as=json`);
    expect(status).toBe(
      new Map(Object.entries({ go: 200, npm: 404, pypi: 404, oci: 400, cargo: 404, http: 400 })).get(ecosystem),
    );
  });
  it('a chain that cannot be pasted safely is 409 with the chain, never half a line', async () => {
    const reply = await ask({ ...set, remedy: {} }, 'go/remedy');
    expect(reply.status).toBe(409);
    expect(reply.json()).toMatchObject({ adviceId: id, chain: fixtureAdvice.chain.after });
  });
  it('lines that do more than export are our mistake and are not sent', async () => {
    const reply = await ask({ ...set, remedy: { env: "export GOPROXY='x'; rm -rf ~" } }, 'go/remedy');
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('rm -rf');
    expect(reply.defects).toHaveLength(1);
  });
});

it.each<[string, string, boolean]>(table('unit/api/remedy', 'the last look before a shell evaluates it'))(
  'the last look before a shell evaluates it: %s',
  (_name, text, is) => expect(isSafeEnv(text, goClient.variables)).toBe(is),
);

it.each<[string, string, number]>([
  ['an inherited word as ecosystem', '__proto__/remedy', 404],
  ['another one', 'constructor/remedy', 404],
  ['an ecosystem in capitals', 'GO/remedy', 404],
  ['a NUL in the ecosystem', 'go%00/remedy', 404],
  ['a way up', '..%2Fgo/remedy', 404],
  ['half an escape', 'go%/remedy', 400],
  ['bytes that are no UTF-8', '%ff/remedy', 400],
  ['an inherited word as form', 'go/remedy?as=__proto__', 400],
  ['another one', 'go/remedy?as=toString', 400],
  ['an empty form', 'go/remedy?as=', 400],
  ['a form as a list', 'go/remedy?as[]=env', 400],
  ['a form as a mapping', 'go/remedy?as[x]=env', 400],
  ['an empty upstream', 'go/remedy?upstream=', 400],
  ['an inherited word as upstream', 'go/remedy?upstream=__proto__', 404],
  ['an upstream twice', 'go/remedy?upstream=corp&upstream=go', 400],
  ['an upstream that is a page', 'go/remedy?upstream=%3Cscript%3Ealert(1)%3C/script%3E', 404],
  ['an upstream with lines of a head', 'go/remedy?upstream=a%0d%0aX-Evil:%201', 404],
  ['an upstream that is no text', 'go/remedy?upstream=%ff%fe', 404],
  ['an upstream of 10 000 slashes', `go/remedy?upstream=${'/'.repeat(10_000)}x`, 404],
  ['a thousand words', `go/remedy?${'a=1&'.repeat(1_000)}as=env`, 200],
])('hostile contents: %s', async (_name, path, status) => {
  const reply = await ask(set, path);
  expect([reply.status, reply.defects, reply.headers['x-evil']]).toEqual([status, [], undefined]);
  if (status !== 200) expect(reply.headers['content-type']).toContain('application/problem+json');
  expect(reply.text).not.toContain('<script');
});

it.each<[Partial<Advice>, string | undefined, number, string | undefined]>([
  [{}, undefined, 200, undefined],
  [{ phase: 'over' }, undefined, 200, undefined],
  [{ phase: 'over', newClients: 'usual' }, undefined, 204, 'over'],
  [{ phase: 'over', newClients: 'usual' }, fixtureAdvice.id, 200, undefined],
  [{ phase: 'over', newClients: 'usual' }, 'advice-of-last-week', 204, 'over'],
])('the line of advice %o for a client that follows advice %s', async (more, id, status, state) => {
  const now = { ...set, advice: { ...fixtureAdvice, ...more } } as RemedyNow;
  const reply = await ask(now, 'go/remedy', [], id === undefined ? {} : { 'x-advice-id': id });
  expect([reply.status, reply.headers['x-advice-state']]).toEqual([status, state]);
});
