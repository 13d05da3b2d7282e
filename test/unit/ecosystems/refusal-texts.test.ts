import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { registry } from '../../../src/ecosystems/registry.ts';
import { failureOfStatus } from '../../../src/ecosystems/talk.ts';

type Text = {
  readonly server: string;
  readonly status: number;
  readonly cause: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const file = new URL('../../fixtures/refusals/texts.json', import.meta.url);
const texts = JSON.parse(readFileSync(file, 'utf8')) as readonly Text[];

test.each(texts.map((one) => [one.server, one.status, one.cause, one.text.slice(0, 60), one] as const))(
  '%s, %i: %s, "%s"',
  (_server, status, cause, _text, { text, headers = {} }) =>
    expect(failureOfStatus({ status, headers, body: Buffer.from(text) }, 0)).toEqual({ kind: cause, status }),
);

test('only the status of a refusal counts: a text that speaks of a policy in another response changes nothing', () => {
  const body = Buffer.from('REQUESTED ITEM IS QUARANTINED');
  const kinds = [400, 401, 404, 500, 502].map((status) => failureOfStatus({ status, headers: {}, body }, 0)?.kind);
  expect(kinds).toEqual(['status', 'denied', 'absent', 'server', 'server']);
});

test.each(['npm', 'pypi', 'oci'])('%s tells a hidden fault of its upstream from a missing item', (id) => {
  const { isMasked } = registry.all.find((one) => one.id === id) ?? {};
  const masked = texts.filter(({ text }) => isMasked?.(text));
  expect(new Set(masked.map(({ cause }) => cause))).toEqual(new Set(['masked_upstream']));
});
