import type { Due } from '../core/due.ts';
import { getOrMake } from '../core/get-or-make.ts';
import type { Probed } from '../core/ports.ts';
import type { Hop, TlsFacts } from '../core/transcript.ts';

const rememberedMax = 20_000;
const charsMax = 200;

/**
 * Saves memory: data from a thread is always a new copy. A value that equals an earlier value is replaced by the
 * earlier value.
 * @returns a function that returns the probe's result with the given `due` and with the earlier values
 */
export function createSharing(): (from: Probed, due: Due) => Probed {
  const texts = new Map<string, string>();
  const handshakes = new Map<string, TlsFacts>();

  const text = (value: string): string =>
    value.length > charsMax ? value : getOrMake(texts, value, () => value, rememberedMax);
  const maybe = (value: string | null): string | null => (value === null ? null : text(value));
  const values = (of: Readonly<Record<string, string>>): Record<string, string> => {
    const shared: Record<string, string> = {};
    for (const name in of) shared[name] = text(of[name] ?? '');
    return shared;
  };

  function handshake(tls: TlsFacts | null): TlsFacts | null {
    return tls && getOrMake(handshakes, JSON.stringify(tls), () => tls, rememberedMax);
  }

  function hop(one: Hop): Hop {
    const { url, remoteAddress, tls, requestHeaders, responseHeaders } = one;
    return {
      ...one,
      url: text(url),
      remoteAddress: maybe(remoteAddress),
      tls: handshake(tls),
      requestHeaders: values(requestHeaders),
      responseHeaders: values(responseHeaders),
    };
  }

  return ({ sample, transcript }, due) => {
    const { finalUrl, remoteAddress, tls } = sample;
    return {
      sample: {
        ...sample,
        due,
        finalUrl: maybe(finalUrl),
        remoteAddress: maybe(remoteAddress),
        tls: handshake(tls),
      },
      transcript: { ...transcript, probeId: due.probeId, hops: transcript.hops.map(hop) },
    };
  };
}
