import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { testCerts } from '../../test/support/certs.ts';
import { startNginx } from '../../test/support/nginx.ts';
import { escapeCapitals, moduleAnswers, type SyntheticModule } from '../../test/support/synthetic-modules.ts';

/** Targets of a Go module at one version on one mirror: `list latest info mod zip`. */
const targetsPerModule = 5;
/** Light ones among them. */
const lightPerModule = 4;
/**
 * Light probes a second that two cores carry beside nginx and a scraper: each takes some 2 ms of them, the server's half
 * of the handshake included.
 */
const perSecondMax = 120;
/** The canary's pace by default: faster ones would measure the load, and not the targets. */
const everySecondsMin = 30;

/** How a number of targets is made up, and how often the light ones of them are asked. */
export interface Shape {
  readonly mirrors: number;
  readonly modules: number;
  readonly targets: number;
  readonly everySeconds: number;
}

/** The nearest shape to so many targets: ten mirrors, four where there are few. */
export function shapeOf(targets: number): Shape {
  const mirrors = targets < 500 ? 4 : 10;
  const modules = Math.max(2, Math.round(targets / (mirrors * targetsPerModule)));
  const everySeconds = Math.max(everySecondsMin, Math.ceil((mirrors * modules * lightPerModule) / perSecondMax));
  return { mirrors, modules, targets: mirrors * modules * targetsPerModule, everySeconds };
}

/** Those of them that are asked at that pace; the others are asked once an hour. */
export function lightTargets({ mirrors, modules }: Shape): number {
  return mirrors * modules * lightPerModule;
}

const version = 'v1.25.0';
const moduleName = (at: number): string => `example.com/some/longer/module-${at}`;

export function moduleOf(at: number): SyntheticModule {
  const path = moduleName(at);
  const files = { 'a.go': `package a\n\nconst At = ${at}\n` };
  return { path, versions: [{ version, time: '2024-02-01T00:00:00Z', goMod: `module ${path}\n\ngo 1.21\n`, files }] };
}

/** The modules that a daemon of this shape watches. */
export function moduleNames({ modules }: Shape): readonly string[] {
  return Array.from({ length: modules }, (_, at) => moduleName(at));
}

/** The mirrors that a daemon watches: nginx over HTTPS on loopback, a process each, all of the same modules. */
export interface Mirrors {
  readonly urls: readonly string[];
  readonly close: () => Promise<void>;
}

/** @param dir  an empty folder for what they serve */
export async function startMirrors({ mirrors, modules }: Shape, dir: string): Promise<Mirrors> {
  const all = Array.from({ length: modules }, (_, at) => moduleOf(at));
  for (const [path, answer] of moduleAnswers(all)) {
    const file = join(dir, escapeCapitals(path));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, answer.body ?? '');
  }
  const started = await Promise.all(Array.from({ length: mirrors }, () => startNginx({ root: dir })));
  return {
    urls: started.map(({ httpsUrl }) => httpsUrl),
    async close() {
      await Promise.all(started.map((nginx) => nginx.close()));
    },
  };
}

/**
 * The configuration of a daemon over these mirrors.
 * @param drop  leaves the last module out: what a reload changes
 * @param ca    absent: the test CA; `null`: that of the system
 */
export function configText(
  shape: Shape,
  { urls }: Pick<Mirrors, 'urls'>,
  at: { readonly port: number; readonly statePath: string; readonly drop: boolean; readonly ca?: string | null },
): string {
  const every = `${shape.everySeconds}s`;
  const names = moduleNames(shape).map((name) => `${name}@${version}`);
  if (at.drop) names.pop();
  const ca = at.ca === undefined ? testCerts().ca.certFile : at.ca;
  // JSON is YAML.
  return JSON.stringify({
    vantage: 'bench',
    listen: `127.0.0.1:${at.port}`,
    schedule: { every, timeout: '5s', perHost: 4 },
    steps: { list: every, latest: every, info: every, mod: every },
    mirrors: urls.map((url, n) => ({ name: `m${n}`, ecosystem: 'go', url, ...(ca === null ? {} : { tls: { ca } }) })),
    clients: { go: `${urls.slice(0, 2).join(',')},direct` },
    modules: { go: names },
    go: { sumdb: 'off' },
    limits: { lines: 2_000_000 },
    state: { path: at.statePath },
  });
}
