import { appendFileSync, writeFileSync } from 'node:fs';

/** What must not be, and when it was. */
export interface Violation {
  readonly atSeconds: number;
  readonly invariant: string;
  readonly evidence: string;
}

/** The record of one soak: a line for each event, and for what went wrong. */
export interface Verdicts {
  readonly note: (what: object) => void;
  readonly broken: (invariant: string, evidence: readonly string[]) => void;
  readonly all: () => readonly Violation[];
}

/** Of each kind so many are shown; one defect says the same over and over. */
const shownOfKind = 5;
const evidenceCharsMax = 4_000;

/** @param secondsNow  since the soak began */
export function createVerdicts(file: string, seed: number, secondsNow: () => number): Verdicts {
  const all: Violation[] = [];
  const counts = new Map<string, number>();
  let lastEvent = 'nothing yet';
  writeFileSync(file, '');
  const write = (line: object): void => {
    appendFileSync(file, `${JSON.stringify({ atSeconds: Number(secondsNow().toFixed(3)), ...line })}\n`);
  };
  return {
    note(what) {
      lastEvent = `${JSON.stringify(what)} at ${secondsNow().toFixed(1)} s`;
      write(what);
    },
    broken(invariant, evidence) {
      for (const one of evidence) {
        const violation = { atSeconds: secondsNow(), invariant, evidence: one };
        all.push(violation);
        write({ broken: invariant, evidence: one });
        const count = (counts.get(invariant) ?? 0) + 1;
        counts.set(invariant, count);
        if (count > shownOfKind) continue;
        process.stderr.write(
          `\nBROKEN: ${invariant}\n  seed ${seed}, ${violation.atSeconds.toFixed(1)} s in, after ${lastEvent}\n  ${one.slice(0, evidenceCharsMax)}\n`,
        );
      }
    },
    all: () => all,
  };
}
