import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCerts } from '../test/support/certs.ts';
import { startNginx } from '../test/support/nginx.ts';
import { cacheDir, removeTempDir, repoDir, tempDir } from '../test/support/paths.ts';
import type { Round } from './blackbox-driver.ts';
import { startChild } from './child.ts';
import type { Progress } from './progress.ts';

/** Self time of one function. */
export interface Cost {
  /** `name file:line` */
  readonly where: string;
  /** Of all time that was not idle, 0 to 1. */
  readonly share: number;
  readonly usPerProbe: number;
}

/** What we read of a V8 CPU profile. Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const shown = 25;

/** Self time by function, dearest first; idle time left out. */
export function costsOf(profile: CpuProfile, probes: number): readonly Cost[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const spentUs = new Map<string, number>();
  profile.samples.forEach((id, at) => {
    const name = names.get(id) ?? 'unknown';
    if (name === '(idle)' || name === '(root)') return;
    spentUs.set(name, (spentUs.get(name) ?? 0) + (profile.timeDeltas[at] ?? 0));
  });
  const allUs = [...spentUs.values()].reduce((sum, us) => sum + us, 0);
  return [...spentUs]
    .sort(([, a], [, b]) => b - a)
    .map(([where, us]) => ({ where, share: us / allUs, usPerProbe: us / probes }));
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const file = url.replace('file://', '').replace(`${repoDir}/`, '');
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
}

/** Runs the prober in one thread under V8's profiler for some seconds. */
export async function profile(quick: boolean, progress: Progress): Promise<readonly Cost[]> {
  progress.say('profile: the prober in one thread under the profiler');
  const nginx = await startNginx({ root: join(cacheDir, 'tree'), extra: 'ssl_protocols TLSv1.3;' });
  const dir = tempDir('profile');
  const host = nginx.httpsUrl.replace('127.0.0.1', 'localhost');
  const child = startChild('cpu-child', ['inline', host, testCerts().ca.certFile, 'github.com/pkg/errors', 'v0.9.1']);
  const file = join(dir, 'probe.cpuprofile');
  try {
    child.say({ forMs: 2_000, atOnce: 16 });
    await child.hear();
    child.say({ forMs: quick ? 3_000 : 8_000, atOnce: 16, profileTo: file });
    const { ok } = (await child.hear()) as Round;
    return costsOf(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile, ok).slice(0, shown);
  } finally {
    await child.close();
    await nginx.close();
    removeTempDir(dir);
  }
}
