import { expect, test } from 'vitest';
import { placesOfVersion, versionAt } from '../../../tools/release/version.ts';

test('every file names the same version', () => {
  const found = placesOfVersion.map((place) => [place[0], versionAt(place)]);
  expect(found).toEqual(found.map(([file]) => [file, found[0]?.[1]]));
});
