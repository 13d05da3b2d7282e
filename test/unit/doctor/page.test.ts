import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { trapKinds } from '../../../src/doctor/catalogue.ts';
import { doctorPage, doctorPagePath } from '../../../tools/generate-doctor-docs.ts';

const page = readFileSync(doctorPagePath, 'utf8');

test('docs/doctor.md is what the code says (npx node tools/generate-doctor-docs.ts writes it)', async () => {
  expect(page).toBe(await doctorPage());
});

test('each trap has one row, and there is none for another', async () => {
  const kinds = await trapKinds();
  expect(
    [...page.matchAll(/^\| `([a-z0-9-]+)` \| (?:error|warning|note) \|/gm)].map(([, id]) => id).toSorted(),
  ).toEqual(Object.keys(kinds).toSorted());
});
