import type { ProbeFailure } from '../../core/failure.ts';
import type { Probed } from '../../core/ports.ts';
import { hopPhasesOf } from '../../core/sample.ts';
import type { Hop } from '../../core/transcript.ts';
import type { Key, Say } from '../../words/words.ts';

/** The layers that must work, one after the other, before a package arrives. */
export const layers = ['name', 'tcp', 'tls', 'certificate', 'http', 'content'] as const;
export type Layer = (typeof layers)[number];

/**
 * The state of one layer of one mirror. `slow`: the layer works, but took at least `slowMs`. `untold`: it is unknown
 * whether the layer works. `passed over`: the connection does not use the layer, for example TLS at an `http:` URL.
 * `not reached`: an earlier layer fails or is `untold`.
 */
export interface LayerState {
  readonly layer: Layer;
  readonly state: 'works' | 'slow' | 'fails' | 'untold' | 'passed over' | 'not reached';
  readonly text: string;
}

/** The last part of a message key `layer.next.…`. It names the next action for the operator. */
type Next = Key extends infer K ? (K extends `layer.next.${infer Word}` ? Word : never) : never;

/**
 * The layer of each failure, and the next action. `null`: the phase in which the connection failed decides the layer.
 */
const meanings: Readonly<Record<ProbeFailure['kind'], readonly [layer: Layer | null, next: Next]>> = {
  resolve_not_found: ['name', 'resolve_not_found'],
  resolve_failed: ['name', 'resolver'],
  timeout_resolve: ['name', 'resolver'],
  refused: ['tcp', 'refused'],
  unreachable: ['tcp', 'unreachable'],
  timeout_connect: ['tcp', 'filtered'],
  reset: [null, 'filtered'],
  proxy: ['tcp', 'proxy'],
  timeout_tls: ['tls', 'filtered'],
  tls_protocol: ['tls', 'tls_protocol'],
  tls_client: ['tls', 'tls_client'],
  tls_expired: ['certificate', 'tls_expired'],
  tls_untrusted: ['certificate', 'tls_untrusted'],
  tls_name: ['certificate', 'tls_name'],
  tls_pin: ['certificate', 'tls_pin'],
  timeout_processing: ['http', 'operator'],
  throttled: ['http', 'throttled'],
  denied: ['http', 'denied'],
  policy: ['http', 'policy'],
  absent: ['http', 'absent'],
  server: ['http', 'operator'],
  status: ['http', 'status'],
  redirect: ['http', 'operator'],
  forbidden_target: ['http', 'forbidden_target'],
  masked_upstream: ['http', 'operator'],
  timeout_transfer: ['content', 'timeout_transfer'],
  cut: ['content', 'filtered'],
  oversize: ['content', 'operator'],
  malformed: ['content', 'operator'],
  wrong_content: ['content', 'wrong_content'],
  mismatch: ['content', 'mismatch'],
};

export interface Meaning {
  /** The layer that failed; `null`: it is not known, or the reason is one that no probe reports. */
  readonly layer: Layer | null;
  readonly means: string;
  readonly next: string;
}

export interface Layered {
  readonly states: readonly LayerState[];
  /** The failed layer, the meaning of the failure and the next action; `null`: the probe is ok or unknown. */
  readonly failed: { readonly layer: Layer; readonly means: string; readonly next: string } | null;
}

/** Returns the state of each layer, for the last host that a probe contacted. */
export function layersOf(
  { sample: { outcome, facts }, transcript }: Pick<Probed, 'sample' | 'transcript'>,
  say: Say,
): Layered {
  const hop = transcript.hops.at(-1) ?? null;
  const upTo = (layer: Layer, state: LayerState['state'], text: string): readonly LayerState[] => {
    const at = layers.indexOf(layer);
    const behind = say('layer.beyond');
    return [
      ...layers.slice(0, at).map((one) => past(one, hop, say)),
      { layer, state, text },
      ...layers.slice(at + 1).map((one) => ({ layer: one, state: 'not reached', text: behind }) as const),
    ];
  };
  if (outcome.tag === 'unknown') {
    const layer = layers.find((one) => !isPast(one, hop)) ?? 'content';
    return { states: upTo(layer, 'untold', say('layer.untold', { because: outcome.because })), failed: null };
  }
  if (outcome.tag === 'ok') {
    const { verified } = facts;
    const text = verified === undefined ? say('layer.protocol') : say('layer.verified', { against: verified.against });
    return { states: upTo('content', 'works', text), failed: null };
  }
  const { kind } = outcome.failure;
  const [of, nextWord] = meanings[kind];
  const [means, next] = [say(`layer.means.${kind}`), say(`layer.next.${nextWord}`)];
  const layer = layerOf(kind, of, hop);
  const what = `${means}${detailOf(kind, layer, { hop, transcript, say })}`;
  return {
    states: upTo(layer, 'fails', say('layer.failed', { reason: kind, what })),
    failed: { layer, means, next },
  };
}

/**
 * Returns the layer of a failure. If an HTML page has a failing status, the HTTP layer failed; an example is 511 of a
 * captive portal.
 */
function layerOf(kind: ProbeFailure['kind'], of: Layer | null, hop: Hop | null): Layer {
  const isRefusal = kind === 'wrong_content' && hop?.status !== null && hop !== null && hop.status >= 400;
  return isRefusal ? 'http' : (of ?? layerCut(hop));
}

