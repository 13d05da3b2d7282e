import { expect, it } from 'vitest';
import { heldWalks, walkOf } from '../tools/reference/walks.ts';

// Who follows one value through the code reads few files, and comes back to few: docs/architecture.md, "What a value passes".

it.each(heldWalks)(
  '$start passes at most $files files and returns at most $returns times',
  ({ start, files, returns }) => {
    const walk = walkOf(start);
    expect(walk.visits.length).toBeGreaterThan(4);
    expect(walk.files, walk.visits.join(' > ')).toBeLessThanOrEqual(files);
    expect(walk.returns, walk.visits.join(' > ')).toBeLessThanOrEqual(returns);
  },
);

it('a walk that leads to one file and back has three visits and one return; one that leads nowhere has one', () => {
  const [one, other] = ['advise/last-choice.ts', 'advise/weigh.ts'];
  expect(walkOf(`${one}:listLastChoices:view`)).toMatchObject({ visits: [one, other, one], files: 2, returns: 1 });
  expect(walkOf('advise/bypass.ts:bypassesAt:view').visits).toEqual(['advise/bypass.ts']);
});
