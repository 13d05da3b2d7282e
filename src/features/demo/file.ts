import type { Mirror } from '../../core/mirror.ts';
import type { Ecosystem, SmallMirror } from '../../ecosystems/ecosystem.ts';

type DemoPlace = Pick<Mirror, 'name' | 'url'>;

/** Two mirrors of one upstream. The first one in the clients' chain is `near`. */
export interface DemoPair {
  readonly ecosystem: Pick<Ecosystem, 'id' | 'steps' | 'canary' | 'fetch' | 'clients' | 'door'>;
  readonly small: SmallMirror;
  readonly near: DemoPlace;
  readonly far: DemoPlace;
}

/** The ports of the daemon and of the front door (`null`: there is none), and the receiver of webhooks. */
interface DemoPlaces {
  readonly port: number;
  readonly door: number | null;
  readonly folder: string;
  readonly receiver: { readonly url: string; readonly secret: string };
}

/**
 * Returns the text of the demo's configuration file. It is JSON, which is valid YAML. Its intervals are far below the
 * daemon's defaults (30 s and 10 min), so that the demo is short.
 */
export function renderDemoFile(pairs: readonly DemoPair[], { port, folder, receiver, door }: DemoPlaces): string {
  const byId = (partOf: (pair: DemoPair) => unknown) =>
    Object.fromEntries(pairs.map((pair) => [pair.ecosystem.id, partOf(pair)]));
  return JSON.stringify({
    ...byId(({ small }) => small.settings),
    vantage: 'demo',
    listen: `127.0.0.1:${port}`,
    schedule: { every: '1s', timeout: '5s', perHost: 2 },
    steps: Object.fromEntries(pairs.flatMap(pacesOf)),
    mirrors: pairs.flatMap(mirrorsOf),
    clients: byId(({ ecosystem, small, near, far }) => {
      return small.chain?.(near.url, far.url) ?? ecosystem.clients[0].usual(near.url);
    }),
    modules: byId(({ small }) => [small.module]),
    detect: { spike: { warmup: 8 } },
    advise: { hold: '1m' },
    webhooks: [{ name: 'demo', url: receiver.url, secrets: [receiver.secret], allow: ['127.0.0.0/8'] }],
    state: { path: `${folder}/demo.db` },
    ...(door !== null && { door: { listen: `127.0.0.1:${door}`, relay: true } }),
  });
}

function pacesOf({ ecosystem: { steps, canary, fetch } }: DemoPair): readonly (readonly [string, string])[] {
  return Object.entries(steps)
    .filter(([step]) => step !== canary)
    .map(([step, { weight }]) => [step, weight === 'heavy' ? '30s' : fetch.includes(step) ? '1s' : '5s']);
}

function mirrorsOf({ ecosystem, small: { upstream, mirrorKeys }, near, far }: DemoPair): readonly object[] {
  const common = { ecosystem: ecosystem.id, upstream, ...mirrorKeys };
  return [
    { ...near, ...common, weight: 100, region: 'here' },
    { ...far, ...common, weight: 50, region: 'there' },
  ];
}
