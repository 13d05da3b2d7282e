import { expect, it } from 'vitest';
import { npmDoctor } from '../../../../src/ecosystems/npm/doctor.ts';
import { pypiDoctor } from '../../../../src/ecosystems/pypi/doctor.ts';
import { table } from '../../../support/table.ts';

const read = (doctor: typeof npmDoctor, name: string, text: string) =>
  doctor.readersOf?.(name).map(({ inertTextOf }) => inertTextOf(text))[0];

it.each(
  table<[string, string, string | null][]>(
    'unit/features/doctor/inert-texts',
    'a client that checks %s reads our own text of inert settings: %j',
  ),
)('a client that checks %s reads our own text of inert settings: %j', (name, text, want) => {
  expect(read(name === '.npmrc' ? npmDoctor : pypiDoctor, name, text)).toBe(want);
});
