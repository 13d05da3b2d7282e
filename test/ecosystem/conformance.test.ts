import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Walker, walkChain } from '../../src/advise/comparison/walk.ts';
import { isSafeEnv } from '../../src/core/advice.ts';
import { becauses, type Outcome, type ProbeFailure, phases, reasons } from '../../src/core/failure.ts';
import { limits } from '../../src/core/limits.ts';
import type { Mirror } from '../../src/core/mirror.ts';
import type { Prober } from '../../src/core/ports.ts';
import type { ProbeRequest, ProbeResponse, Verdict } from '../../src/core/transcript.ts';
import { showChain } from '../../src/ecosystems/client.ts';
import { loadProber } from '../../src/ecosystems/prober.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { saySentence } from '../../src/words/tell.ts';
import { english } from '../../src/words/words.ts';
import { anyText } from '../support/any-text.ts';
import { englishOf } from '../support/english.ts';
import { beginsAs } from '../unit/ecosystems/talk.ts';
import { answerOf, baseUrl, contextOf, type Fixture, fixturesOf, sourcesOf, targetOf, urlOf } from './fixture.ts';

type Told = { readonly asks: readonly ProbeRequest[]; readonly verdict: Verdict };

/** After work of our own: nothing was asked, and nothing is told. */
const worked: ProbeResponse = { tag: 'answered', status: 200, headers: {}, body: new Uint8Array(0), finalUrl: '' };

/** Holds a conversation, and holds it to the rules that no answer may make it break. */
async function hold(
  [id, prober]: readonly [string, Prober],
  fixture: Fixture,
  answer: (ask: ProbeRequest, at: number) => ProbeResponse,
): Promise<Told> {
  const asks: ProbeRequest[] = [];
  const mayQuery = fixture.answers.some(({ path }) => path.includes('?'));
  const conversation = prober.probe(targetOf(id, fixture), contextOf(fixture));
  let turn = conversation.next();
  while (!turn.done) {
    const ask = turn.value;
    if (ask.work !== undefined) {
      await ask.work();
      turn = conversation.next(worked);
      continue;
    }
    // What an answer said where to ask is foreign: the guard holds from its first hop on.
    if (ask.foreign !== true) expect(ask.url.startsWith(`${baseUrl}/`), ask.url).toBe(true);
    expect(new URL(ask.url).href, 'no dots to climb with').toBe(ask.url);
    // A file's URL may be signed: the query of one that an answer gave is its own.
    expect(ask.url).not.toMatch(mayQuery || ask.foreign === true ? /#/ : /[?#]/);
    expect(ask.bodyBytesMax).toBeLessThanOrEqual(limits.zipBytes);
    asks.push(ask);
    expect(asks.length).toBeLessThanOrEqual(limits.requestsPerProbe);
    turn = conversation.next(answer(ask, asks.length - 1));
  }
  const verdict = turn.value;
  const { outcome } = verdict;
  if (outcome.tag === 'failed') expect(reasons).toContain(outcome.failure.kind);
  if (outcome.tag === 'unknown') expect(becauses).toContain(outcome.because);
  expect(JSON.parse(JSON.stringify(verdict)), 'survives JSON').toEqual(verdict);
  return { asks, verdict };
}

/** The recorded answers, and after them "not found": a changed conversation may ask for what was never recorded. */
function replay(fixture: Fixture): (ask: ProbeRequest, at: number) => ProbeResponse {
  const missing: ProbeResponse = {
    tag: 'answered',
    status: 404,
    headers: {},
    body: Buffer.from('not found'),
    finalUrl: baseUrl,
  };
  return (ask) => {
    const found = fixture.answers.find(({ path }) => urlOf(path) === ask.url);
    return found === undefined ? missing : answerOf(found);
  };
}

/** A failure without its sentences, each of which says in English what stands in its field. */
function inEnglish(outcome: Outcome): object {
  if (outcome.tag !== 'failed') return outcome;
  const { sentences, ...failure } = { sentences: {}, ...outcome.failure };
  const said = Object.entries(sentences).map(([field, sentence]) => [field, saySentence(sentence, english)]);
  expect(failure).toMatchObject(Object.fromEntries(said));
  expect('expected' in failure && said.length === 0).toBe(false);
  return { tag: 'failed', failure };
}

/** One of each failure that the wire can report. */
const failures: readonly ProbeFailure[] = [
  { kind: 'resolve_not_found', code: 'ENOTFOUND' },
  { kind: 'resolve_failed', code: 'ESERVFAIL' },
  { kind: 'refused', code: 'ECONNREFUSED' },
  { kind: 'unreachable', code: 'EHOSTUNREACH' },
  { kind: 'reset', code: 'ECONNRESET' },
  { kind: 'proxy', code: 'MW_PROXY_CONNECT' },
  ...phases.map((phase) => ({ kind: `timeout_${phase}`, limitMs: 10_000 }) as const),
  { kind: 'tls_expired', code: 'CERT_HAS_EXPIRED' },
  { kind: 'cut', phase: 'transfer', bytesRead: 1 },
  { kind: 'redirect', hops: 11 },
  { kind: 'forbidden_target', hops: 2 },
  { kind: 'oversize', limitBytes: 1 },
  { kind: 'malformed', expected: 'an HTTP head' },
];

const faults: readonly ProbeResponse[] = [
  ...failures.map((failure) => ({ tag: 'failed', failure }) as const),
  ...(['resolver', 'local', 'defect'] as const).map((because) => ({ tag: 'unknown', because, code: 'X' }) as const),
];

const anyAnswer: fc.Arbitrary<ProbeResponse> = fc.oneof(
  fc.constantFrom(...faults),
  fc.record({
    tag: fc.constant('answered' as const),
    status: fc.oneof(
      { weight: 3, arbitrary: fc.constant(200) },
      { weight: 1, arbitrary: fc.integer({ min: 100, max: 599 }) },
    ),
    headers: fc.dictionary(fc.constantFrom('retry-after', 'content-type', 'x'), fc.string()),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      anyText().map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
      fc.stringMatching(/^(v\d\.\d\.\d(-[a-z.0-9]{0,4})?\n){0,4}$/).map((text) => Buffer.from(text)),
      fc
        .uint8Array({ maxLength: 90 })
        .map((tail) => Buffer.concat([Buffer.from('PK\x03\x04'), tail, Buffer.from('PK\x05\x06'), Buffer.alloc(18)])),
    ),
    finalUrl: fc.constant(baseUrl),
  }),
);

