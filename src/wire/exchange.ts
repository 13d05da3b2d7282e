import type { Collected } from './body-hold.ts';
import type { Carrier } from './carrier.ts';
import { Collector, type Read } from './collector.ts';
import type { Deadline } from './deadline.ts';
import { decoded } from './decode.ts';
import { floodLookMs } from './flood.ts';
import { stopOf } from './stop.ts';
import type { ExchangeRequest, ExchangeTrace } from './trace.ts';

/**
 * Sends one request and reads its complete response, within the limits; decodes an encoded body, offered or not, unless
 * the bytes are wanted as sent. Rejects with a `WireStop`; the connection is then closed, as after a body that is not read
 * to its end.
 * @param now  the monotonic clock
 */
export async function exchange(
  carrier: Carrier,
  request: ExchangeRequest,
  trace: ExchangeTrace,
  deadline: Deadline,
  now: () => number,
): Promise<Collected> {
  try {
    const { body, whole, isWhole } = await deadline.run<Read>((done, failed) => {
      const collector = new Collector(carrier, request, trace, now, done, failed);
      try {
        carrier.send(request, collector);
      } catch (error) {
        collector.broken(error);
      }
      if (carrier.protocol === '2') deadline.every(floodLookMs, () => collector.look());
      return () => collector.leave();
    });
    const isDecoded = isWhole && whole === null && request.method !== 'HEAD' && request.asSent !== true;
    if (!isDecoded) return { body, whole };
    const isOffered = request.headers['accept-encoding'] !== 'identity';
    return { body: await decoded(trace.headers['content-encoding'], body, request.bodyBytesMax, isOffered), whole };
  } catch (error) {
    carrier.close();
    throw stopOf(error, trace.bodyBytes);
  }
}
