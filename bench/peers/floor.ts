import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCommand, removeTempDir, tempDir } from '../../test/support/paths.ts';
import { run } from '../../test/support/process.ts';
import { NoFigures } from '../no-figures.ts';
import type { Shot } from './errors.ts';
import { saidByFloor } from './said.ts';
import { moduleOf, shotAt, type Turn } from './turn.ts';

/** The C program, compiled. */
export interface Floor {
  readonly fire: (turn: Turn) => Promise<readonly Shot[]>;
  readonly close: () => void;
}

/** Compiles the C program into a temporary folder. @returns why there is none, where there is no compiler or no libssl to compile against */
export async function buildFloor(caFile: string): Promise<Floor | string> {
  const compiler = findCommand('cc') ?? findCommand('gcc');
  if (compiler === null) return 'no C compiler (cc or gcc)';
  const dir = tempDir('floor');
  const binary = join(dir, 'floor');
  const source = fileURLToPath(new URL('./floor.c', import.meta.url));
  const built = await run(compiler, ['-O2', '-Wall', '-o', binary, source, '-lssl', '-lcrypto', '-lpthread']);
  if (built.code !== 0) {
    removeTempDir(dir);
    return `the C program does not compile (libssl-dev?): ${built.stderr.split('\n', 1)[0] ?? ''}`;
  }
  return {
    async fire(turn) {
      const count = Math.floor((turn.forMs / 1_000) * turn.perSecond);
      const [link, server] = [new URL(turn.link), new URL(turn.server)];
      const path = `${server.pathname}/${moduleOf(turn)}`;
      const mirrors = [link.hostname, link.port, link.pathname, server.hostname, server.port, path];
      const ran = await run(binary, [caFile, `${turn.perSecond}`, `${count}`, ...mirrors]);
      if (ran.code !== 0) throw new NoFigures(`the C program ended with ${ran.code}: ${ran.stderr}`);
      const said = saidByFloor(ran.stdout);
      return Array.from({ length: count }, (_, number) => ({
        ...shotAt(turn, number),
        said: said.get(number) ?? null,
      }));
    },
    close: () => removeTempDir(dir),
  };
}
