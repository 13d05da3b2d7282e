import type { Ecosystem, SmallMirror } from '../../ecosystems/ecosystem.ts';

export interface DemoPlace {
  readonly name: string;
  /** The URL includes the base path of the ecosystem's protocol. */
  readonly url: string;
}

/** Two mirrors of one upstream. The first one in the clients' chain is `near`. */
export interface DemoPair {
  readonly ecosystem: Pick<Ecosystem, 'id' | 'steps' | 'canary' | 'fetch' | 'clients' | 'door'>;
  readonly small: SmallMirror;
  readonly near: DemoPlace;
  readonly far: DemoPlace;
}

export interface DemoPlaces {
  readonly port: number;
  readonly folder: string;
  readonly receiver: { readonly url: string; readonly secret: string };
  /** The URL of the front door; `null`: the demo runs neither a front door nor actions. */
  readonly door: string | null;
}

/** The intervals of the demo. They are far below the daemon's defaults (30 s and 10 min), so that the demo is short. */
export interface DemoIntervals {
  readonly everyMs: number;
  /** The value of `advise.hold`, seconds. */
  readonly holdSeconds: number;
}

/**
 * Returns the demo's intervals. With a front door, an action applies the advice, and its undo needs up to 98 good
 * responses in a row. So the probes are more frequent, and the undo ends before the next fault.
 */
export function demoIntervalsOf(hasDoor: boolean): DemoIntervals {
  return hasDoor ? { everyMs: 500, holdSeconds: 20 } : { everyMs: 1_000, holdSeconds: 60 };
}

/** Returns the text of the demo's configuration file. It is JSON, which is valid YAML. */
export function renderDemoFile(pairs: readonly DemoPair[], { port, folder, receiver, door }: DemoPlaces): string {
  const { everyMs, holdSeconds } = demoIntervalsOf(door !== null);
  const byId = <T>(partOf: (pair: DemoPair) => T) =>
    Object.fromEntries(pairs.map((pair) => [pair.ecosystem.id, partOf(pair)]));
  const actionsOf = ({ ecosystem: { id }, small: { build, form } }: DemoPair) =>
    build === undefined
      ? []
      : [
          {
            name: 'client',
            upstream: id,
            file: { path: `${folder}/client.${form}`, as: form },
            mode: 'auto',
            when: { confidence: 'low' },
          },
        ];
  const settings = pairs.flatMap(({ ecosystem: { id }, small }) =>
    small.settings === undefined ? [] : [[id, small.settings] as const],
  );
  return JSON.stringify({
    vantage: 'demo',
    listen: `127.0.0.1:${port}`,
    schedule: { every: `${everyMs}ms`, timeout: '5s', perHost: 2 },
    steps: Object.fromEntries(pairs.flatMap((pair) => pacesOf(pair, everyMs))),
    mirrors: pairs.flatMap(mirrorsOf),
    clients: byId(chainOf),
    modules: byId(({ small }) => [small.module]),
    ...Object.fromEntries(settings),
    detect: { spike: { warmup: 8 } },
    advise: { hold: `${holdSeconds}s` },
    webhooks: [{ name: 'demo', url: receiver.url, secrets: [receiver.secret], allow: ['127.0.0.0/8'] }],
    state: { path: `${folder}/demo.db` },
    ...(door === null ? {} : { door: { listen: new URL(door).host, relay: true }, onAdvice: pairs.flatMap(actionsOf) }),
  });
}

function pacesOf(
  { ecosystem: { steps, canary, fetch } }: DemoPair,
  everyMs: number,
): readonly (readonly [string, string])[] {
  return Object.entries(steps)
    .filter(([step]) => step !== canary)
    .map(([step, { weight }]) => [step, weight === 'heavy' ? '30s' : fetch.includes(step) ? `${everyMs}ms` : '5s']);
}

function mirrorsOf({ ecosystem: { id }, small, near, far }: DemoPair): readonly object[] {
  const common = {
    ecosystem: id,
    ...(small.upstream === undefined ? {} : { upstream: small.upstream }),
    ...small.mirrorKeys,
  };
  return [
    { ...near, ...common, weight: 100, region: 'here' },
    { ...far, ...common, weight: 50, region: 'there' },
  ];
}

function chainOf({ ecosystem, small, near, far }: DemoPair): string {
  return small.chain?.(near.url, far.url) ?? ecosystem.clients[0].usual(near.url);
}
