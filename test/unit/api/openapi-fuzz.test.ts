import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { fixture } from './fixture-deps.ts';
import { fixtureFindings } from './fixture-findings.ts';
import { faultsOf, schemaOf } from './openapi.ts';
import {
  allowedRequests,
  describedOperations,
  forbiddenRequests,
  type Known,
  type MadeRequest,
  type Operation,
} from './openapi-requests.ts';
import { type Reply, type Served, serve } from './server.ts';

// Requests made from openapi.yaml with a fixed seed: what it allows is taken, what it forbids is refused, and each answer
// is what it says. A new parameter is covered as soon as it is described.

const seed = 20_261_121;
const numRuns = 40;

const known: Known = {
  name: ['coast', 'campus', 'inland'],
  registry: ['coast', 'campus'],
  id: ['p-coast-mod-0', fixtureAdvice.id, fixtureFindings[0]?.id ?? ''],
  chain: ['https://campus.example.com', 'https://mirrors.inland.example.com/goproxy,direct'],
  upstream: ['go'],
};

type Refusal = (asked: MadeRequest, reply: Reply) => boolean;
const days = 86_400_000;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: days };
const lengthMs = (asked: MadeRequest): number => {
  const [, count, unit = ''] = /^(\d+)(\w+)$/.exec((asked.body as { for: string }).for) ?? [];
  return Number(count) * (unitMs[unit] ?? Number.NaN);
};

/** Of what a schema allows, what is 400 all the same: rules that its description says in words. */
const refusedByWords: Readonly<Record<string, Refusal>> = {
  getRemedy: ({ values }) => ['oci', 'http'].includes(values['ecosystem'] ?? '') && values['upstream'] === undefined,
  dismissAdvice: (asked) => lengthMs(asked) === 0 || lengthMs(asked) > 30 * days,
  pauseMirror: (asked) => lengthMs(asked) > 30 * days,
};

const { deps } = fixture({ configWith: { alertmanager: { token: new Secret('a-token'), repeatMs: 600_000 } } });
const all: Served[] = [];
afterAll(() => Promise.all(all.map((one) => one.close())));

/** A server of its own for each operation, since what one client may ask in a minute is bounded. */
async function asker({ id, method }: Operation): Promise<(made: MadeRequest) => Promise<Reply>> {
  const served = await serve(deps);
  all.push(served);
  // A stream has no end; its head says all that is tried here.
  const verb = id === 'followEvents' ? 'HEAD' : method;
  const headers = { authorization: 'Bearer a-token', 'content-type': 'application/json' };
  return ({ target, body }) =>
    served.ask(target, { method: verb, ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }) });
}

function expectDescribed({ path, method }: Operation, reply: Reply): void {
  const type = String(reply.headers['content-type'] ?? '').split(';')[0] ?? '';
  if (!/json$/.test(type) || reply.text === '') return;
  const schema = schemaOf(path, method, reply.status, type);
  expect(schema, `no schema of ${reply.status} ${type}`).toBeDefined();
  expect(faultsOf(schema ?? false, reply.json())).toBeNull();
}

const operations = describedOperations();
/** Those that can be asked wrongly. */
const strict = operations.flatMap((operation) => {
  const wrong = forbiddenRequests(operation, known);
  return wrong === null ? [] : [{ id: operation.id, operation, wrong }];
});

describe('what openapi.yaml allows is taken, and answered as it says', () => {
  it.each(operations)('$id', async (operation) => {
    const ask = await asker(operation);
    await fc.assert(
      fc.asyncProperty(allowedRequests(operation, known), async (made) => {
        const reply = await ask(made);
        expectDescribed(operation, reply);
        if (reply.status === 400) expect(refusedByWords[operation.id]?.(made, reply), reply.text).toBe(true);
        else expect(operation.statuses).toContain(reply.status);
      }),
      { seed, numRuns },
    );
  });
});

describe('what openapi.yaml forbids is refused', () => {
  it.each(strict)('$id', async ({ operation, wrong }) => {
    const ask = await asker(operation);
    await fc.assert(
      fc.asyncProperty(wrong, async (made) => {
        const reply = await ask(made);
        expectDescribed(operation, reply);
        expect(reply.status).toBeGreaterThanOrEqual(400);
        expect(reply.status).toBeLessThan(500);
      }),
      { seed, numRuns },
    );
  });
});
