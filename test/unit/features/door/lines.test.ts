import { expect, test } from 'vitest';
import { linesOfDoor } from '../../../../src/config/door-routes.ts';
import { doorConfig } from './config.ts';

const door = 'http://127.0.0.1:10121';
const textOf = (config: ReturnType<typeof doorConfig>, client: string): string | undefined =>
  linesOfDoor(config, door).find((one) => one.client === client)?.text;

test('with private names nothing public stands behind the door', () =>
  expect(textOf(doorConfig(), 'go')).toBe(
    `export GOPROXY='${door}/go,direct'\nexport GOPRIVATE="\${GOPRIVATE:-$(cd / && go env GOPRIVATE)}",'git.example.com/*'`,
  ));

test('without them the chain of today does, for any failure, without its credentials', () => {
  const config = { ...doorConfig(), private: {} };
  expect(textOf(config, 'go')).toBe(`export GOPROXY='${door}/go|https://near.example.com/goproxy,direct'`);
});

test('each client has its own form, and an address of its own', () => {
  const lines = linesOfDoor(doorConfig(), door);
  expect(lines.map(({ client }) => client)).toEqual(expect.arrayContaining(['go', 'npm', 'pnpm', 'yarn', 'pip', 'uv']));
  expect(textOf(doorConfig(), 'npm')).toContain(`${door}/npm`);
  expect(textOf(doorConfig(), 'pip')).toContain(`index-url = ${door}/pypi/simple`);
  for (const { text } of lines) expect(text).not.toMatch(/robot|hunter2|undefined/);
});
