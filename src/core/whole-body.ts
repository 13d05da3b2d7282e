/** All bytes of a body, wherever they are kept. */
export interface WholeBody {
  readonly bytes: number;
  /**
   * A part of it, for now: to be read before the next one is asked for. Shorter where the body ends, empty past its end.
   * Throws where the machine lost what it had kept: a defect, never the mirror's.
   */
  read(at: number, bytes: number): Uint8Array;
}

/** A body that is held in memory. */
export function heldBody(body: Uint8Array): WholeBody {
  return { bytes: body.length, read: (at, bytes) => body.subarray(at, at + bytes) };
}
