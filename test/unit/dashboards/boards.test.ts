import { describe, expect, test } from 'vitest';
import { reasonColour } from '../../../dashboards/palette.ts';
import { reasons } from '../../../src/core/failure.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { staleFiles } from '../../../tools/generate-dashboards.ts';
import { type Board, type BoardPanel, panelQueries, panelsOf, plainBoards } from '../../real/boards-grafana.ts';

const boards = Object.entries(plainBoards).map(([name, board]) => ({ name, board }));
const panels = boards.flatMap(({ name, board }) =>
  panelsOf(board).map((panel) => ({ where: `${name}/${panel.id}`, panel })),
);
const source = ['$', '{datasource}'].join('');

test('the JSON in dashboards/ is what the code says, and nothing else lies there', () => {
  expect(staleFiles()).toEqual([]);
});

describe('what people may have linked to never changes', () => {
  test.each([
    {
      name: 'overview',
      uid: 'mirrorwatch-overview',
      ids: [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 101, 10, 11, 12, 102, 13, 14, 15],
    },
    { name: 'rtt-matrix', uid: 'mirrorwatch-matrix', ids: [1, 102, 3, 4, 5, 6, 7, 101] },
    {
      name: 'mirror',
      uid: 'mirrorwatch-mirror',
      ids: [1, 2, 3, 101, 30, 31, 32, 33, 34, 102, 10, 11, 12, 103, 20, 21, 22, 104, 40, 41, 42, 43, 44, 105, 106],
    },
    { name: 'places', uid: 'mirrorwatch-places', ids: [1, 2, 3, 101, 4, 5, 6, 7] },
    {
      name: 'self',
      uid: 'mirrorwatch-self',
      ids: [
        1, 2, 3, 4, 5, 101, 10, 11, 12, 13, 14, 15, 102, 20, 21, 22, 23, 103, 30, 31, 32, 33, 34, 104, 40, 41, 42, 43,
      ],
    },
  ])('$name keeps its uid and the ids of its panels', ({ name, uid, ids }) => {
    const board = plainBoards[name] as Board;
    expect(board.uid).toBe(uid);
    expect(board.panels.map(({ id }) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('each panel', () => {
  test.each(panels)('$where $panel.title says what to do, has a unit, and asks the chosen data source', ({ panel }) => {
    expect(panel.description ?? '').toMatch(/\.$/);
    expect((panel.description ?? '').length).toBeGreaterThan(60);
    expect(panel.fieldConfig?.defaults.unit ?? '').not.toBe('');
    expect(panel.datasource?.uid).toBe(source);
    expect(panel.targets?.length ?? 0).toBeGreaterThan(0);
    for (const target of panel.targets ?? [])
      expect((target as unknown as { datasource: { uid: string } }).datasource.uid).toBe(source);
  });

  test.each(panels)('$where $panel.title says why, where there is nothing', ({ panel }) => {
    const none = panel.fieldConfig?.defaults.noValue ?? '';
    expect(none).not.toBe('');
    expect(none).not.toMatch(/^(no data|n\/a|ok|fine|0)$/i);
  });
});

describe('each board', () => {
  test.each(boards)('$name lies on the grid without covering anything', ({ board }) => {
    const taken = new Set<string>();
    for (const { title, gridPos } of board.panels)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x, title).toBeLessThan(24);
          expect(taken.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false);
          taken.add(`${x},${y}`);
        }
  });

  test.each(boards)('$name repeats only panels that have their lines to themselves', ({ board }) => {
    const repeated = panelsOf(board).filter(({ repeat }) => repeat !== undefined);
    expect(repeated.map(({ gridPos }) => gridPos.w).filter((w) => w !== 24)).toEqual([]);
  });

  test.each(boards)('$name has its data source as a variable, and each variable says what it is', ({ board }) => {
    const { list } = board.templating;
    expect(list[0]).toMatchObject({
      name: 'datasource',
      type: 'datasource',
      query: 'prometheus',
      label: 'Data source',
    });
    for (const { label, description } of list) expect([label, description]).not.toContain('');
    const asked = list.filter(({ type }) => type === 'query');
    expect(asked.map(({ refresh }) => refresh)).toEqual(asked.map(() => 2));
    const several = asked.filter(({ multi }) => multi);
    for (const { includeAll, allValue } of several)
      expect({ includeAll, allValue }).toEqual({ includeAll: true, allValue: '.*' });
  });

  test.each(boards)('$name uses no variable that it does not have, and has none that it does not use', ({ board }) => {
    const own = board.templating.list.map((one) => one.name);
    const text = JSON.stringify({ ...board, templating: board.templating.list.map(({ query }) => query) });
    const used = [...text.matchAll(/\$\{?([a-zA-Z_]+)/g)].map(([, variable = '']) => variable);
    const grafanas = /^__/;
    expect([...new Set(used)].filter((variable) => !grafanas.test(variable) && !own.includes(variable))).toEqual([]);
    expect(own.filter((variable) => !used.includes(variable))).toEqual([]);
  });

  const stepped = boards.filter(({ board }) => board.templating.list.some(({ name }) => name === 'step'));
  test.each(stepped)('$name opens with the canaries of every ecosystem, and offers each step', ({ name, board }) => {
    const { query, options, current } = board.templating.list.find((one) => one.name === 'step') as unknown as {
      query: string;
      options: readonly { text: string; value: string }[];
      current: { text: string; value: string };
    };
    // As Grafana reads the query of such a variable.
    const read = query.split(', ').map((text) => /^\s*(.+)\s:\s(.+)$/.exec(text)?.slice(1));
    expect(read).toEqual(options.map(({ text, value }) => [text, value]));
    expect(current).toMatchObject({ text: 'canary', value: registry.all.map(({ canary }) => canary).join('|') });
    expect(options[1]).toMatchObject({ text: 'artifact', value: 'zip|tarball|file|blob|whole' });
    expect(
      options
        .slice(2)
        .map(({ value }) => value)
        .sort(),
    ).toEqual([...registry.steps].sort());
    // A value with `|` in it is a pattern: `=` would find nothing.
    const of = panelQueries.filter((one) => one.board === name).map(({ expr }) => expr);
    expect(of.filter((expr) => expr.includes('"$step"')).length).toBeGreaterThan(0);
    expect(of.filter((expr) => /step="/.test(expr))).toEqual([]);
  });

  test.each(boards)('$name marks findings and advice', ({ board }) => {
    expect(board.annotations.list.map(({ name }) => name)).toEqual(['Findings', 'Findings about us', 'Advice']);
  });
});

describe('colours', () => {
  test('every reason has its own', () => {
    expect(Object.keys(reasonColour)).toEqual([...reasons]);
    expect(new Set(Object.values(reasonColour)).size).toBe(reasons.length);
  });

  test.each(panels.filter(({ panel }) => panel.targets?.some(({ legendFormat }) => legendFormat === '{{reason}}')))(
    '$where $panel.title gives each reason its colour',
    ({ panel }) => {
      const names = overridden(panel, 'color');
      expect(reasons.filter((reason) => !names.includes(reason))).toEqual([]);
    },
  );

  test.each(
    panels.filter(
      ({ panel }) =>
        panel.targets?.some(({ legendFormat }) => legendFormat === '{{registry}}') && panel.type === 'timeseries',
    ),
  )('$where $panel.title colours mirrors by their names', ({ panel }) => {
    const { defaults } = panel.fieldConfig as unknown as { defaults: { color: { mode: string } } };
    expect(defaults.color.mode).toBe('palette-classic-by-name');
  });
});

function overridden(panel: BoardPanel, property: string): readonly string[] {
  return (panel.fieldConfig?.overrides ?? [])
    .filter(({ properties }) => properties.some(({ id }) => id === property))
    .map(({ matcher }) => matcher.options);
}