function layerCut(hop: Hop | null): Layer {
  const phase = hop?.fault?.phase ?? 'connect';
  return phase === 'connect' || phase === 'resolve' ? 'tcp' : phase === 'tls' ? 'tls' : 'http';
}

interface Seen {
  readonly hop: Hop | null;
  readonly transcript: Probed['transcript'];
  readonly say: Say;
}

function detailOf(kind: ProbeFailure['kind'], layer: Layer, { hop, transcript, say }: Seen): string {
  if (hop === null) return '';
  if (layer === 'tcp') return hop.remoteAddress === null ? '' : say('layer.at', { detail: hop.remoteAddress });
  if (layer === 'certificate') return certificateText(kind, hop, transcript.startedAtMs, say);
  const status = layer === 'http' && hop.status ? say('layer.at', { detail: hop.status }) : '';
  return status + (layer === 'http' || layer === 'content' ? redirectText(transcript, say) : '');
}

function certificateText(kind: ProbeFailure['kind'], { tls, fault }: Hop, nowMs: number, say: Say): string {
  if (tls === null) return '';
  const issuer = say('layer.issuer', { issuer: tls.issuer });
  const [, names = ''] = /altnames: (.*)/.exec(fault?.text ?? '') ?? [];
  if (kind === 'tls_name' && names !== '') return say('layer.names', { names: names.replaceAll('DNS:', '') }) + issuer;
  if (kind === 'tls_expired' && tls.expiresAtMs !== null)
    return (
      (tls.expiresAtMs < nowMs
        ? say('layer.expired', { date: new Date(tls.expiresAtMs).toISOString() })
        : say('layer.notYet')) + issuer
    );
  const isSelfSigned = /SELF_SIGNED/.test(tls.authorizationCode ?? '');
  return kind === 'tls_untrusted' && isSelfSigned ? say('layer.selfSigned', { issuer: tls.issuer }) : issuer;
}

/** Returns a text with the last URL if redirects led to another host, else an empty text. */
function redirectText({ hops }: Probed['transcript'], say: Say): string {
  const ownHops = hops.filter((hop) => !hop.aside);
  const [first, last] = [ownHops[0]?.url, ownHops.at(-1)?.url];
  if (first === undefined || last === undefined || new URL(first).host === new URL(last).host) return '';
  return say('layer.redirected', { url: last });
}

/**
 * A phase that takes this long, milliseconds, probably lost a packet or waited for a resolver that does not respond.
 */
const slowMs = 1_000;

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

function past(layer: Layer, hop: Hop | null, say: Say): LayerState {
  const took = (phase: string): string => {
    const found = hop === null ? undefined : hopPhasesOf(hop).find(([name]) => name === phase);
    return found === undefined ? '' : say('layer.in', { ms: found[1].toFixed(1) });
  };
  const isSlow = (phase: string): boolean =>
    hop !== null && hopPhasesOf(hop).some(([name, ms]) => name === phase && ms >= slowMs);
  const works = (text: string, phase?: string): LayerState => ({
    layer,
    state: phase !== undefined && isSlow(phase) ? 'slow' : 'works',
    text,
  });
  const over = (text: string): LayerState => ({ layer, state: 'passed over', text });
  if (hop === null) return over(say('layer.nothing'));
  const { hostname: host } = new URL(hop.url);
  const address = hop.remoteAddress ?? 'null';
  const through = hop.proxy === null ? '' : say('layer.through', { proxy: hop.proxy });
  switch (layer) {
    case 'name':
      if (hop.proxy !== null) return over(say('layer.name.proxy', { host }));
      if (/^\[|^[\d.]+$/.test(host)) return over(say('layer.name.address'));
      return works(say('layer.name.is', { host, address, took: took('resolve') }), 'resolve');
    case 'tcp':
      return works(
        say('layer.tcp.opens', { address: `${address}:${hop.remotePort}`, through, took: took('connect') }),
        'connect',
      );
    case 'tls':
      if (!isSecure(hop)) return over(say('layer.tls.plain'));
      return works(
        hop.tls === null
          ? say('layer.tls.done', { took: took('tls') })
          : say('layer.tls.version', { version: hop.tls.version, took: took('tls') }),
        'tls',
      );
    case 'certificate':
      if (!isSecure(hop)) return over(say('layer.certificate.plain'));
      return works(
        hop.tls === null
          ? say('layer.certificate.trusted')
          : say('layer.certificate.issuer', { issuer: hop.tls.issuer }),
      );
    case 'http':
      return works(
        say('layer.http.status', {
          version: hop.protocol === undefined ? '' : `HTTP/${hop.protocol}, `,
          status: String(hop.status),
          took: took('processing'),
        }),
      );
    case 'content':
      return works(say('layer.protocol'));
    default:
      return layer satisfies never;
  }
}

/** Lists the layer, the meaning and the next action of each failure, for `explain` and docs/doctor.md. */
export function failuresByLayer(say: Say): readonly (Meaning & { readonly kind: ProbeFailure['kind'] })[] {
  return Object.entries(meanings).map(([kind, [layer, next]]) => ({
    kind: kind as ProbeFailure['kind'],
    layer,
    means: say(`layer.means.${kind as ProbeFailure['kind']}`),
    next: say(`layer.next.${next}`),
  }));
}
