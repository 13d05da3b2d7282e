import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { program } from '../../../src/cli/program.ts';
import { repoDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';

/** Runs the program with a terminal that keeps its lines. */
async function run(...argv: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await program({
    argv,
    env: {},
    cwd: '/',
    terminal: {
      columns: 80,
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      progress: () => undefined,
      paint: (_style, text) => text,
      paintErr: (_style, text) => text,
      confirm: async () => null,
      input: async () => '',
    },
    facts: { version: '0.0.0', node: 'v0', log: { level: 'error', pretty: false } },
    onSignal: () => undefined,
  });
  return { code, out: out.join('\n'), err };
}

const usage = 'usage: mirrorwatch rules [--slo PERCENT] [--vantages N] [--runbook URL] [--grafana URL]';

describe('mirrorwatch rules', () => {
  test('prints what is committed', async () => {
    const committed = readFileSync(join(repoDir, 'alerts/mirrorwatch.yml'), 'utf8');
    expect(await run('rules')).toEqual({ code: 0, out: committed.trimEnd(), err: [] });
  });

  test('prints the annotations in Chinese', async () => {
    const committed = readFileSync(join(repoDir, 'alerts/zh/mirrorwatch.yml'), 'utf8');
    expect(await run('rules', '--lang', 'zh')).toEqual({ code: 0, out: committed.trimEnd(), err: [] });
  });

  test('prints other numbers', async () => {
    const { code, out, err } = await run('rules', '--slo', '99.5', '--vantages', '3');
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toContain('registry:mirror_probe_failures:ratio_rate1h > 14.4 * 0.005');
    expect(out).toContain('clamp_min(everywhere:mirror_state:count_vantages, 3)');
  });

  test('names the whole command that printed the file', async () => {
    const { out } = await run('rules', '--runbook', 'https://wiki.example.com/m', '--lang', 'zh');
    expect(out).toContain('`mirrorwatch rules --slo 99 --vantages 1 --runbook https://wiki.example.com/m --lang zh`');
  });

  test.each(
    table<{ readonly argv: readonly string[]; readonly says: string }[]>('unit/cli/rules', '$argv is wrong usage'),
  )('$argv is wrong usage', async ({ argv, says }) =>
    expect(await run('rules', ...argv)).toEqual({ code: 2, out: '', err: [expect.stringContaining(says), usage] }),
  );
});
