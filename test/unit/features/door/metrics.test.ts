import { expect, test } from 'vitest';
import { createDoorMetrics } from '../../../../src/features/door/metrics.ts';
import { doorConfig } from './config.ts';

test('a new order forgets nothing that was counted', async () => {
  const mirrors = new Map(doorConfig().mirrors.map((one) => [one.name, one]));
  const route = { key: 'go go', ecosystem: 'go', upstream: 'go', mirrors };
  const metrics = createDoorMetrics();
  const labels = 'ecosystem="go",registry="near",outcome="redirected"';
  const countsIn = async () => {
    const text = await metrics.text();
    return ['requests_total', 'seconds_count'].map(
      (name) => new RegExp(`door_${name}\\{${labels}\\} (\\d+)`).exec(text)?.[1],
    );
  };
  metrics.ordered([route], new Map([[route.key, { names: ['near', 'far'] }]]));
  expect(await countsIn()).toEqual(['0', '0']);
  metrics.counted({ ecosystem: 'go', registry: 'near', outcome: 'redirected' }, 1);
  metrics.ordered([route], new Map([[route.key, { names: ['far', 'near'] }]]));
  expect(await countsIn()).toEqual(['1', '1']);
});
