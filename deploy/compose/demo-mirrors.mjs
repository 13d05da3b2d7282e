// The demo's mirrors as a service: `near` on 8081 and `far` on 8082, `near` slow for 90 s of every 300 s. The mirrors
// themselves are those of `mirrorwatch demo`; they listen on loopback at ports of their own, so a relay stands in front.
import { connect, createServer } from 'node:net';
import { go } from '/app/dist/ecosystems/go/go.js';
import { startDemoMirror } from '/app/dist/features/demo/mirror.js';

const { respond } = await go.demo();
const near = await startDemoMirror(respond, 25);
const far = await startDemoMirror(respond, 70);
relay(8081, near.url);
relay(8082, far.url);
setTimeout(slowForAWhile, 90_000);
setInterval(slowForAWhile, 300_000);
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));

function slowForAWhile() {
  near.slow(900);
  setTimeout(() => near.slow(0), 90_000);
}

function relay(port, url) {
  createServer((client) => {
    const mirror = connect(Number(new URL(url).port), '127.0.0.1');
    client.on('error', () => mirror.destroy()).pipe(mirror);
    mirror.on('error', () => client.destroy()).pipe(client);
  }).listen(port, '0.0.0.0');
}
