import type { ProbeFailure } from '../core/failure.ts';
import { hopPhases } from '../core/hop-phases.ts';
import type { Probed } from '../core/ports.ts';
import type { Hop } from '../core/transcript.ts';

/** What has to work one after the other before a package comes. */
export const layers = ['name', 'tcp', 'tls', 'certificate', 'http', 'content'] as const;
export type Layer = (typeof layers)[number];

/** What it proves where a layer works: rows of docs/doctor.md. */
export const proves: Readonly<Record<Layer, string>> = {
  name: 'The resolver of this machine knows the name. Whether it says the truth shows in the certificate.',
  tcp: 'The port is open from here: no filter by address or port stands in between.',
  tls: 'The handshake gets through: nobody cuts connections by the name in them.',
  certificate:
    'It is the mirror, or one whom this machine trusts as much: nobody reads along with a certificate of their own.',
  http: 'The mirror answers the request, and no gateway in its place.',
  content: 'What came is what the protocol says, and where an authority is at hand the right bytes.',
};

/** How one layer of one mirror stands. `passed over`: it is not used (no name, no TLS). `not reached`: one before it failed. */
export interface LayerState {
  readonly layer: Layer;
  readonly state: 'works' | 'fails' | 'untold' | 'passed over' | 'not reached';
  readonly text: string;
}

interface Meaning {
  /** `null`: where in the handshake or the answer it happened decides. */
  readonly layer: Layer | null;
  readonly means: string;
  readonly next: string;
}

const filtered =
  'Try another network (a phone), or ask for the port to be opened; a mirror on another host may be reached.';
const askOperator = 'Ask who runs the mirror; take another one until then.';

