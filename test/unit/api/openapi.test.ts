import { afterAll, describe, expect, it } from 'vitest';
import { routes } from '../../../src/api/problem.ts';
import { phases } from '../../../src/core/failure.ts';
import { Secret } from '../../../src/core/secret.ts';
import { table } from '../../support/table.ts';
import { fixtureAction } from './fixture-action.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { fixture } from './fixture-deps.ts';
import { fixtureFindings } from './fixture-findings.ts';
import { faultsOf, operations, optionalKeys, schemaOf } from './openapi.ts';
import { type Asked, serve } from './server.ts';

const finding = fixtureFindings[0]?.id;
const values: Readonly<Record<string, string>> = { name: 'coast', id: 'p-coast-mod-0', ecosystem: 'go' };
const paramsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/api/v1/advice/{id}/accept': { id: fixtureAdvice.id },
  '/api/v1/advice/{id}/dismiss': { id: fixtureAdvice.id },
  '/api/v1/findings/{id}/ack': { id: finding ?? '' },
  '/api/v1/actions/{id}/undo': { id: fixtureAction.id },
};
const bodies: Readonly<Record<string, object>> = {
  '/api/v1/advice/{id}/dismiss': { for: '2h', reason: 'on purpose' },
  '/api/v1/findings/{id}/ack': { reason: 'seen' },
  '/api/v1/mirrors/{name}/pause': { for: '1h', reason: 'moved' },
  '/api/v1/alertmanager': { version: '4', alerts: [] },
};

const bearer = { authorization: 'Bearer a-token' };

const filled = (path: string): string =>
  path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent((paramsOf[path] ?? values)[key] ?? ''));

const { deps } = fixture({ configWith: { alertmanager: { token: new Secret('a-token'), repeatMs: 600_000 } } });
const served = await serve(deps);
afterAll(() => served.close());

describe('openapi.yaml and the code describe the same routes', () => {
  it('the table of routes is the document, both ways', () =>
    expect(operations.toSorted()).toEqual(routes.map(([method, path]) => `${method} ${path}`).toSorted()));
  it.each(routes.filter(([, path]) => path !== '/api/v1/events'))('%s %s is answered', async (method, path) => {
    const body = bodies[path];
    const reply = await served.ask(filled(path), body === undefined ? { method } : { method, body, headers: bearer });
    expect(reply.status).toBe(200);
  });
  it('express has no route that the table does not name', async () => {
    const { createApi } = await import('../../../src/api/app.ts');
    expect(expressRoutes(createApi(deps)).toSorted()).toEqual(
      routes.map(([method, path]) => `${method} ${path.replace('/api/v1', '')}`).toSorted(),
    );
  });
});

/** Every method and path that express holds; prefixes of mounted routers are not kept by it. */
function expressRoutes(app: unknown): string[] {
  interface Layer {
    readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
    readonly handle?: { readonly stack?: readonly Layer[] };
  }
  const walk = (stack: readonly Layer[]): string[] =>
    stack.flatMap((layer) =>
      layer.route
        ? Object.keys(layer.route.methods).map(
            (method) => `${method.toUpperCase()} ${layer.route?.path.replace(/:(\w+)/g, '{$1}')}`,
          )
        : walk(layer.handle?.stack ?? []),
    );
  return walk((app as { readonly router: { readonly stack: readonly Layer[] } }).router.stack);
}

describe('answers are what openapi.yaml says', () => {
  const rows: readonly (readonly [string, string, string, Asked, number])[] = table('unit/api/openapi', 'rows');
  it.each(rows)('%s', async (_name, path, query, asked, status) => {
    const reply = await served.ask(filled(path) + query, asked);
    expect(reply.status).toBe(status);
    const type = String(reply.headers['content-type']).split(';')[0] ?? '';
    const schema = schemaOf(path, asked.method === 'PUT' ? 'GET' : (asked.method ?? 'GET'), status, type);
    expect(schema, `no schema for ${type}`).toBeDefined();
    expect(faultsOf(schema ?? false, reply.json())).toBeNull();
  });
  it.each(['p-campus-mod-0', 'p-campus-mod-1', 'p-coast-zip-0', 'p-go-origin-mod-0'])('probe %s', async (id) => {
    const reply = await served.ask(`/api/v1/probes/${id}`);
    expect(faultsOf(schemaOf('/api/v1/probes/{id}', 'GET', 200, 'application/json') ?? false, reply.json())).toBeNull();
  });
  it('the validator refuses an answer with a key too many and one with a key too few', () => {
    const schema = { $ref: '#/components/schemas/Problem' };
    const good = { type: 'about:blank', title: 't', status: 400, detail: 'd' };
    expect(faultsOf(schema, good)).toBeNull();
    expect(faultsOf(schema, { ...good, more: 1 })).not.toBeNull();
    expect(faultsOf(schema, { type: 'about:blank', title: 't', status: 400 })).not.toBeNull();
  });
  it('unknown is null, never missing: only what did not happen may be absent', () => {
    // And a scope without a family, or an HTTP version, is of both.
    const ofScope = ['family', 'protocol'].map((key) => `/Finding/properties/scope/items.${key}`);
    expect(optionalKeys()).toEqual([...phases.map((phase) => `/PhasesSeconds.${phase}`), ...ofScope]);
  });
});
