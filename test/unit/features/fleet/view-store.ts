import { createServer } from 'node:http';
import type { FleetSeries, StoreView } from '../../../../src/features/fleet/view.ts';
import { listenAnywhere } from '../../../support/ports.ts';

/** A store that answers a look with this view. */
export async function startViewStore(view: StoreView): Promise<{ readonly url: string; close(): void }> {
  const found = (query: string): readonly FleetSeries[] => {
    if (query.startsWith('timestamp(')) return view.sources;
    if (query.startsWith('mirror_state')) return view.states;
    if (query.startsWith('{__name__')) return view.facts;
    if (query.startsWith('place:')) return view.seen;
    return view.p95s;
  };
  const server = createServer(({ url = '' }, response) => {
    const query = new URL(url, 'http://store').searchParams.get('query') ?? '';
    const result = found(query).map(({ labels, value }) => ({
      metric: labels,
      value: [(view.atMs ?? 0) / 1000, String(value)],
    }));
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  const port = await listenAnywhere(server);
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
