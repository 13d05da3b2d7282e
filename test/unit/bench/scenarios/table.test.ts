import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTableCheck } from '../../../../bench/scenarios/daemon/table.ts';
import type { AdviceChange } from '../../../../src/core/advice.ts';

const folder = join(import.meta.dirname, '../../../golden/worlds');

describe('moves against their own table', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));

  it.each(files)('none in %s', (name) => {
    const table = createTableCheck();
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const said = JSON.parse(line) as { advice?: AdviceChange['change'] };
      if (said.advice !== undefined) table.note({ change: said.advice, advice: said } as unknown as AdviceChange);
    }
    expect(table.against).toEqual([]);
  });

  it('one by choice counts, also if a proposal is taken back', () => {
    const table = createTableCheck();
    const candidates = [
      { registry: 'a', scoreSeconds: 1.52 },
      { registry: 'b', scoreSeconds: 1.2 },
    ];
    const note = (change: string, cause: string, more = {}) =>
      table.note({
        change,
        advice: { id: 'x', cause, from: 'a', to: 'b', candidates, ...more },
      } as unknown as AdviceChange);
    note('proposed', 'outage');
    note('withdrawn', 'outage');
    expect(table.against).toEqual([]);
    note('withdrawn', 'outage', { candidates: [...candidates] });
    note('proposed', 'throughput', { from: 'b', to: 'a' });
    expect(table.against.length).toBe(2);
  });
});
