/**
 * Memory of the daemon by its targets, MB (2^20 bytes), and CPU by its probes: what README.md says, and what `npm run bench -- --only
 * scale` holds against what it measures.
 */
export const formula = {
  baseMb: 142,
  /** The first thousand have more for each than the next: what is kept of series and charts is bounded over all of them. */
  mbOfFirstThousand: 36,
  mbPerFurtherThousand: 12,
  /** More after an hour, at any number of targets: what `malloc` keeps in its arenas. */
  mbHoursLater: 30,
  cpuMsPerProbe: 4,
} as const;

/** Memory that a daemon with so many targets should take, MB. */
export function expectedMb(targets: number): number {
  const thousands = targets / 1_000;
  const { baseMb, mbOfFirstThousand, mbPerFurtherThousand } = formula;
  return baseMb + mbOfFirstThousand * Math.min(1, thousands) + mbPerFurtherThousand * Math.max(0, thousands - 1);
}

/** By how much a figure is off what was expected: 0.1 is a tenth above. */
export function offBy(figure: number, expected: number): number {
  return figure / expected - 1;
}
