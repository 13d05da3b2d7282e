import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Browser, startBrowser } from '../support/chromium.ts';
import { type Fixture, type FixtureChange, fixture } from '../unit/api/fixture-deps.ts';
import { type Served, serve } from '../unit/api/server.ts';

/** The status page in a real browser: one browser for the suite, a server for each page that is shown. */
export interface PageInBrowser {
  /** To be asked in a test, not before. */
  readonly browser: Browser;
  readonly show: (path: string, change?: FixtureChange) => Promise<Fixture>;
  /** Stops the server, as the end of each test does. */
  readonly leave: () => Promise<void>;
}

/** Starts and ends both with the suite that it is called in. */
export function pageInBrowser(): PageInBrowser {
  let started: Browser;
  let served: Served | null = null;
  // Tests hold it before it has started.
  const browser = new Proxy({} as Browser, { get: (_, name) => Reflect.get(started, name) });
  const leave = async (): Promise<void> => {
    await served?.close();
    served = null;
  };
  beforeAll(async () => {
    started = await startBrowser();
  });
  afterEach(leave);
  afterAll(() => started.close());
  const show = async (path: string, change: FixtureChange = {}): Promise<Fixture> => {
    const made = fixture(change);
    served = await serve(made.deps);
    await browser.open(`http://127.0.0.1:${served.port}${path}`);
    return made;
  };
  return { browser, show, leave };
}
