import { expect, it } from 'vitest';
import { remedyForms } from '../../../src/api/actions.ts';
import { eventTypes } from '../../../src/api/app.ts';
import { actionKinds, heldReasons } from '../../../src/core/action.ts';
import { adviceCauses, gates } from '../../../src/core/advice.ts';
import { alertOutcomes } from '../../../src/core/evidence.ts';
import { becauses, phases } from '../../../src/core/failure.ts';
import { findingKinds } from '../../../src/core/finding.ts';
import { mirrorStates } from '../../../src/core/standing.ts';
import { trendRanges } from '../../../src/core/trend.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { document } from './openapi.ts';

const schema = (...path: string[]) => ['components', 'schemas', ...path, 'enum'];
const ofRoute = (route: string, ...path: string[]) => [
  'paths',
  `/api/v1/${route}`,
  'get',
  'parameters',
  ...path,
  'enum',
];
const rows: readonly (readonly [path: readonly string[], list: readonly string[]])[] = [
  [schema('Ecosystem'), registry.ids],
  [schema('Step'), registry.steps],
  [schema('Phase'), phases],
  [schema('State'), mirrorStates],
  [schema('Gate'), gates],
  [schema('Finding', 'properties', 'kind'), findingKinds],
  [schema('Advice', 'properties', 'cause'), adviceCauses],
  [schema('Action', 'properties', 'kind'), actionKinds],
  [schema('Action', 'properties', 'held'), heldReasons],
  [schema('Action', 'properties', 'cause'), adviceCauses],
  [schema('Outcome', 'oneOf', '1', 'properties', 'because'), becauses],
  [schema('Trend', 'properties', 'range'), trendRanges],
  [ofRoute('advice/{ecosystem}/remedy', '2', 'schema'), remedyForms],
  [ofRoute('events', '0', 'schema', 'items'), eventTypes],
  [
    schema('AlertsTaken', 'properties', 'outcomes', 'properties').slice(0, -1),
    alertOutcomes.filter((one) => one !== 'unavailable'),
  ],
  [schema('PhasesSeconds', 'properties').slice(0, -1), phases],
];

it('closed lists of openapi.yaml are those of the code', () =>
  expectRows(
    rows,
    ([path]) => path.join('/'),
    ([path, list]) => {
      const found = path.reduce<unknown>((part, key) => (part as Readonly<Record<string, unknown>>)[key], document);
      const words = (Array.isArray(found) ? found : Object.keys(found as object)).filter((one) => one !== null);
      expect(words.toSorted()).toEqual([...list].toSorted());
    },
  ));
