import { expect, it } from 'vitest';
import { assignmentsIn } from '../../../../src/features/doctor/assignments.ts';
import { expectInProportion } from '../../../support/growth.ts';

it.each<[string, string, readonly string[]]>([
  ['the text of one sets nothing', 'cat <<EOF\nexport A=1\nEOF\nexport B=2', ['B:4']],
  ['in quotes, with tabs before its end', "cat <<-'X Y' > f\n\tA=1\n\tX Y\nB=2", ['B:4']],
  ['two of one line', 'f <<A 3<<"B"\nP=1\nA\nQ=1\nB\nR=1', ['R:6']],
  ['a word as its text is none', 'f <<< A\nA=1', ['A:2']],
  ['nor is a shift, nor a comment', 'export N=$((1<<2))\n# f <<A\nP=1\nA', ['N:1', 'P:3']],
  ['without an end it is none: what follows may count', 'f <<EOF\nA=1', ['A:2']],
  ['an end with a blank behind it is none', 'f <<EOF\nA=1\nEOF \nB=1\nEOF\nC=1', ['C:6']],
])('here-documents: %s', (_, text, wanted) =>
  expect(assignmentsIn('/x/.bashrc', text).map(({ name, line }) => `${name}:${line}`)).toEqual(wanted),
);

it.each([
  ['here-documents without an end', (size: number) => 'cat <<A\n'.repeat(size)],
  ['here-documents whose end has a tab', (size: number) => `${'cat <<A\n'.repeat(size)}\tA\n`],
  ['variables and unset', (size: number) => `${'A=1\n'.repeat(size)}${'unset B\n'.repeat(size)}`],
])('thousands of %s are read in proportion to their number', (_, textOf) =>
  expectInProportion(2_000, textOf, (text) => assignmentsIn('/x/.envrc', text)),
);
