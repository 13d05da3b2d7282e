import { limits } from '../../core/limits.ts';
import { BodyFile } from '../body-file.ts';
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

/** Collects a body as it comes. */
export class BodyHold {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #file: BodyFile | null = null;

  /**
   * @param spill  `null`: all of it is held
   * @throws WireStop `MW_NO_SCRATCH` where a file can't be made or filled: nobody's fault but this machine's
   */
  take(chunk: Buffer, spill: Spill | null): void {
    this.#bytes += chunk.length;
    if (this.#file === null) this.#chunks.push(chunk);
    if (spill === null || this.#bytes <= spill.heldBytes) return;
    try {
      if (this.#file === null) this.#spill(spill);
      else this.#file.append(chunk);
    } catch (error) {
      throw new WireStop('MW_NO_SCRATCH', `no temporary file for a long body: ${codeOf(error) ?? 'unknown'}`);
    }
  }

  collected(): Collected {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    return { body, whole: this.#file };
  }

  #spill(spill: Spill): void {
    const file = new BodyFile();
    spill.opened(file);
    this.#file = file;
    const held = Buffer.concat(this.#chunks);
    file.append(held);
    this.#chunks = [Buffer.from(held.subarray(0, limits.bodyBeginBytes))];
  }
}
