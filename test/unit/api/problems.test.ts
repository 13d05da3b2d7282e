import { describe, expect, it } from 'vitest';
import en from '../../../locales/en.json' with { type: 'json' };
import { remedyFormsOf } from '../../../src/api/actions.ts';
import { eventTypes } from '../../../src/api/app.ts';
import type { ApiDeps } from '../../../src/api/deps.ts';
import { script } from '../../../src/api/page/assets.ts';
import { trendRanges } from '../../../src/core/trend.ts';
import { kindsOf, registry } from '../../../src/ecosystems/registry.ts';
import { saySentence } from '../../../src/words/tell.ts';
import { wordsOf } from '../../../src/words/words.ts';
import { englishLeft } from '../cli/english-left.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { serveFixture } from './serve-fixture.ts';
import type { Asked } from './server.ts';

// What people are told of a problem is in their language; what programs go by is the same in every one.

type Problem = { readonly type: string; readonly title: string; readonly status: number; readonly detail: string };

const api = '/api/v1';
const post = (body?: string | object): Asked => ({ method: 'POST', ...(body === undefined ? {} : { body }) });
const alerts = (because: 'queue' | 'state' | 'stopping'): FixtureChange => ({
  takeAlerts: async () => ({ tag: 'unavailable', because }),
});
const notification = { version: '4', alerts: [] };
const bearer = { authorization: 'Bearer hunter2-hunter2-hunter2' };
const withToken: FixtureChange = { configWith: { alertmanager: fixtureAlertmanager() } };

function fixtureAlertmanager() {
  const secret = { reveal: () => 'hunter2-hunter2-hunter2' };
  return { token: secret, repeatMs: 60_000 } as unknown as NonNullable<ReturnType<ApiDeps['config']>['alertmanager']>;
}

type Row = readonly [status: number, path: string, asked?: Asked, change?: FixtureChange];
const rows: readonly Row[] = [
  [404, '/nowhere'],
  [404, `${api}/probes/none`],
  [405, `${api}/mirrors`, post({})],
  [403, '/', { headers: { host: 'evil.example.com' } }],
  [403, '/-/reload', { method: 'POST', headers: { origin: 'https://evil.example.com' } }],
  [401, `${api}/alertmanager`, post(notification)],
  [400, `${api}/mirrors?limit=0`],
  [400, `${api}/verdicts?at=noon`],
  [400, `${api}/mirrors?limit=1&limit=2`],
  [400, `${api}/mirrors?cursor=x`],
  [400, `${api}/mirrors?limit=`],
  [400, `${api}/findings?state=open`],
  [400, `${api}/mirrors/coast/trend?range=year`],
  [400, `${api}/events?types=moon`],
  [400, `${api}/advice/go/remedy?as=moon`],
  [400, `${api}/advice/oci/remedy`],
  [404, `${api}/advice/go/remedy?upstream=moon`],
  [406, `${api}/advice/go/remedy?as=npmrc`],
  [409, `${api}/advice/settled/accept`, post({})],
  [409, `${api}/actions/undone.ci/undo`, post({})],
  [400, `${api}/advice/x/dismiss`, post({ for: 'long', reason: 'x' })],
  [400, `${api}/advice/x/dismiss`, post({ for: '1h' })],
  [400, `${api}/findings/x/ack`, post({})],
  [400, `${api}/mirrors/coast/pause`, post({ for: 60 })],
  [400, `${api}/mirrors/coast/pause`, post({ for: '1h', reason: 1 })],
  [415, `${api}/findings/x/ack`, post('reason=x')],
  [413, `${api}/findings/x/ack`, post({ reason: 'x'.repeat(300_000) })],
  [400, `${api}/findings/x/ack`, { ...post('{'), headers: { 'content-type': 'application/json' } }],
  [400, '/-/reload', post(), { reload: async () => ({ tag: 'invalid', issues: [] }) }],
  [409, '/-/reload', post(), { reload: async () => ({ tag: 'needs_restart', keys: ['listen'] }) }],
  [500, '/-/reload', post(), { reload: () => Promise.reject(new Error('boom')) }],
  [400, `${api}/alertmanager`, { ...post([]), headers: bearer }, withToken],
  [400, `${api}/alertmanager`, { ...post({ version: '3' }), headers: bearer }, withToken],
  [400, `${api}/alertmanager`, { ...post({ version: '4' }), headers: bearer }, withToken],
  [400, `${api}/alertmanager`, { ...post({ ...notification, truncatedAlerts: -1 }), headers: bearer }, withToken],
  ...(['queue', 'state', 'stopping'] as const).map(
    (because) =>
      [
        503,
        `${api}/alertmanager`,
        { ...post(notification), headers: bearer },
        { ...withToken, ...alerts(because) },
      ] as const,
  ),
];