test.each([
  ['id', registry.all.map(({ id }) => id)],
  ['step', registry.all.flatMap(({ steps }) => Object.keys(steps))],
  ['real client', registry.all.flatMap(({ realClients }) => realClients.map(({ id }) => id))],
  ['stored key', registry.all.flatMap(({ learning }) => learning?.keys ?? [])],
])('no two ecosystems share a %s', (_, words) => expect(new Set(words).size).toBe(words.length));

for (const ecosystem of registry.all) {
  const { id } = ecosystem;
  const held = [id, await loadProber(id)] as const;
  const fixtures = fixturesOf(id);
  const declared = Object.keys(ecosystem.steps);

  describe(`${id}: declarations`, () => {
    test('its words are words: of a label, a key and a folder', () => {
      for (const word of [id, ...declared, ...ecosystem.clients.map((client) => client.id)])
        expect(word).toMatch(/^[a-z][a-z0-9]{0,15}$/);
      expect(registry.of(id)).toBe(ecosystem);
    });

    test('the canary is a light step of its own', () =>
      expect(ecosystem.steps[ecosystem.canary]?.weight).toBe('light'));

    test('a fetch asks its canary or more, each step one of its own', () => {
      expect(ecosystem.fetch.length).toBeGreaterThan(0);
      expect(declared).toEqual(expect.arrayContaining([...ecosystem.fetch]));
      for (const { relay } of ecosystem.clients) if (relay !== undefined) expect(declared).toContain(relay.step);
    });

    test('each usual deadline fits into its pace', () => {
      for (const step of declared) {
        const { everyMs, timeoutMs } = ecosystem.steps[step]?.usualPace ?? { everyMs: 0, timeoutMs: 0 };
        expect(timeoutMs ?? 10_000).toBeGreaterThan(0);
        expect(timeoutMs ?? 10_000).toBeLessThan(everyMs ?? 30_000);
        expect(timeoutMs ?? 10_000).toBeLessThanOrEqual(limits.timeoutMsMax);
        // A head moves nothing.
        expect(ecosystem.steps[step]?.usualBytes).toBeGreaterThanOrEqual(0);
      }
    });

    test('what it stores stands under a beginning of its own, over which it reads hashes', () => {
      for (const key of ecosystem.learning?.keys ?? []) expect(key).toMatch(/^[a-z][a-z0-9./-]{0,19}$/);
      expect(ecosystem.learning?.pinned(new Map(), ecosystem.publicUpstream ?? 'some') ?? {}).toEqual({});
      expect(ecosystem.learning?.learn(new Map(), {}) ?? []).toEqual([]);
    });

    test('a module that may be asked for by hand is one that an entry may name', () => {
      const { example } = ecosystem.names;
      if (example !== null) expect(ecosystem.names.parse(example).tag).toBe('ok');
    });

    test.each(ecosystem.clients.map((client) => [client.id, client] as const))(
      'what %s has by itself is a chain that an operator may write, with a remedy to paste',
      (_, client) => {
        const usual = client.usual('https://mirror.example.com/base');
        expect(client.mistake(usual)).toBe(null);
        const chain = client.parse(usual);
        if (chain.tag === 'error') throw new Error(chain.error.kind);
        expect(chain.value.members[0]?.key).toBe(client.member('https://mirror.example.com/base').key);
        expect(chain.value.separators.length).toBe(chain.value.members.length - 1);
        const { remedy, rollback, notes } = client.remedy(chain.value, chain.value, []);
        expect(rollback).not.toBe('');
        // A client that takes no path says so of the mirror it leaves out; one at the root of its host it always takes.
        const root = { members: [client.member('https://mirror.example.com')], separators: [] };
        const ofRoot = client.remedy(root, root, []).remedy;
        for (const form of client.forms) {
          expect(remedy[form] ?? englishOf(notes), form).toContain('mirror.example.com/base');
          expect(ofRoot[form], form).toContain('mirror.example.com');
        }
        for (const [profile, form] of Object.entries(client.profileForms ?? {})) {
          const url = 'https://mirror.example.com/base';
          const mirrors = [{ url, own: { profile } }] as unknown as readonly Mirror[];
          const ofProfile = client.remedy(chain.value, chain.value, [], { mirrors }).remedy;
          expect(ofProfile[form], profile).toContain('mirror.example.com/base');
        }
        if (remedy['json'] !== undefined) expect(() => JSON.parse(remedy['json'] ?? '')).not.toThrow();
        if (remedy['env'] !== undefined) expect(isSafeEnv(remedy['env'], client.variables)).toBe(true);
        const walker: Walker = { client, nameOf: ({ key }) => key };
        const ends = { ok: 'ok', failed: 'failed', unknown: 'unknown' } as const;
        for (const reply of [
          { tag: 'ok', tookMs: 1 },
          { tag: 'failed', tookMs: 1, status: 500 },
          { tag: 'unknown' },
        ] as const)
          expect(walkChain(walker, { members: chain.value.members.slice(0, 1), separators: [] }, () => reply).tag).toBe(
            ends[reply.tag],
          );
      },
    );

    test.each(ecosystem.clients.map((client) => [client.id, client] as const))(
      'a chain that %s has is read back from how it is shown and stored',
      (_, client) => {
        for (const between of [' ', ',', '|']) {
          const chain = client.parse(`https://a.example.com/x${between}https://b.example.com`);
          if (chain.tag === 'ok') expect(client.parse(showChain(chain.value))).toEqual(chain);
        }
      },
    );
  });

  describe(`${id}: fixtures`, () => {
    test.each(declared)('%s has one that is well and one that fails', (step) => {
      const tags = fixtures.filter((fixture) => fixture.step === step).map((fixture) => fixture.want.outcome.tag);
      expect(new Set(tags)).toEqual(new Set(['ok', 'failed']));
    });

    test('each has its source', () => {
      const named = [...sourcesOf(id).matchAll(/`([a-z0-9-]+)`/g)].map((found) => found[1]);
      expect(named.sort()).toEqual(fixtures.map(({ name }) => name).sort());
    });

    test.each(fixtures.map((fixture) => [fixture.name, fixture] as const))('%s', async (_, fixture) => {
      const { asks, verdict } = await hold(held, fixture, replay(fixture));
      const { seen, artifact, begins, ...facts } = verdict.facts;
      expect({ ...verdict, outcome: inEnglish(verdict.outcome), facts }).toEqual(fixture.want);
      // What is said to lie elsewhere is a download that this ecosystem has.
      if (artifact !== undefined) expect(ecosystem.steps[artifact.step]?.weight).toBe('heavy');
      // What was hashed is at hand as evidence wherever its digest is told and its bytes were read.
      if (seen !== undefined) expect(seen.firstHex.length).toBe(2 * Math.min(seen.bytes, limits.bytesShown));
      // How an artifact begins is that of the last answer that is no aside, of which these fixtures have all bytes.
      const last = fixture.answers.findLast(({ aside }) => aside !== true);
      if (begins !== undefined && last !== undefined) {
        const { body } = answerOf(last) as { readonly body: Uint8Array };
        expect({ begins }).toEqual(beginsAs(body, body.length));
      }
      const asked = asks.map(({ url, aside }) => ({ url, aside: aside ?? false }));
      expect(asked).toEqual(fixture.answers.map(({ path, aside }) => ({ url: urlOf(path), aside })));
    });
  });

  const sound = fixtures.filter((fixture) => fixture.want.outcome.tag === 'ok');

  describe(`${id}: every fault at every ask, once and from then on`, () => {
    test.each(sound.map((fixture) => [fixture.name, fixture] as const))('%s', async (_, fixture) => {
      const recorded = replay(fixture);
      for (const fault of faults) {
        for (const at of fixture.answers.keys()) {
          for (const goesOn of [false, true]) {
            const { verdict } = await hold(held, fixture, (ask, now) =>
              now === at || (goesOn && now > at) ? fault : recorded(ask, now),
            );
            // A fault of an aside may be of no consequence; one of a timed ask ends the probe as the wire said.
            if (fixture.answers[at]?.aside !== true)
              expect(verdict.outcome).toMatchObject(
                fault.tag === 'unknown' ? { tag: 'unknown', because: fault.because } : fault,
              );
          }
        }
      }
    });
  });

  describe(`${id}: any answer at all`, () => {
    test.each(declared)('%s ends typed', async (step) => {
      const of = fixtures.filter((fixture) => fixture.step === step);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...of),
          fc.nat(5),
          fc.infiniteStream(anyAnswer),
          async (fixture, from, stream) => {
            const recorded = replay(fixture);
            await hold(held, fixture, (ask, at) => {
              const odd = stream.next();
              return at < from || odd.done === true ? recorded(ask, at) : odd.value;
            });
          },
        ),
        { numRuns: 300 },
      );
    });

    test('bytes of a recorded body changed', async () =>
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...fixtures),
          fc.nat(5),
          fc.nat(),
          fc.integer({ min: 1, max: 255 }),
          async (fixture, which, place, flip) => {
            const recorded = replay(fixture);
            await hold(held, fixture, (ask, at) => {
              const answer = recorded(ask, at);
              if (at !== which || answer.tag !== 'answered' || answer.body.length === 0) return answer;
              const body = Buffer.from(answer.body);
              const spot = place % body.length;
              body.writeUInt8((body[spot] ?? 0) ^ flip, spot);
              return { ...answer, body };
            });
          },
        ),
        { numRuns: 1_000 },
      ));
  });
}
