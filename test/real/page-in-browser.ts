import { afterAll, beforeAll } from 'vitest';
import { type Browser, startBrowser } from '../support/chromium.ts';
import { type Fixture, type FixtureChange, fixture } from '../unit/api/fixture-deps.ts';
import { type ServedInTurn, serveInTurn } from '../unit/api/server.ts';

/** The status page in a real browser: one browser and one origin for the suite, a new API for each page that is shown. */
export interface PageInBrowser {
  /** To be asked in a test, not before. */
  readonly browser: Browser;
  readonly show: (path: string, change?: FixtureChange) => Promise<Fixture>;
  /** Stops the server, until the next page is shown. */
  readonly leave: () => Promise<void>;
}

/** Starts and ends both with the suite that it is called in. */
export function pageInBrowser(): PageInBrowser {
  let started: Browser;
  let served: ServedInTurn | null = null;
  // Tests hold it before it has started.
  const browser = new Proxy({} as Browser, { get: (_, name) => Reflect.get(started, name) });
  const leave = async (): Promise<void> => {
    await served?.close();
    served = null;
  };
  beforeAll(async () => {
    started = await startBrowser();
  });
  afterAll(async () => {
    await started.close();
    await leave();
  });
  const show = async (path: string, change: FixtureChange = {}): Promise<Fixture> => {
    const made = fixture(change);
    // For each other origin the browser would start a process.
    served ??= await serveInTurn();
    served.with(made.deps);
    await browser.open(`http://127.0.0.1:${served.port}${path}`);
    return made;
  };
  return { browser, show, leave };
}
