import { readdirSync, readFileSync, statSync } from 'node:fs';
import { limits } from '../core/limits.ts';
import type { Files } from '../core/ports.ts';

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  return typeof code === 'string' ? code : 'EIO';
}

/**
 * Reads files of the machine. A file above `limits.configBytes` is not read (`EFBIG`), and neither is anything but a
 * regular file or pipe of that size (`EISDIR`). A leading byte-order mark is dropped. Names of a folder come sorted.
 */
export const systemFiles: Files = {
  read(path) {
    try {
      if (statSync(path).size > limits.configBytes) return { tag: 'error', code: 'EFBIG' };
      return { tag: 'ok', text: readFileSync(path, 'utf8').replace(/^\uFEFF/, '') };
    } catch (thrown) {
      return { tag: 'error', code: codeOf(thrown) };
    }
  },
  list(path) {
    try {
      return { tag: 'ok', names: readdirSync(path).sort() };
    } catch (thrown) {
      return { tag: 'error', code: codeOf(thrown) };
    }
  },
};
