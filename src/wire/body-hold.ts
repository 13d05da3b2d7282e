import { limits } from '../core/limits.ts';
import { phrase } from '../words/tell.ts';
import { BodyFile } from './body-file.ts';
import { codeOf, WireStop } from './stop.ts';

/** What was collected: the bytes, or their beginning and the file that has them all. */
export interface Collected {
  readonly body: Buffer;
  /** `null`: `body` is all of it. */
  readonly whole: BodyFile | null;
}

/** Where a body may be longer than we hold: how much of it is held, and whose file takes it then. */
export interface Spill {
  /** Past so many bytes all of them go to a file. */
  readonly heldBytes: number;
  /** Told of each file at once: it has to be closed by whoever opened this. */
  readonly opened: (file: BodyFile) => void;
}

/** A smaller piece is copied, unless it is the first: it would keep all that it came in, and be a hundred bytes by itself. */
const pieceBytesMin = 2 * 1024;
const blockBytes = 16 * 1024;

/** Collects a body as it comes. What it holds is little more than the body, in however small pieces that comes. */
export class BodyHold {
  #chunks: Buffer[] = [];
  /** Small pieces that came after the chunks, as far as it is filled. */
  #block: Buffer | null = null;
  #filled = 0;
  #bytes = 0;
  #file: BodyFile | null = null;

  /**
   * @param spill  `null`: all of it is held
   * @throws WireStop `MW_NO_SCRATCH` where a file can't be made or filled: nobody's fault but this machine's
   */
  take(chunk: Buffer, spill: Spill | null): void {
    this.#bytes += chunk.length;
    if (this.#file === null) this.#hold(chunk);
    if (spill === null || this.#bytes <= spill.heldBytes) return;
    try {
      if (this.#file === null) this.#spill(spill);
      else this.#file.append(chunk);
    } catch (error) {
      throw new WireStop('MW_NO_SCRATCH', phrase('fault.scratch', { code: codeOf(error) ?? 'unknown' }));
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
    const held = Buffer.concat(this.#chunks);
    file.append(held);
    this.#chunks = [Buffer.from(held.subarray(0, limits.bodyBeginBytes))];
  }
}
