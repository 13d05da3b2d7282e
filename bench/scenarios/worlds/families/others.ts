import type { EcosystemId } from '../../../../src/core/mirror.ts';
import { type Draft, familiesOf, type Row } from './draft.ts';
import { deadly, failings, serverErrors, strikeHead } from './spoil.ts';

/** Makes the world one of another ecosystem. Its clients use one mirror, and try no other one. */
function of(ecosystem: EcosystemId, draft: Draft): void {
  const [upstream = ''] = draft.upstreams;
  draft.setup = { ...draft.setup, ecosystem, chains: { [upstream]: 'a' } };
}

const rowsOf = (client: string, ecosystem: EcosystemId): readonly Row[] => {
  const row = (name: string, what: string, spoil: (draft: Draft) => void): Row => ({
    name: `${client}-${name}`,
    what: `${client}: ${what}`,
    wishes: { chained: 1 },
    spoil(draft) {
      of(ecosystem, draft);
      spoil(draft);
    },
  });
  return [
    row('dead', 'the mirror in use is dead', (draft) =>
      strikeHead(draft, 'dead', { failing: draft.draw.pick(deadly) }),
    ),
    row('metadata-fails', 'metadata of the mirror in use fails', (draft) =>
      strikeHead(draft, 'metadata fails', { steps: ['mod'], failing: failings.error500 }),
    ),
    row('files-fail', 'files of the mirror in use fail', (draft) =>
      strikeHead(draft, 'files fail', { steps: ['zip'], failing: failings.error500 }),
    ),
    row('slow', 'the mirror in use takes 1.5 to 6 s more', (draft) =>
      strikeHead(draft, 'slow', { addMs: draft.draw.scaled(1500, 6000) }),
    ),
    row('fails-10-to-20', 'the mirror in use fails 10 to 20 % of requests', (draft) =>
      strikeHead(draft, 'fails', { failing: draft.draw.pick(serverErrors), share: draft.draw.between(0.1, 0.2) }),
    ),
    row('one-package', 'one package fails at the mirror in use', (draft) =>
      strikeHead(draft, 'one package', { modules: draft.draw.some(draft.modules, 1), failing: failings.error502 }),
    ),
  ];
};

/** The group of the families of npm, pip and cargo. Their worlds have a section of their own in the report. */
export const otherGroup = 'npm, pip and cargo';

/** Families of ecosystems whose clients use a single mirror. */
export const otherFamilies = familiesOf(otherGroup, [
  ...rowsOf('npm', 'npm'),
  ...rowsOf('pip', 'pypi'),
  ...rowsOf('cargo', 'cargo'),
]);
