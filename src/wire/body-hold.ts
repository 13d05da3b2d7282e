import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WholeBody } from '../core/body.ts';
import { limits } from '../core/limits.ts';
import { phrase } from '../words/tell.ts';
import { stopCodeOf, WireStop } from './deadline.ts';

/** A received body. If `whole` is not `null`, it contains the whole body, and `body` contains only the beginning. */
export interface Collected {
  readonly body: Buffer;
  readonly whole: BodyFile | null;
}

/** How a long body is stored: in a file instead of in memory. */
export interface Spill {
  /** Bodies above this size are kept in a file. */
  readonly heldBytes: number;
  /** Called with each new file. The callee must close the file. */
  readonly opened: (file: BodyFile) => void;
}

/** Chunks below this size, except the first, are copied, because each would keep its whole network buffer in memory. */
const pieceBytesMin = 2 * 1024;
const blockBytes = 16 * 1024;

export class BodyHold {
  #chunks: Buffer[] = [];
  #block: Buffer | null = null;
  #filled = 0;
  #bytes = 0;
  #file: BodyFile | null = null;

  /**
   * Adds a chunk of the body.
   * @param spill  how a long body is stored in a file; `null`: the whole body stays in memory
   * @throws WireStop `MW_NO_SCRATCH` if this machine cannot create or write the file
   */
  take(chunk: Buffer, spill: Spill | null): void {
    this.#bytes += chunk.length;
    if (this.#file === null) this.#hold(chunk);
    if (spill === null || this.#bytes <= spill.heldBytes) return;
    try {
      if (this.#file === null) this.#spill(spill);
      else this.#file.append(chunk);
    } catch (error) {
      throw new WireStop('MW_NO_SCRATCH', phrase('fault.scratch', { code: stopCodeOf(error) ?? 'unknown' }));
    }
  }

  collected(): Collected {
    this.#flush();
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    return { body, whole: this.#file };
  }

  #hold(chunk: Buffer): void {
    const isOwn = chunk.length >= pieceBytesMin || (this.#chunks.length === 0 && this.#filled === 0);
    if (isOwn || this.#filled + chunk.length > blockBytes) this.#flush();
    if (isOwn) this.#chunks.push(chunk);
    else {
      this.#block ??= Buffer.allocUnsafe(blockBytes);
      this.#filled += chunk.copy(this.#block, this.#filled);
    }
  }

  #flush(): void {
    if (this.#block !== null && this.#filled > 0) this.#chunks.push(Buffer.from(this.#block.subarray(0, this.#filled)));
    this.#filled = 0;
  }

  #spill(spill: Spill): void {
    this.#flush();
    const file = new BodyFile();
    spill.opened(file);
    this.#file = file;
    for (const chunk of this.#chunks) file.append(chunk);
    this.#chunks = [file.read(0, limits.bodyBeginBytes)];
  }
}

/** A long body in an unlinked temporary file. Reads and writes are synchronous. */
export class BodyFile implements WholeBody {
  readonly #file: number;
  #bytes = 0;
  #isClosed = false;

  /** Creates and opens the file. @throws Error with the system's code if the file cannot be created */
  constructor(folder = tmpdir()) {
    const path = join(folder, `mirrorwatch-body-${randomUUID()}`);
    this.#file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds bytes at the end. @throws Error with the system's code, such as `ENOSPC` */
  append(chunk: Uint8Array): void {
    for (let done = 0; done < chunk.length; ) {
      const written = writeSync(this.#file, chunk, done, chunk.length - done, this.#bytes);
      done += written;
      this.#bytes += written;
    }
  }

  read(at: number, bytes: number, into?: Buffer): Buffer {
    const length = Math.max(0, Math.min(bytes, this.#bytes - at));
    const part = into === undefined || into.length < length ? Buffer.allocUnsafe(length) : into.subarray(0, length);
    for (let done = 0; done < part.length; ) {
      const read = readSync(this.#file, part, done, part.length - done, at + done);
      if (read === 0) throw new Error('a body that was kept is shorter than it was');
      done += read;
    }
    return part;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#file);
  }
}