/** Lists of what there is. */
const closedWords = [...eventTypes, ...remedyFormsOf(kindsOf(registry)), ...trendRanges, 'hosts'];

async function problemIn(language: string, [, path, asked = {}, change = {}]: Row) {
  const served = await serveFixture(change);
  const headers = { ...asked.headers, 'accept-language': language };
  const reply = await served.ask(path, { ...asked, headers });
  return { ...reply, problem: reply.json() as Problem };
}

describe('a problem', () => {
  it.each(rows)('%i of %s', async (...given) => {
    const row = given as unknown as Row;
    const [english, chinese] = [await problemIn('en', row), await problemIn('zh-CN', row)];
    expect([english.status, chinese.status]).toEqual([row[0], row[0]]);
    expect(chinese.problem).toEqual({
      ...english.problem,
      title: chinese.problem.title,
      detail: chinese.problem.detail,
    });
    for (const key of ['title', 'detail'] as const) {
      expect(english.problem[key]).not.toMatch(/[\u4e00-\u9fff]/);
      expect(chinese.problem[key]).toMatch(/[\u4e00-\u9fff]|JSON/);
      expect(englishLeft(chinese.problem[key], closedWords)).toEqual([]);
    }
    const told = ({ headers }: typeof english) => [headers['content-language'], headers.vary];
    expect(told(english)).toEqual(['en', 'Accept-Language, Cookie']);
    expect(told(chinese)).toEqual(['zh-CN', 'Accept-Language, Cookie']);
  });

  it('has each text of the catalogue for it seen here, or named', async () => {
    // They need more than one request: a bucket that is empty, streams that are taken, a chain that no line can hold.
    const elsewhere = /\.(too_many|busy|unauthorized)\b|wrongToken|scrapes|sendAgain|unsafeLines/;
    const seen: string[] = [];
    for (const row of rows) {
      const { problem } = await problemIn('en', row);
      seen.push(problem.title, problem.detail);
    }
    const missing = Object.entries(en).filter(([key, text]) => {
      const form = new RegExp(`^${text.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '.*')}$`);
      return key.startsWith('problem.') && !elsewhere.test(key) && !seen.some((one) => form.test(one));
    });
    expect(missing).toEqual([]);
  });

  it.each([
    ['nothing', {}, 'en'],
    ['a client that takes any', { 'accept-language': '*' }, 'en'],
    ['what a page chose', { cookie: 'mirrorwatch-lang=zh', 'accept-language': 'en' }, 'zh-CN'],
  ])('to whom %s is said by', async (_, headers, language) => {
    const served = await serveFixture();
    expect((await served.ask('/nowhere', { headers })).headers['content-language']).toBe(language);
  });
});

it('the page asks for problems in its own language: its posts carry no cookie', () => {
  expect(script).toContain("'accept-language': document.documentElement.lang");
  expect(script).toContain("credentials: 'omit'");
});

it.each(
  registry.ids.flatMap((id) => (registry.of(id)?.clients ?? []).map((client) => [client.id, client.expected] as const)),
)('what is expected of a chain of %s has its Chinese', (_, expected) =>
  expect(saySentence(expected, wordsOf('zh'))).toMatch(/[\u4e00-\u9fff]/),
);
