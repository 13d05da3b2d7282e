import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WholeBody } from '../core/whole-body.ts';

/**
 * A long body in the system's temporary folder, readable at any position. The file has no name from its first byte on: no
 * other process can open it, and it disappears with this process. Written and read synchronously through the page cache:
 * some hundred microseconds per mebibyte.
 */
export class BodyFile implements WholeBody {
  readonly #file: number;
  #bytes = 0;
  #isClosed = false;

  /** @throws Error with the system's code where nothing can be written there */
  constructor(folder = tmpdir()) {
    const path = join(folder, `mirrorwatch-body-${randomUUID()}`);
    this.#file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws Error with the system's code: `ENOSPC` */
  append(chunk: Uint8Array): void {
    for (let done = 0; done < chunk.length; ) {
      const written = writeSync(this.#file, chunk, done, chunk.length - done, this.#bytes);
      done += written;
      this.#bytes += written;
    }
  }

  read(at: number, bytes: number): Uint8Array {
    const part = Buffer.allocUnsafe(Math.max(0, Math.min(bytes, this.#bytes - at)));
    for (let done = 0; done < part.length; ) {
      const read = readSync(this.#file, part, done, part.length - done, at + done);
      if (read === 0) throw new Error('a body that was kept is shorter than it was');
      done += read;
    }
    return part;
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#file);
  }
}
