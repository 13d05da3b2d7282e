import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  type NpmField,
  type PypiField,
  startDroppingIndex,
  startDroppingRegistry,
} from '../support/dropping-mirrors.ts';
import { npmInstall } from '../support/npm-client.ts';
import { repoDir } from '../support/paths.ts';
import { type PnpmOrYarn, pnpmOrYarn } from '../support/pnpm-yarn.ts';
import type { CommandResult } from '../support/process.ts';
import { pipDownload, uvInstall } from '../support/pypi-clients.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';

/**
 * The effect on a protection, and a part of the client's output. `works`: the client installs the old version. `off`:
 * it installs the new one; message `null`: without a warning. `fails`: it installs nothing, or its audit fails.
 */
type Outcome = readonly [verdict: 'works' | 'off' | 'fails', message: string | null];

/** One protection of one client, and its outcomes by the field that the mirror drops. */
interface Protection<Client extends string, Field extends string> {
  readonly id: string;
  readonly client: Client;
  /** Files with the settings; none: the defaults of the client. */
  readonly settings: Readonly<Record<string, string>>;
  readonly without: Readonly<Partial<Record<Field, Outcome>>>;
  /** With all fields; default: it works. */
  readonly whole?: Outcome;
  /** A command after the installation that the protection consists of; it works where its output has `proof`. */
  readonly then?: readonly string[];
  readonly proof?: string;
  readonly isYanked?: boolean;
}
type NpmProtection = Protection<Exclude<PnpmOrYarn, 'yarn1'> | 'npm12', NpmField>;
type PypiProtection = Protection<'pip' | 'uv', PypiField>;
type Taken = CommandResult & { readonly version: string | null };

const noTuf = `export NODE_OPTIONS='--import ${pathToFileURL(`${repoDir}/test/support/no-tuf.ts`).href}'\n`;
/** A warning of a client that skips a check. */
const hints = /warn|missing|skip/i;

async function takenFromRegistry({ client, settings, then }: NpmProtection, without: NpmField | null): Promise<Taken> {
  const { url, close } = await startDroppingRegistry(without);
  // An audit checks the installed version, so its age must not matter.
  const options = { registry: url, range: then === undefined ? '^1.0.0' : '1.1.0', ...(then && { then }) };
  const files =
    then === undefined || client === 'npm12' ? settings : { 'pnpm-workspace.yaml': 'minimumReleaseAge: 0\n' };
  try {
    if (client !== 'npm12') return await pnpmOrYarn(client, 'hello', { ...options, files });
    const npmrc = settings['.npmrc'] ?? '';
    return await npmInstall('hello', {
      ...options,
      command: 'npm12',
      npmrc,
      exports: noTuf,
      args: ['--loglevel=warn'],
    });
  } finally {
    await close();
  }
}

async function takenFromIndex(protection: PypiProtection, without: PypiField | null): Promise<Taken> {
  const index = await startDroppingIndex(without, protection.isYanked === true);
  const env = { PIP_INDEX_URL: index.indexUrl, UV_DEFAULT_INDEX: index.indexUrl };
  try {
    const install = protection.client === 'pip' ? pipDownload : uvInstall;
    const result = await install(['tiny'], env, protection.settings);
    const [, version = null] = /(?:Saved \S*tiny-|\+ tiny==)(\d\.\d)/.exec(result.stdout + result.stderr) ?? [];
    // The page announces a provenance of each file. No installer requests it.
    expect(index.paths().filter((path) => path.startsWith('/integrity/'))).toEqual([]);
    return { ...result, version };
  } finally {
    await index.close();
  }
}

/** Without the frames in which pnpm 12 wraps its errors. */
const said = ({ stdout, stderr }: Taken): string => `${stdout}\n${stderr}`.replaceAll(/[\s│├╰─▶×]+/g, ' ');

function verdictOf({ proof }: Pick<NpmProtection, 'proof'>, taken: Taken): Outcome[0] {
  if (taken.code !== 0) return 'fails';
  const works = proof === undefined ? /^1\.0/.test(taken.version ?? '') : said(taken).includes(proof);
  return works ? 'works' : 'off';
}

function expectOutcome(protection: NpmProtection | PypiProtection, taken: Taken, [verdict, message]: Outcome): void {
  expect(verdictOf(protection, taken), said(taken)).toBe(verdict);
  if (message !== null) expect(said(taken)).toContain(message);
  else if (verdict === 'off') expect(said(taken)).not.toMatch(hints);
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
    expect([taken.code, taken.version], said(taken)).toEqual([0, '1.1']);
  });
});
