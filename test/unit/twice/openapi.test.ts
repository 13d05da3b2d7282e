import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { remedyFormsOf } from '../../../src/api/actions.ts';
import { eventTypes } from '../../../src/api/app.ts';
import { actionKinds, actionResults, heldReasons } from '../../../src/core/action.ts';
import { adviceCauses, gates } from '../../../src/core/advice.ts';
import { alertOutcomes } from '../../../src/core/evidence.ts';
import { becauses, phases } from '../../../src/core/failure.ts';
import { type FindingKind, findingKinds } from '../../../src/core/finding.ts';
import { mirrorStates } from '../../../src/core/standing.ts';
import type { Hop, HttpProtocol } from '../../../src/core/transcript.ts';
import { trendRanges } from '../../../src/core/trend.ts';
import { kindsOf, registry } from '../../../src/ecosystems/registry.ts';
import { webhookSchemas } from '../../../tools/webhook-schemas.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { at, document, isObject } from '../api/openapi.ts';
import * as lists from './lists.ts';

type Json = Parameters<typeof isObject>[0];

/** Every closed list under a schema, by where it stands: anchors of YAML make it several times. `null` is left out of it. */
function enumsIn(value: Json, path = ''): readonly (readonly [string, readonly string[]])[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((one, index) => enumsIn(one, `${path}/${index}`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === 'enum' && Array.isArray(part)
      ? [[path, part.filter((one) => one !== null).map(String)] as const]
      : enumsIn(part, `${path}/${key}`),
  );
}

const httpProtocols = ['1.1', '2'] satisfies HttpProtocol[];
const inSchemas = 'components/schemas';
const inOutcome = `${inSchemas}/Outcome/oneOf/1/properties`;
const inPaths = 'paths//api/v1';
/** Each closed list of the document, with the one that the code has. */
const known: Readonly<Record<string, readonly string[]>> = {
  [`${inSchemas}/Ecosystem`]: registry.ids,
  [`${inSchemas}/Step`]: registry.steps,
  [`${inSchemas}/Phase`]: phases,
  [`${inSchemas}/Connection`]: lists.connections,
  [`${inSchemas}/State`]: mirrorStates,
  [`${inSchemas}/Confidence`]: lists.confidences,
  [`${inSchemas}/Gate`]: gates,
  [`${inSchemas}/Mirror/properties/role`]: lists.roles,
  [`${inSchemas}/Finding/properties/kind`]: findingKinds,
  [`${inSchemas}/Finding/properties/state`]: lists.findingStates,
  [`${inSchemas}/Finding/properties/vantage`]: lists.findingVantages,
  [`${inSchemas}/Finding/properties/scope/items/properties/family`]: ['4', '6'],
  [`${inSchemas}/Finding/properties/scope/items/properties/protocol`]: httpProtocols,
  [`${inSchemas}/ProtocolOrNull`]: httpProtocols,
  [`${inSchemas}/Hop/properties/repeated`]: ['refused_stream', 'goaway'] satisfies NonNullable<Hop['repeated']>[],
  [`${inSchemas}/FindingEvent/properties/change`]: lists.findingChanges,
  [`${inSchemas}/Advice/properties/state`]: lists.adviceStates,
  [`${inSchemas}/Advice/properties/cause`]: adviceCauses,
  [`${inSchemas}/Advice/properties/refusal`]: lists.refusals,
  [`${inSchemas}/Advice/properties/phase`]: lists.phasesOfAdvice,
  [`${inSchemas}/Advice/properties/newClients`]: lists.linesOfNew,
  [`${inSchemas}/Verdict/properties/stay/anyOf/0/properties/kind`]: lists.stays,
  [`${inSchemas}/Blocker/properties/kind`]: lists.blockers,
  [`${inSchemas}/Advice/properties/trigger`]: lists.triggers,
  [`${inSchemas}/ClientRun/properties/outcome`]: lists.clientOutcomes,
  [`${inSchemas}/ClientRun/properties/ours/properties/outcome`]: lists.clientOutcomes,
  [`${inSchemas}/AdviceEvent/properties/change`]: lists.adviceChanges,
  [`${inSchemas}/Action/properties/kind`]: actionKinds,
  [`${inSchemas}/Action/properties/mode`]: lists.actionModes,
  [`${inSchemas}/Action/properties/cause`]: adviceCauses,
  [`${inSchemas}/Action/properties/state`]: lists.actionStates,
  [`${inSchemas}/Action/properties/held`]: heldReasons,
  [`${inSchemas}/Action/properties/undoneBy`]: lists.undoers,
  [`${inOutcome}/because`]: becauses,
  [`${inSchemas}/Probe/properties/purpose`]: lists.purposes,
  [`${inSchemas}/SampleEvent/properties/purpose`]: lists.purposes,
  [`${inSchemas}/Probe/properties/cache`]: lists.caches,
  [`${inSchemas}/Probe/properties/facts/properties/verified/properties/against`]: lists.authorities,
  [`${inSchemas}/SignatureOrNull/properties/state`]: lists.signatureStates,
  [`${inSchemas}/Hop/properties/family`]: ['4', '6'],
  [`${inSchemas}/ProblemWithIssues/properties/issues/items/properties/severity`]: lists.issueSeverities,
  'components/headers/StateTrouble/schema': lists.stateTroubles,
  'components/parameters/state/schema': ['all'],
  'components/parameters/range/schema': trendRanges,
  [`${inSchemas}/Trend/properties/range`]: trendRanges,
  [`${inPaths}/advice/{ecosystem}/remedy/get/parameters/2/schema`]: remedyFormsOf(kindsOf(registry)),
  [`${inPaths}/advice/{ecosystem}/remedy/get/responses/204/headers/X-Advice-State/schema`]: lists.silences,
  [`${inPaths}/events/get/parameters/0/schema/items`]: eventTypes,
  [`${inPaths}/alertmanager/post/requestBody/content/application/json/schema/properties/alerts/items/properties/status`]:
    lists.alertStatuses,
};
const found = new Map(enumsIn(document).map(([path, list]) => [path.slice(1), list]));

describe('closed lists of openapi.yaml', () => {
  it('are all compared with the code', () => {
    expect([...found.keys()].toSorted()).toEqual(Object.keys(known).toSorted());
  });
  it('are those of the code', () =>
    expectRows(
      Object.entries(known),
      ([path]) => path,
      ([path, list]) => expect(found.get(path)?.toSorted()).toEqual([...list].toSorted()),
    ));
  it('what alerts may come to', () => {
    const outcomes = at(document, 'components', 'schemas', 'AlertsTaken', 'properties', 'outcomes', 'properties');
    expect(Object.keys(outcomes as object)).toEqual(alertOutcomes.filter((one) => one !== 'unavailable'));
  });
  it('the phases of a hop', () => {
    const times = at(document, 'components', 'schemas', 'PhasesSeconds', 'properties');
    expect(Object.keys(times as object)).toEqual(phases);
  });
});

/** What every object under a schema must hold, sorted, by its path; references of the document resolved. */
function shape(value: Json, path = ''): readonly string[] {
  if (!isObject(value)) return [];
  const reference = value['$ref'];
  if (typeof reference === 'string') return shape(at(document, ...reference.slice(2).split('/')), path);
  const alternatives = value['anyOf'] as readonly Json[] | undefined;
  const own = Object.entries((value['properties'] ?? {}) as Readonly<Record<string, Json>>);
  const must = (value['required'] ?? []) as readonly string[];
  return [
    ...must.map((key) => `${path}.${key}`),
    ...own.flatMap(([key, part]) => shape(part, `${path}.${key}`)),
    ...shape(value['items'], `${path}[]`),
    ...(alternatives ?? []).flatMap((one) => shape(one, path)),
  ].toSorted();
}

describe('webhooks carry the shapes of the API', () => {
  const data = (type: keyof typeof webhookSchemas): Json =>
    at(z.toJSONSchema(webhookSchemas[type]) as Json, 'properties', 'data', 'properties');
  const api = (name: string): Json => at(document, 'components', 'schemas', name);

  it('the finding of each kind', () =>
    expectRows(findingKinds, String, (kind: FindingKind) =>
      expect(shape(at(data(`mirror.${kind}`), 'finding'))).toEqual(shape(api('Finding'))),
    ));
  it('the finding of mirror.recovery, the advice of mirror.advice, and the action of mirror.action', () => {
    expect(shape(at(data('mirror.recovery'), 'finding'))).toEqual(shape(api('Finding')));
    expect(shape(at(data('mirror.advice'), 'advice'))).toEqual(shape(api('Advice')));
    expect(shape(at(data('mirror.action'), 'action'))).toEqual(shape(api('Action')));
    expect(shape(api('Advice'))).toContain('.expected.p95Seconds.after');
  });

  const finding = at(data('mirror.recovery'), 'finding', 'properties');
  const advice = at(data('mirror.advice'), 'advice', 'properties');
  const action = at(data('mirror.action'), 'action', 'properties');
  const inside = (value: Json): readonly string[] => enumsIn(value).flatMap(([, list]) => [...list]);
  const words = [
    ['finding kind', at(finding, 'kind'), findingKinds],
    ['finding state', at(finding, 'state'), lists.findingStates],
    ['finding cause', at(finding, 'cause'), lists.findingCauses],
    ['finding vantage', at(finding, 'vantage'), lists.findingVantages],
    ['finding confidence', at(finding, 'confidence'), lists.confidences],
    ['finding ecosystem', at(finding, 'ecosystem'), registry.ids],
    ['finding step', at(finding, 'scope', 'items', 'properties', 'step'), registry.steps],
    ['advice state', at(advice, 'state'), lists.adviceStates],
    ['advice cause', at(advice, 'cause'), adviceCauses],
    ['advice refusal', at(advice, 'refusal'), lists.refusals],
    ['advice trigger', at(advice, 'trigger'), lists.triggers],
    ['advice confidence', at(advice, 'confidence'), lists.confidences],
    ['action state', at(action, 'state'), [...actionResults, 'running', 'undoing']],
    ['action held', at(action, 'held'), heldReasons],
    ['action cause', at(action, 'cause'), adviceCauses],
    ['advice gate', at(advice, 'candidates', 'items', 'properties', 'gate'), gates],
  ] as const;
  it('the words of closed lists', () =>
    expectRows(
      words,
      ([name]) => name,
      ([, schema, list]) => expect(inside(schema).toSorted()).toEqual([...list].toSorted()),
    ));
});
