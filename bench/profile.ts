import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCerts } from '../test/support/certs.ts';
import { startNginx } from '../test/support/nginx.ts';
import { removeTempDir, repoDir, tempDir } from '../test/support/paths.ts';
import type { Round } from './blackbox-driver.ts';
import { startChild } from './child.ts';
import { answered, moduleTree, treeModules } from './no-figures.ts';
import { cpuMsOf } from './process-cpu.ts';
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

const shown = 20;
/** Stands for every function that is none. */
const idle = '(idle)';

/** A profile by function and by whose code it is, each the dearest first. */
export interface ProfileReport {
  readonly functions: readonly Cost[];
  readonly owners: readonly Cost[];
}

type CallFrame = CpuProfile['nodes'][number]['callFrame'];

/**
 * Self time by what `nameOf` calls a function, dearest first; idle time left out. Samples are taken by the clock, also
 * while the thread waits for a core, so their shares are laid over the CPU time that the kernel counted.
 */
export function costsOf(
  profile: CpuProfile,
  cpuUsPerProbe: number,
  nameOf: (frame: CallFrame) => string,
): readonly Cost[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, isIdle(callFrame) ? idle : nameOf(callFrame)]));
  const spentUs = new Map<string, number>();
  profile.samples.forEach((id, at) => {
    const name = names.get(id) ?? 'unknown';
    if (name === idle) return;
    spentUs.set(name, (spentUs.get(name) ?? 0) + (profile.timeDeltas[at] ?? 0));
  });
  const allUs = [...spentUs.values()].reduce((sum, us) => sum + us, 0);
  return [...spentUs]
    .sort(([, a], [, b]) => b - a)
    .map(([where, us]) => ({ where, share: us / allUs, usPerProbe: (us / allUs) * cpuUsPerProbe }));
}

function isIdle({ functionName }: CallFrame): boolean {
  return functionName === '(idle)' || functionName === '(root)';
}

/** Name, file and line. */
export function functionOf({ functionName, url, lineNumber }: CallFrame): string {
  const file = url.replace('file://', '').replace(`${repoDir}/`, '');
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
}

/** Whose code a function is: native (OpenSSL, libuv, the kernel), Node's, a package's, ours. */
export function ownerOf({ functionName, url }: CallFrame): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (url === '') return 'native: OpenSSL, libuv, kernel';
  if (url.startsWith('node:')) return "Node's own modules";
  const part = /\/node_modules\/([^/]+)\//.exec(url)?.[1] ?? /\/src\/([^/]+)/.exec(url)?.[0].slice(1);
  return part ?? 'bench';
}

/** Runs the prober in one thread under V8's profiler for some seconds. */
export async function profile(quick: boolean, progress: Progress): Promise<ProfileReport> {
  progress.say('profile: the prober in one thread under the profiler');
  const nginx = await startNginx({ root: moduleTree(), extra: 'ssl_protocols TLSv1.3;' });
  const [{ module, version }] = treeModules;
  const dir = tempDir('profile');
  const host = nginx.httpsUrl.replace('127.0.0.1', 'localhost');
  const child = startChild('cpu-child', ['inline', host, testCerts().ca.certFile, module, version]);
  const file = join(dir, 'probe.cpuprofile');
  try {
    child.say({ forMs: 2_000, atOnce: 16 });
    await child.hear();
    const before = cpuMsOf(child.pid);
    child.say({ forMs: quick ? 3_000 : 8_000, atOnce: 16, profileTo: file });
    const { ok } = answered('the profiled prober', (await child.hear()) as Round);
    const cpuUs = ((cpuMsOf(child.pid) - before) * 1_000) / ok;
    const read = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
    return { functions: costsOf(read, cpuUs, functionOf).slice(0, shown), owners: costsOf(read, cpuUs, ownerOf) };
  } finally {
    await child.close();
    await nginx.close();
    removeTempDir(dir);
  }
}
