// Three mirrors for each place of docker-compose.places.yml: 80S1 is `near`, 80S2 `far`, 80S3 `third` where SLOT is S. After
// 90 s `near` of ams is slow for 90 s of every 300 s, and `near` of fra and `third` of sgp respond 503.
import { connect, createServer } from 'node:net';
import { go } from '/app/dist/ecosystems/go/go.js';
import { startDemoMirror } from '/app/dist/features/demo/mirror.js';

const { respond } = await go.demo();
const slow = await relay(8001, 25);
await relay(8002, 70);
await relay(8003, 90);
const failing = [await relay(8011, 20)];
await relay(8012, 60);
await relay(8013, 95);
await relay(8021, 180);
await relay(8022, 190);
failing.push(await relay(8023, 60));
setTimeout(() => {
  slowForAWhile();
  setInterval(slowForAWhile, 300_000);
  for (const mirror of failing) mirror.fail(true);
}, 90_000);
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));

function slowForAWhile() {
  slow.slow(900);
  setTimeout(() => slow.slow(0), 90_000);
}

/** The mirrors themselves listen on loopback at ports of their own. */
async function relay(port, baseMs) {
  const mirror = await startDemoMirror(respond, baseMs);
  createServer((client) => {
    const upstream = connect(Number(new URL(mirror.url).port), '127.0.0.1');
    client.on('error', () => upstream.destroy()).pipe(upstream);
    upstream.on('error', () => client.destroy()).pipe(client);
  }).listen(port, '0.0.0.0');
  return mirror;
}
