import { get } from 'node:http';

// A Prometheus in miniature, in a process of its own: asks for a page every so often, gzip accepted, and drops it.
// argv: URL, milliseconds between scrapes.

const [url = '', everyMs = '2000'] = process.argv.slice(2);
let isBusy = false;

function scrape(): void {
  if (isBusy) return;
  isBusy = true;
  const startedMs = performance.now();
  const headers = { 'accept-encoding': 'gzip', accept: 'application/openmetrics-text;version=1.0.0' };
  const request = get(url, { headers }, (response) => {
    response.resume();
    response.once('end', () => {
      isBusy = false;
      process.send?.({ tookMs: performance.now() - startedMs, status: response.statusCode ?? 0 });
    });
  });
  request.once('error', () => {
    isBusy = false;
  });
}

setInterval(scrape, Number(everyMs));
process.once('disconnect', () => process.exit());
