import { onTestFinished } from 'vitest';
import type { ApiDeps } from '../../../src/api/deps.ts';
import { type Fixture, type FixtureChange, fixture } from './fixture-deps.ts';
import { type Served, serve } from './server.ts';

/** The routes on a port of their own, until the test is over. */
export async function serveInTest(deps: ApiDeps): Promise<Served> {
  const served = await serve(deps);
  onTestFinished(served.close);
  return served;
}

/** A server of the fixture, changed or not, until the test is over. */
export async function serveFixture(change: FixtureChange = {}): Promise<Fixture & Served> {
  const made = fixture(change);
  return { ...made, ...(await serveInTest(made.deps)) };
}
