import { readFileSync } from 'node:fs';
import type { Family } from '../../world.ts';
import { recordedFamilies } from './families.ts';
import { readRecords } from './records.ts';

/** The file of records in this repository. */
export const shippedRecords = new URL('./outages.csv', import.meta.url);

const read = new Map<string, readonly Family[]>();

/**
 * The families of the recorded outages of a file.
 * @param path  `null`: the file in this repository
 * @throws Error if the file cannot be read
 */
export function familiesFrom(path: string | null): readonly Family[] {
  const known = read.get(path ?? '');
  if (known !== undefined) return known;
  const families = recordedFamilies(readRecords(readFileSync(path ?? shippedRecords, 'utf8')));
  read.set(path ?? '', families);
  return families;
}
