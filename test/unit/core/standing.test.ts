import { expect, test } from 'vitest';
import { openOutagesOf } from '../../../src/core/standing.ts';
import { finding, standing } from '../export/fixture.ts';

test('open outages are those findings of the kind that have not closed', () => {
  const findings = [
    finding({ id: 'open', kind: 'outage', state: 'open' }),
    finding({ id: 'closed', kind: 'outage', state: 'closed' }),
    finding({ id: 'other', kind: 'lag', state: 'open' }),
  ];
  expect(openOutagesOf(standing('a', { findings })).map(({ id }) => id)).toEqual(['open']);
  expect(openOutagesOf(standing('a', { findings: [] }))).toEqual([]);
  expect(openOutagesOf(null)).toEqual([]);
});
