import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder with an explicit removal. */
export interface Scratch {
  readonly path: string;
  remove(): void;
}

/** Makes an empty temporary folder. @throws Error when the system's temporary folder can't be written */
export function scratchFolder(prefix: string): Scratch {
  const path = mkdtempSync(join(tmpdir(), prefix));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
