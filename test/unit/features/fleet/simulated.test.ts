import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type GroupFound,
  groupCounts,
  groupRow,
  groupStores,
  groupWorlds,
  playGroup,
} from '../../../../bench/scenarios/groups.ts';
import { repoDir } from '../../../support/paths.ts';

const page = readFileSync(join(repoDir, 'docs/decisions-quality.md'), 'utf8');

describe.each(groupStores)('$name', (store) => {
  test.each(groupWorlds)('$name', (world) => {
    const all: GroupFound[] = [];
    for (const places of groupCounts) {
      const found = playGroup(world, places, store);
      const { harmful, fleetMs, aloneMs, oracleMs } = found;
      all.push(found);
      const where = `${places} places: ${fleetMs} ms, alone ${aloneMs} ms, oracle ${oracleMs} ms`;
      expect(harmful, where).toBe(0);
      // One line for all costs little beside the best of each place, and far less than staying.
      expect(fleetMs, where).toBeLessThanOrEqual(aloneMs * 1.15);
      expect(fleetMs, where).toBeGreaterThanOrEqual(oracleMs);
    }
    expect(all.some(({ moved }) => moved > 0)).toBe(world.isShared !== undefined);
    expect(page, 'npm run scenarios writes it').toContain(`| ${groupRow(world, store, all).join(' | ')} |`);
  });
});
