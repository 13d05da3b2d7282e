import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// A user whose daemon runs can run the tests: none needs a port of this machine by its number. A test takes the port that
// it is given (test/support/ports.ts, or 0), or works in a network namespace of its own.

const folder = import.meta.dirname;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && path !== 'tidy-ports.test.ts',
);

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Files that may, each with the reason. */
  readonly except: Readonly<Record<string, string>>;
}

const rules: readonly Rule[] = [
  {
    name: 'listens on a port by its number',
    pattern: /\.(?:listen|bind)\(\s*(?:\{[^}]*\bport:\s*)?[1-9][\d_]*\b/,
    except: { 'real/demo.test.ts': 'in a namespace of its own' },
  },
  { name: 'starts a server on a port by its number', pattern: /\bstart\w+\(\{[^}]*\b\w*[pP]ort:\s*[1-9]/, except: {} },
  {
    name: 'expects a real program on a port by its number',
    pattern: /expect\([^;]*?\bports?\b[^;]*?\)\s*\.to(?:Be|Equal|StrictEqual)\([^;]*?\b\d{4,5}\b/,
    except: { 'unit/deploy/compose.test.ts': 'reads a file and opens nothing' },
  },
];

describe.each(rules)('no test $name', ({ pattern, except }) => {
  it('but those that say why', () => {
    const found = files.filter((path) => pattern.test(readFileSync(join(folder, path), 'utf8')));
    expect(found.sort()).toEqual(Object.keys(except).sort());
  });
});
