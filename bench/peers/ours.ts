import type { Workers } from '../../src/core/ports.ts';
import type { Sample } from '../../src/core/sample.ts';
import { systemClock } from '../../src/io/clock.ts';
import { atPace } from '../pace.ts';
import { bookOf, coldDue, type Subject } from '../subjects.ts';
import type { Shot } from './errors.ts';
import { phasesOf } from './said.ts';
import { shotAt, type Turn } from './turn.ts';

/** What the file behind the link is of. */
interface LinkFile {
  readonly module: string;
  readonly version: string;
}

/** Probes through the daemon's worker pool at an even pace; `told` hears each sample, as the exporter of a daemon does. */
export async function fireOurs(
  workers: Workers,
  { module, version }: LinkFile,
  over: Pick<Subject, 'ca' | 'protocol'>,
  turn: Turn,
  told: (sample: Sample) => void,
): Promise<readonly Shot[]> {
  const subject = { ...over, dnsServer: null };
  const url = turn.link.slice(0, turn.link.indexOf(`/${module}/`));
  await workers.configure(
    bookOf([
      { ...subject, registry: 'link', url },
      { ...subject, registry: 'server', url: turn.server },
    ]),
  );
  const flights: Promise<Shot>[] = [];
  await atPace(turn.perSecond, turn.forMs, (number) => {
    const { made, id } = shotAt(turn, number);
    const asked = made === 'link' ? { module, version } : { module: `example.com/${id}`, version: 'v1.0.0' };
    const due = coldDue(id, made, asked.module, asked.version, systemClock.monotonicMs());
    flights.push(
      workers.probe(due).then(({ sample }) => {
        told(sample);
        const { connect, tls, processing, transfer } = sample.phases;
        const isOk = sample.outcome.tag === 'ok';
        return { made, id, said: isOk ? phasesOf(connect, tls, processing, transfer) : null };
      }),
    );
  });
  return Promise.all(flights);
}
