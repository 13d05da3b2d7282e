import { Agent, get } from 'node:http';
import { atPace } from '../pace.ts';
import type { Shot } from './errors.ts';
import { saidByBlackbox } from './said.ts';
import { shotAt, type Turn } from './turn.ts';

/** Scrapes a probe of blackbox_exporter at an even pace, over kept connections; pages are read when all are here. */
export async function fireBlackbox(port: number, turn: Turn): Promise<readonly Shot[]> {
  const agent = new Agent({ keepAlive: true });
  const flights: Promise<Omit<Shot, 'said'> & { readonly page: string }>[] = [];
  await atPace(turn.perSecond, turn.forMs, (number) => {
    const { made, id, url } = shotAt(turn, number);
    const path = `/probe?target=${encodeURIComponent(url)}&module=http_2xx`;
    flights.push(pageOf(agent, port, path).then((page) => ({ made, id, page })));
  });
  const answers = await Promise.all(flights);
  agent.destroy();
  return answers.map(({ page, ...shot }) => ({ ...shot, said: saidByBlackbox(page) }));
}

/** The page; nothing where the exporter does not answer, which is a failed probe. */
function pageOf(agent: Agent, port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ agent, host: '127.0.0.1', port, path }, (response) => {
      let page = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => {
        page += text;
      });
      response.once('end', () => resolve(page));
    });
    request.once('error', () => resolve(''));
  });
}
