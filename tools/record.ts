import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { go } from '../src/ecosystems/go/go.ts';
import { startDemoMirror } from '../src/features/demo/mirror.ts';
import { drawn } from './recording/draw.ts';
import { type Chunk, showings } from './recording/screen.ts';

const goDemo = await go.demo();

// Writes docs/recordings/*.svg from the real output of the program in a terminal (made with `script` of util-linux):
// the demo, and `rank` with three local mirrors, one of them slow and one dead. Pauses are cut to one second.

const root = join(import.meta.dirname, '..');
const columns = 130;
const pauseMsMax = 1_000;

/** Runs the program in its own terminal, and records its output with times. */
async function recorded(words: readonly string[], cwd: string): Promise<readonly Chunk[]> {
  const command = ['node', join(root, 'src/main.ts'), ...words].map((word) => `'${word}'`).join(' ');
  const shell = `stty cols ${columns} rows 50; exec ${command}`;
  const child = spawn('script', ['-qec', shell, '/dev/null'], {
    cwd,
    env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TERM: 'xterm-256color', FORCE_COLOR: '1', NO_COLOR: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Chunk[] = [];
  const decoder = new TextDecoder();
  const startMs = performance.now();
  child.stdout.on('data', (bytes: Buffer) =>
    chunks.push({ atMs: performance.now() - startMs, text: decoder.decode(bytes, { stream: true }) }),
  );
  await new Promise((resolve) => child.once('close', resolve));
  return chunks;
}

/** Shortens each pause to at most a second. */
function hastened(chunks: readonly Chunk[]): readonly Chunk[] {
  let [shown, before] = [0, 0];
  return chunks.map(({ atMs, text }) => {
    shown += Math.min(atMs - before, pauseMsMax);
    before = atMs;
    return { atMs: Math.round(shown), text };
  });
}

function write(name: string, title: string, chunks: readonly Chunk[]): void {
  mkdirSync(join(root, 'docs/recordings'), { recursive: true });
  writeFileSync(join(root, `docs/recordings/${name}.svg`), drawn(title, showings(hastened(chunks), columns), columns));
}

async function recordRank(): Promise<void> {
  const [office, campus, retired] = await Promise.all([140, 35, 1].map((ms) => startDemoMirror(goDemo.respond, ms)));
  const servers = [office, campus, retired].filter((server) => server !== undefined);
  const urls = servers.map(({ url }) => url);
  await retired?.close();
  const folder = mkdtempSync(join(tmpdir(), 'mirrorwatch-record-'));
  const names = ['office', 'campus', 'retired'];
  const mirrors = urls.map(
    (url, at) => `  - { name: ${names[at]}, ecosystem: go, url: "${url}", weight: ${100 - at} }\n`,
  );
  writeFileSync(
    join(folder, 'mirrorwatch.yaml'),
    `mirrors:\n${mirrors.join('')}modules: { go: ["${goDemo.module}"] }\nclients: { go: "${urls[0]},direct" }\ngo: { sumdb: "off" }\n`,
  );
  write('rank', 'mirrorwatch rank go', await recorded(['rank', 'go'], folder));
  await Promise.all([office?.close(), campus?.close()]);
  rmSync(folder, { recursive: true });
}

await recordRank();
write('demo', 'mirrorwatch demo --once', await recorded(['demo', '--once'], root));
