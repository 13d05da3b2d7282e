import type { Script } from './scripted-wire.ts';

/** What the text of the usual configuration may differ in. */
export interface Changes {
  /** Lines for `mirrors:`; default: a, b and c, preferred in this order. */
  readonly mirrors?: string;
  /** Further top-level lines. */
  readonly more?: string;
  readonly clients?: string;
  readonly modules?: string;
  readonly every?: string;
}

/** A signing secret. */
export const hookSecret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';

const mirrors = `
  - { name: a, ecosystem: go, url: "https://a.example.com", weight: 100 }
  - { name: b, ecosystem: go, url: "https://b.example.net/goproxy", weight: 90 }
  - { name: c, ecosystem: go, url: "https://c.example.org", weight: 80 }`;

/** Three mirrors, one module, the canary every five seconds, one receiver. */
export function threeMirrors(over: Changes = {}): string {
  return `
vantage: here
listen: 127.0.0.1:10120
schedule: { every: ${over.every ?? '5s'}, timeout: 4s, perHost: 4 }
steps: { list: 60s, info: 60s, latest: 60s, zip: { every: 10m, timeout: 8s } }
mirrors: ${over.mirrors ?? mirrors}
clients: { go: "${over.clients ?? 'https://a.example.com,https://b.example.net/goproxy,direct'}" }
modules: { go: [ ${over.modules ?? '"example.com/hello@v1.0.0"'} ] }
go: { sumdb: off }
detect: { spike: { warmup: 6 } }
webhooks:
  - { name: ops, url: "https://hooks.example.com/x", secrets: [ "${hookSecret}" ] }
state: { path: /nowhere/state.db }
${over.more ?? ''}
`;
}

const usualMs: Readonly<Record<string, number>> = { a: 40, b: 70, c: 90, origin: 120 };

/** Every mirror answers as usual: 40, 70 and 90 ms. */
export const well: Script = ({ registry }) => usualMs[registry] ?? 100;

/** All as usual but for one registry (or all) between two simulated seconds. */
export function but(does: ReturnType<Script>, on: string | 'all', fromSeconds: number, toSeconds = Infinity): Script {
  return (asked) =>
    (on === 'all' || asked.registry === on) && asked.atMs >= fromSeconds * 1000 && asked.atMs < toSeconds * 1000
      ? does
      : well(asked);
}