/** What each failure means on the way to a mirror, and the next thing to do. */
const meanings: Readonly<Record<ProbeFailure['kind'], Meaning>> = {
  resolve_not_found: {
    layer: 'name',
    means: 'the resolver says that there is no such name, and knows others',
    next: 'Look for a slip in the URL; else ask another resolver (`resolve: { server: … }`): this one may filter names.',
  },
  resolve_failed: {
    layer: 'name',
    means: 'the resolver fails on this name, and knows others',
    next: 'Ask another resolver (`resolve: { server: … }`).',
  },
  timeout_resolve: {
    layer: 'name',
    means: 'the resolver does not answer for this name',
    next: 'Ask another resolver (`resolve: { server: … }`).',
  },
  refused: {
    layer: 'tcp',
    means: 'the host is there, and nothing listens on that port, or a filter refuses for it',
    next: 'Look for a slip in the port; if it is right, the mirror is down or a filter answers for it.',
  },
  unreachable: {
    layer: 'tcp',
    means: 'no way leads to that address',
    next: 'Look at the routes of this machine and at its VPN.',
  },
  timeout_connect: {
    layer: 'tcp',
    means: 'packets to that address and port vanish: filtered on the way, or the host is gone',
    next: filtered,
  },
  reset: {
    layer: null,
    means:
      'the connection is cut: a filter on the way does that where it does not like a name, and so does a broken server',
    next: filtered,
  },
  timeout_tls: {
    layer: 'tls',
    means: 'the port is open and nobody goes on with the handshake: a filter that looks into it, or a stuck server',
    next: filtered,
  },
  tls_protocol: {
    layer: 'tls',
    means: 'what answers does not speak TLS as we do: a plain HTTP port, a gateway, or a very old server',
    next: 'Look for http:// where https:// stands, or for the wrong port.',
  },
  tls_client: {
    layer: 'tls',
    means: 'the mirror wants a certificate of ours',
    next: 'Give it one (`tls: { cert, key }`).',
  },
  tls_expired: {
    layer: 'certificate',
    means: 'the certificate is not valid now',
    next: `Look at the clock of this machine first. ${askOperator}`,
  },
  tls_untrusted: {
    layer: 'certificate',
    means:
      'nobody whom this machine trusts has signed the certificate: a gateway that reads along, or a private authority',
    next: 'Compare the issuer with what another network shows. If it is your own, name it (`tls: { ca: … }`); if not, somebody reads along.',
  },
  tls_name: {
    layer: 'certificate',
    means: 'the certificate is for another name: the resolver leads elsewhere, or a gateway answers',
    next: 'Compare the address with what another resolver says.',
  },
  tls_pin: {
    layer: 'certificate',
    means: 'the key is not the pinned one',
    next: 'Find out whether it was renewed, before the pin is changed.',
  },
  timeout_processing: { layer: 'http', means: 'the request is taken and never answered', next: askOperator },
  throttled: {
    layer: 'http',
    means: 'the mirror asks us to come less often',
    next: 'Wait as it says; raise `every`, or take another mirror.',
  },
  denied: {
    layer: 'http',
    means: 'the mirror wants a login, or does not let this network in',
    next: 'Give it credentials (`auth`), or take another mirror.',
  },
  absent: {
    layer: 'http',
    means: 'the mirror answers, and does not have what was asked',
    next: 'Look for a slip in the path of the URL; else the mirror lacks the module.',
  },
  server: { layer: 'http', means: 'the mirror answers that it is broken', next: askOperator },
  status: {
    layer: 'http',
    means: 'an answer that is none of the protocol: a gateway, or the wrong path',
    next: 'Look for a slip in the path of the URL.',
  },
  redirect: { layer: 'http', means: 'it sends us around in circles', next: askOperator },
  forbidden_target: {
    layer: 'http',
    means: 'it sends us to a private address',
    next: 'If that is right, allow it (`allowHosts`); else take another mirror.',
  },
  masked_upstream: { layer: 'http', means: 'its own source fails it', next: askOperator },
  timeout_transfer: {
    layer: 'content',
    means: 'the answer begins and does not end in time',
    next: 'Measure another mirror: is it the line, or this one? `mirrorwatch rank`',
  },
  cut: {
    layer: 'content',
    means: 'the answer is cut off: a filter that has seen enough, or a broken server',
    next: filtered,
  },
  oversize: { layer: 'content', means: 'the answer is larger than such an answer can be', next: askOperator },
  malformed: { layer: 'content', means: 'the answer breaks the protocol', next: askOperator },
  wrong_content: {
    layer: 'content',
    means: 'a page for people came in its place: the login of a network, or a gateway that blocks',
    next: 'Open the URL in a browser and see whose page that is.',
  },
  mismatch: {
    layer: 'content',
    means: 'the bytes are not the right ones',
    next: 'Take another mirror, now, and tell who runs this one.',
  },
};

/** How far a probe came, layer by layer, and where it failed what to do next. */
export interface Layered {
  readonly states: readonly LayerState[];
  /** `null`: nothing failed. */
  readonly failed: { readonly layer: Layer; readonly means: string; readonly next: string } | null;
}

/** What one probe proves, layer by layer, of the host that it ended at. */
export function layersOf({ sample: { outcome, facts }, transcript }: Pick<Probed, 'sample' | 'transcript'>): Layered {
  const hop = transcript.hops.at(-1) ?? null;
  if (outcome.tag === 'unknown') {
    const at = layers.findIndex((layer) => !isPast(layer, hop));
    const text = `not to be told: ${outcome.because}`;
    return {
      states: layers.map((layer, i) =>
        i < at ? past(layer, hop) : i === at ? { layer, state: 'untold', text } : beyond(layer),
      ),
      failed: null,
    };
  }
  if (outcome.tag === 'ok') {
    const digest = facts.verified === undefined ? 'as the protocol says' : `verified against ${facts.verified.against}`;
    return {
      states: layers.map((layer) => (layer === 'content' ? { layer, state: 'works', text: digest } : past(layer, hop))),
      failed: null,
    };
  }
  const { kind } = outcome.failure;
  const { means, next, ...meaning } = meanings[kind];
  const layer = meaning.layer ?? layerCut(hop);
  const what = `${means}${detailOf(layer, hop)}`;
  const at = layers.indexOf(layer);
  return {
    states: layers.map((one, i) =>
      i < at ? past(one, hop) : i === at ? { layer, state: 'fails', text: `${kind}: ${what}` } : beyond(one),
    ),
    failed: { layer, means, next },
  };
}

