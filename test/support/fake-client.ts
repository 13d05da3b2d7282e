import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientOrder, ClientPlan, ClientRunner } from '../../src/core/client-run.ts';
import { createClientRunner } from '../../src/io/client-runner.ts';
import { tempDir } from './paths.ts';
import { plainAccess } from './plain-access.ts';

/** A folder with programs of shell text, for everybody to run. */
export function fakeClients(scripts: Readonly<Record<string, string>>): string {
  const folder = tempDir('fake-clients');
  chmodSync(folder, 0o755);
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** The PATH with these programs before the machine's. */
export function pathWith(folder: string): string {
  return `${folder}:${process.env['PATH'] ?? ''}`;
}

/** The real runner, with fake programs. */
export function runnerOf(scripts: Readonly<Record<string, string>>): ClientRunner {
  return createClientRunner({ path: pathWith(fakeClients(scripts)) });
}

/** An order for the program `fake`: bounds far beyond what it needs. */
export function orderOf(
  over: Partial<Omit<ClientOrder, 'plan'>> & { readonly plan?: Partial<ClientPlan> } = {},
): ClientOrder {
  const { plan, ...rest } = over;
  return {
    command: 'fake',
    plan: () => ({ args: [], env: {}, files: {}, fetched: 'work', ...plan }),
    access: plainAccess(),
    user: null,
    timeoutMs: 300_000,
    outputBytes: 2 ** 20,
    diskBytes: 2 ** 30,
    ...rest,
  };
}
