import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

// Runs the daemon of a checkout and stores its state file. The file contains an outage, advice, an acknowledged
// mismatch, and notices that no receiver has accepted. test/daemon/releases.test.ts starts later versions with this
// file.
//
//   node tools/release/record-state.ts CHECKOUT OUT.sqlite.gz

const [checkout = '.', out = 'state.sqlite.gz'] = process.argv.slice(2).map((path) => resolve(path));
const yaml = readFileSync(join(import.meta.dirname, '../../test/fixtures/releases/mirrorwatch.yaml'), 'utf8');
const api = 'http://127.0.0.1:18760';
const limitMs = 120_000;
const ports = { near: 18_761, far: 18_762, files: 18_763, receiver: 18_764 };

interface Finding {
  readonly id: string;
  readonly kind: string;
  readonly acknowledged?: unknown;
}

function listen(port: number, answer: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(answer);
  return new Promise((done) => server.listen(port, '127.0.0.1', () => done(server)));
}

/**
 * Waits until `holds` returns true.
 * @throws Error after `limitMs` milliseconds
 */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 200) {
    if (await holds().catch(() => false)) return;
    await sleep(200);
  }
  throw new Error(`never: ${what}`);
}

async function get<T>(path: string): Promise<T> {
  return (await (await fetch(`${api}${path}`)).json()) as T;
}

const { registry } = await import(join(checkout, 'src/ecosystems/registry.ts'));
const small = await registry.of('go').demo();
let isDead = false;
const goMirror = (isNear: boolean) =>
  ((request, response) => {
    const found = small.answer({ path: request.url, accept: '', origin: '' });
    if (isNear && isDead) return void response.writeHead(503).end();
    response.writeHead(found === null ? 404 : 200, { 'content-type': found?.type ?? 'text/plain' }).end(found?.body);
  }) satisfies Parameters<typeof createServer>[1];
const servers = await Promise.all([
  listen(ports.near, goMirror(true)),
  listen(ports.far, goMirror(false)),
  listen(ports.files, (_, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('wrong')),
  listen(ports.receiver, (request, response) => void request.resume().on('end', () => response.writeHead(500).end())),
]);
const folder = mkdtempSync(join(tmpdir(), 'record-state-'));
const state = join(folder, 'state.db');
writeFileSync(join(folder, 'mirrorwatch.yaml'), `listen: 127.0.0.1:18760\nstate: { path: state.db }\n${yaml}`);
const daemon = spawn(process.execPath, [join(checkout, 'src/main.ts'), 'run'], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  const findings = (kind: string) => get<{ findings: Finding[] }>(`/api/v1/findings?state=all&kind=${kind}`);
  await until('both mirrors measured', async () => {
    const { targets } = await get<{ targets: { samples?: number; attempts?: number; state?: string }[] }>(
      '/api/v1/targets?registry=near',
    );
    return targets.length > 0;
  });
  await sleep(12_000);
  await until('a mismatch', async () => (await findings('mismatch')).findings.some(({ kind }) => kind === 'mismatch'));
  const [mismatch] = (await findings('mismatch')).findings.filter(({ kind }) => kind === 'mismatch');
  const acked = await fetch(`${api}/api/v1/findings/${encodeURIComponent(mismatch?.id ?? '')}/ack`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'republished upstream' }),
  });
  if (!acked.ok) throw new Error(`ack: ${acked.status} ${await acked.text()}`);
  isDead = true;
  await until('an outage', async () => (await findings('outage')).findings.some(({ kind }) => kind === 'outage'));
  await until('advice', async () => (await get<{ advice: unknown[] }>('/api/v1/advice')).advice.length > 0);
  await sleep(3_000);
} finally {
  const ended = new Promise((done) => daemon.once('exit', done));
  daemon.kill('SIGTERM');
  await ended;
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
}
const db = new DatabaseSync(state);
db.exec('PRAGMA journal_mode = DELETE');
db.exec('VACUUM');
db.close();
writeFileSync(out, gzipSync(readFileSync(state), { level: 9 }));
rmSync(folder, { recursive: true });