/** Where a connection that was reset had come to. */
function layerCut(hop: Hop | null): Layer {
  const phase = hop?.fault?.phase ?? 'connect';
  return phase === 'connect' || phase === 'resolve' ? 'tcp' : phase === 'tls' ? 'tls' : 'http';
}

function detailOf(layer: Layer, hop: Hop | null): string {
  const address = hop?.remoteAddress === null || hop === null ? '' : ` (${hop.remoteAddress})`;
  if (layer === 'tcp') return address;
  if (layer === 'certificate') return hop?.tls ? ` (issued by ${hop.tls.issuer})` : '';
  return layer === 'http' && hop?.status ? ` (${hop.status})` : '';
}

function beyond(layer: Layer): LayerState {
  return { layer, state: 'not reached', text: 'not reached' };
}

/** Whether the hop came past a layer, by its marks. */
function isPast(layer: Layer, hop: Hop | null): boolean {
  if (hop === null) return false;
  const { connected, firstByte, secured } = hop.marks;
  const isThere = hop.remoteAddress !== null;
  switch (layer) {
    case 'name':
      return isThere;
    case 'tcp':
      return connected !== undefined || hop.reused;
    case 'tls':
    case 'certificate':
      return secured !== undefined || hop.reused || (!isSecure(hop) && isThere);
    case 'http':
      return firstByte !== undefined;
    case 'content':
      return false;
    default:
      return layer satisfies never;
  }
}

function isSecure({ url }: Hop): boolean {
  return url.startsWith('https:');
}

/** A layer that a hop came past, with what it saw there. */
function past(layer: Layer, hop: Hop | null): LayerState {
  const ms = (phase: string): string => {
    const found = hop === null ? undefined : hopPhases(hop).find(([name]) => name === phase);
    return found === undefined ? '' : ` in ${found[1].toFixed(1)} ms`;
  };
  const works = (text: string): LayerState => ({ layer, state: 'works', text });
  const over = (text: string): LayerState => ({ layer, state: 'passed over', text });
  if (hop === null) return over('nothing was asked');
  const { hostname } = new URL(hop.url);
  const through = hop.proxy === null ? '' : ` through ${hop.proxy}`;
  switch (layer) {
    case 'name':
      if (hop.proxy !== null) return over(`the proxy looks up ${hostname}`);
      if (/^\[|^[\d.]+$/.test(hostname)) return over('an address, no name');
      return works(`${hostname} is ${hop.remoteAddress}${ms('resolve')}`);
    case 'tcp':
      return works(`${hop.remoteAddress}:${hop.remotePort} opens${through}${ms('connect')}`);
    case 'tls':
      return isSecure(hop) ? works(`${hop.tls?.version ?? 'handshake done'}${ms('tls')}`) : over('plain HTTP');
    case 'certificate':
      if (!isSecure(hop)) return over('plain HTTP: nobody vouches for what comes');
      return works(hop.tls === null ? 'trusted' : `issued by ${hop.tls.issuer}`);
    case 'http':
      return works(`status ${hop.status}${ms('processing')}`);
    case 'content':
      return works('as the protocol says');
    default:
      return layer satisfies never;
  }
}

/** What to do next for each failure, by the layer that it is of: rows of docs/doctor.md. */
export const failuresByLayer: readonly {
  readonly kind: ProbeFailure['kind'];
  readonly layer: Layer | null;
  readonly means: string;
  readonly next: string;
}[] = Object.entries(meanings).map(([kind, meaning]) => ({ kind: kind as ProbeFailure['kind'], ...meaning }));
