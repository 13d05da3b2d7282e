import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { longest } from './support/tiers.ts';

// No test may fail for a slow or busy machine: none is held to how long something really took. What takes real time by
// its nature is tried at several lengths (test/support/patience.ts), what must not blow up is held to its growth
// (test/support/growth.ts), what must come is waited for, and what hangs ends with the one limit of vitest.config.ts.

const folder = import.meta.dirname;
const all = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && path !== 'tidy-time.test.ts')
  .sort();
const tests = all.filter((path) => path.endsWith('.test.ts'));
const textOf = (path: string): string =>
  readFileSync(join(folder, path), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

const clock = String.raw`performance\.now|hrtime|Date\.now\(|systemClock\.`;

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  readonly of: readonly string[];
  /** Files that may, each with the reason. */
  readonly except: Readonly<Record<string, string>>;
}

const rules: readonly Rule[] = [
  {
    name: 'holds no clock to be below anything',
    pattern: new RegExp(`expect\\([^;]*?(?:${clock})[^;]*?\\)\\s*\\.toBe(?:LessThan|CloseTo)`),
    of: all,
    except: {},
  },
  {
    name: 'holds no phase of a real probe to be below a number',
    pattern: /expect\([^;]*?(?:phase|rtt|latency|took)[^;]*?\)\s*\.toBeLessThan/i,
    of: all.filter((path) => /^(?:real|fault)\//.test(path)),
    except: {
      'fault/wire-phases-h2.test.ts': 'half of a known delay, which grows until a busy machine keeps it',
    },
  },
  {
    name: 'has no limit of its own',
    pattern: /^\s*\}, [\d_]+\);$|[{ ]timeout: [\d_]+(?:[, }]|$)|[{ ]retry: \d/m,
    of: tests,
    except: {
      'real/stop.test.ts': 'what hangs in it does so for longer than the limit, which is many times what a stop takes',
    },
  },
  {
    name: 'gives no question up after a time of its own',
    pattern: /AbortSignal\.timeout\((?!patienceMs|\$\{patienceMs\})/,
    of: all,
    except: {},
  },
];

it('files that are begun first are there', () => {
  expect(longest.filter((path) => !tests.includes(path.replace(/^test\//, '')))).toEqual([]);
});

describe.each(rules)('each file $name', ({ pattern, of, except }) => {
  it('but those that say why', () => {
    const found = of.filter((path) => pattern.test(textOf(path)));
    expect(found).toEqual(Object.keys(except).sort());
  });
});
