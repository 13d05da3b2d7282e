import { afterEach } from 'vitest';
import { type Fixture, type FixtureChange, fixture } from './fixture-deps.ts';
import { type Served, serve } from './server.ts';

/** A server of the fixture, changed or not, whenever a test asks for one; each is closed when the next one or the end of the test comes. */
export function eachServed(): (change?: FixtureChange) => Promise<Served & { readonly made: Fixture }> {
  let served: Served | null = null;
  const close = async (): Promise<void> => {
    await served?.close();
    served = null;
  };
  afterEach(close);
  return async (change = {}) => {
    await close();
    const made = fixture(change);
    served = await serve(made.deps);
    return { ...served, made };
  };
}

/** As `eachServed`, for tests that need only what sends requests. */
export function eachRequester(): (change?: FixtureChange) => Promise<Served['ask']> {
  const served = eachServed();
  return async (change) => (await served(change)).ask;
}
