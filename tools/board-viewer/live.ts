import { type Asker, asker } from '../../test/real/boards-prometheus.ts';
import { startDaemon } from '../../test/real/daemon.ts';
import { type PlaceStory, startFleetPlace } from '../../test/real/fleet-places.ts';
import { startFakeMirror } from '../../test/support/fake-mirror.ts';
import { startPrometheus } from '../../test/support/prometheus.ts';
import type { Scene } from './scenes.ts';

const look = {
  past: 'live',
  rangeMs: 60_000,
  width: 1600,
  theme: 'dark',
  note: 'a live daemon over two mirrors of this machine, one minute',
} as const;
const boards = ['overview', 'mirror'] as const;

/** Starts a daemon, two mirrors and a Prometheus. After a minute it draws each wanted board. */
export async function liveScenes(
  isWanted: (scene: { name: string }) => boolean,
  draw: (ask: Asker, scene: Scene) => Promise<void>,
): Promise<void> {
  if (isWanted({ name: 'places-live' })) await placesScene(draw);
  const wanted = boards.map((board) => ({ board, name: `${board}-live` })).filter(isWanted);
  if (wanted.length === 0) return;
  const near = await startFakeMirror();
  const far = await startFakeMirror();
  const daemon = await startDaemon({
    yaml: `
vantage: live
schedule: { every: 500ms, timeout: 2s, perHost: 4 }
steps: { list: 1s, info: 1s, latest: 1s, zip: { every: 1s, timeout: 2s } }
mirrors:
  - { name: near, ecosystem: go, url: "${near.url}", weight: 100, connection: both }
  - { name: far, ecosystem: go, url: "${far.url}", weight: 50 }
controls: [ "tcp://127.0.0.1:${new URL(far.url).port}" ]
modules: { go: [ example.com/hello@v1.0.0 ] }
go: { sumdb: off }
detect: { spike: { warmup: 5 } }
`,
  });
  const prometheus = await startPrometheus({ targets: [`127.0.0.1:${daemon.port}`], intervalMs: 1_000 });
  try {
    await prometheus.waitForQuery(
      'count_over_time(mirror_advice_rank[2m]) > 55',
      (found) => found.length === 2,
      90_000,
    );
    const ask = asker(prometheus.url);
    for (const { board, name } of wanted) await draw(ask, { ...look, board, name, toMs: Date.now() });
  } finally {
    for (const one of [prometheus, daemon, near, far]) await one.close();
  }
}

/**
 * Draws the board of three places. Only `fra` sees `near` down, only `sgp` sees `far` down, and `sgp` has another
 * configuration and a wrong clock.
 */
async function placesScene(draw: (ask: Asker, scene: Scene) => Promise<void>): Promise<void> {
  const up = { near: 'up', far: 'up', third: 'up' } as const;
  const stories: Readonly<Record<string, PlaceStory>> = {
    ams: { states: up },
    fra: { states: { ...up, near: 'down' }, advice: 'near>far' },
    sgp: { states: { ...up, far: 'down', third: 'unknown' }, isOld: true, skewMs: 45_000 },
  };
  const places = await Promise.all(
    Object.entries(stories).map(async ([vantage, story]) => {
      const place = await startFleetPlace('eu');
      place.tell(story);
      return { place, scraped: { targets: [place.address], labels: { vantage } } };
    }),
  );
  const more = places.map(({ scraped }) => scraped);
  const prometheus = await startPrometheus({ targets: [], more, intervalMs: 1_000 });
  try {
    await prometheus.waitForQuery(
      'count_over_time(mirrorwatch_build_info[2m]) > 55',
      (found) => found.length === 3,
      90_000,
    );
    const note = 'three places over one minute';
    await draw(asker(prometheus.url), { ...look, note, board: 'places', name: 'places-live', toMs: Date.now() });
  } finally {
    await prometheus.close();
    for (const { place } of places) place.close();
  }
}
