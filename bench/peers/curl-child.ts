import { execFile } from 'node:child_process';
import { atPace } from '../pace.ts';
import type { Shot } from './errors.ts';
import { curlFormat, saidByCurl } from './said.ts';
import { shotAt, type Turn } from './turn.ts';

// Starts a curl for each probe, from a process that is small: starting one from a large process holds that up.
// argv: curl, CA file. Message in: a turn. Message out: its shots.

const [curl = '', caFile = ''] = process.argv.slice(2);

async function fire(turn: Turn): Promise<readonly Shot[]> {
  const flights: Promise<Shot>[] = [];
  await atPace(turn.perSecond, turn.forMs, (number) => {
    const { made, id, url } = shotAt(turn, number);
    const args = ['--silent', '--output', '/dev/null', '--cacert', caFile, '--write-out', curlFormat, url];
    flights.push(
      new Promise((resolve) => {
        execFile(curl, args, (_, stdout) => resolve({ made, id, said: saidByCurl(stdout) }));
      }),
    );
  });
  return Promise.all(flights);
}

process.on('message', (turn: Turn) => {
  void fire(turn).then((shots) => process.send?.(shots));
});
process.once('disconnect', () => process.exit());
