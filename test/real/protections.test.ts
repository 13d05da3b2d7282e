import { describe, expect, test } from 'vitest';
import {
  type NpmField,
  type PypiField,
  startDroppingIndex,
  startDroppingRegistry,
} from '../support/dropping-mirrors.ts';
import {
  type NpmProtection,
  type Outcome,
  type Protection,
  type PypiProtection,
  printedBy,
  type Taken,
  takeFromIndex,
  takeFromRegistry,
  verdictOf,
} from '../support/protections.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';

/** A warning of a client that skips a check. */
const hints = /warn|missing|skip/i;

async function takenFromRegistry(protection: NpmProtection, without: NpmField | null): Promise<Taken> {
  const { url, close } = await startDroppingRegistry(without);
  try {
    return await takeFromRegistry(protection, url);
  } finally {
    await close();
  }
}

async function takenFromIndex(protection: PypiProtection, without: PypiField | null): Promise<Taken> {
  const index = await startDroppingIndex(without, protection.isYanked === true);
  try {
    const taken = await takeFromIndex(protection, index.indexUrl);
    // The page announces a provenance of each file. No installer requests it.
    expect(index.paths().filter((path) => path.startsWith('/integrity/'))).toEqual([]);
    return taken;
  } finally {
    await index.close();
  }
}

function expectOutcome(protection: NpmProtection | PypiProtection, taken: Taken, [verdict, message]: Outcome): void {
  expect(verdictOf(protection, taken), printedBy(taken)).toBe(verdict);
  if (message !== null) expect(printedBy(taken)).toContain(message);
  else if (verdict === 'off') expect(printedBy(taken)).not.toMatch(hints);
}

/** One test with all fields, and one for each field that the mirror drops. */
function playEach<Field extends string, One extends Protection<string, Field>>(
  protections: readonly One[],
  play: (protection: One, without: Field | null, outcome: Outcome) => Promise<void>,
): void {
  const whole: Outcome = ['works', null];
  describe.concurrent.each(protections.map((one) => [`${one.id} of ${one.client}`, one] as const))(
    '%s',
    (_, protection) => {
      test('a mirror with all fields', () => play(protection, null, protection.whole ?? whole));
      const fields = Object.entries(protection.without) as [Field, Outcome][];
      test.each(fields)('a mirror without %s', (field, outcome) => play(protection, field, outcome));
    },
  );
}

const npmClients = ['pnpm', 'pnpm11', 'pnpm10', 'yarn', 'npm12', 'npm'] as const;
real('the protections of npm clients, where a mirror drops a field', npmClients, () => {
  playEach<NpmField, NpmProtection>(table('protections', 'npm'), async (protection, without, outcome) =>
    expectOutcome(protection, await takenFromRegistry(protection, without), outcome),
  );
});

real('the protections of Python clients, where a mirror drops a field', ['pip', 'uv'], () => {
  playEach<PypiField, PypiProtection>(table('protections', 'pypi'), async (protection, without, outcome) =>
    expectOutcome(protection, await takenFromIndex(protection, without), outcome),
  );

  test.each(['pip', 'uv'] as const)('%s installs a project in quarantine', async (client) => {
    const taken = await takenFromIndex({ id: 'status', client, settings: {}, without: {} }, null);
    expect([taken.code, taken.version], printedBy(taken)).toEqual([0, '1.1']);
  });
});
