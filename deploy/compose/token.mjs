// Makes the bearer token that the services of docker-compose.yml share, once: random, in a volume, never in a file of
// the checkout. `docker compose exec mirrorwatch node -p 'fs.readFileSync("/run/mirrorwatch/token","utf8")'` shows it.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const folder = process.argv[2] ?? '/run/mirrorwatch';
// Clients of the front door have a token of their own: that of the daemon opens its API.
for (const name of ['token', 'door-token'])
  try {
    // Prometheus, Alertmanager and Grafana run as users of their own and read it too.
    writeFileSync(`${folder}/${name}`, randomBytes(24).toString('base64url'), { flag: 'wx', mode: 0o444 });
  } catch (cause) {
    if (cause.code !== 'EEXIST') throw cause;
  }
