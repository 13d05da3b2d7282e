import { afterAll, beforeAll, expect, test } from 'vitest';
import { readReport } from '../../src/features/fleet/report.ts';
import { systemClock } from '../../src/io/clock.ts';
import { until } from '../support/patience.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { real } from '../support/requires.ts';
import { type FleetPlace, type PlaceStory, startFleetPlace } from './fleet-places.ts';

// The tenth story of a fleet, in a store of its own: one scrape in five of a place is lost.

const up: PlaceStory = { states: { near: 'up', far: 'up' } };
const nearDown: PlaceStory = { states: { ...up.states, near: 'down' }, advice: 'near>far' };

real('a place that loses scrapes', ['prometheus'], () => {
  const places = new Map<string, FleetPlace>();
  let prometheus: Prometheus;
  beforeAll(async () => {
    for (const [name, story] of Object.entries({ ams: nearDown, fra: nearDown, sgp: { ...up, isLossy: true } })) {
      const place = await startFleetPlace('eu');
      place.tell(story);
      places.set(name, place);
    }
    const more = [...places].map(([vantage, { address }]) => ({ targets: [address], labels: { vantage } }));
    prometheus = await startPrometheus({ targets: [], more, intervalMs: 1000 });
  });
  afterAll(async () => {
    await prometheus?.close();
    for (const place of places.values()) place.close();
  });

  const said = async (bridgeMs: number): Promise<string> => {
    const store = { url: prometheus.url, headers: {}, token: null, tls: {}, limitMs: 60_000, bridgeMs };
    const read = await readReport({ store, places: { link: '' }, groups: { needed: null } }, systemClock);
    return read.tag === 'ok'
      ? [...read.value.sentences.mirrors, ...read.value.sentences.places].map(({ text }) => text).join()
      : read.error;
  };

  test('stays in the picture', async () => {
    const wanted =
      /^near: down from 2 of 3 places \([^)]+\) since [^;]+; from sgp the mirror .*, not the whole mirror$/;
    await until(
      'all three places',
      () => said(2_500),
      (text) => wanted.test(text),
    );
    const looks = new Set<string>();
    let lost = 0;
    await until(
      'looks that miss the place where nothing is bridged',
      async () => {
        const [bridged, now] = [await said(2_500), await said(0)];
        looks.add(bridged);
        lost += now.includes('from all 2 places') ? 1 : 0;
        return lost;
      },
      (count) => count >= 3,
    );
    expect([...looks].filter((text) => !wanted.test(text))).toEqual([]);
  });
});
