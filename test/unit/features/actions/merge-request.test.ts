import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ActionDeed, actionPlaceOf, forgeKinds } from '../../../../src/core/action.ts';
import { systemClock } from '../../../../src/io/clock.ts';
import { createPost } from '../../../../src/io/post.ts';
import { systemTimers } from '../../../../src/io/timers.ts';
import { acting } from './acting.ts';
import { adviceTo } from './advice.ts';
import { deployRepository } from './deploy-repository.ts';
import { type Played, playForge } from './played-forge.ts';

const post = createPost({ clock: systemClock, timers: systemTimers });
const head = 'mirrorwatch/advice00000000000001.ci';
const old = 'GOPROXY=https://a.example.com,direct\n';
const set = 'GOPROXY=https://b.example.net|direct\n';
const deploy = deployRepository({ env: old });
let forge: Awaited<ReturnType<typeof playForge>>;

const shown = (...names: readonly string[]) => deploy.shown(...names.map((name) => `${name}:env`)).split(/(?<=\n)/);
/** The file with the hash of a branch. */
const fileOf = (branch: string) => join(deploy.repository(), 'refs/heads', branch);
const branches = () =>
  readdirSync(fileOf('.'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(fileOf('').length + 1))
    .toSorted();

/** A person merges it: the commits, or their tree alone. */
function merge(one: Played | undefined, isSquash = false): void {
  if (one === undefined) throw new Error('no request');
  const tree = `refs/heads/${one.head}^{tree}`;
  if (isSquash) writeFileSync(fileOf('main'), deploy.git(['commit-tree', '-m', 'squashed', '-p', 'main', tree]));
  else copyFileSync(fileOf(one.head), fileOf('main'));
  one.state = 'merged';
}

afterEach(() => forge.close());

const deed = (): Extract<ActionDeed, { kind: 'git' }> => ({
  kind: 'git',
  repository: deploy.repository(),
  branch: 'main',
  path: 'env',
  as: 'env',
  author: 'Mirrors <mirrors@example.com>',
  isSigned: false,
  allow: [],
  mergeRequest: forge.rule,
});
/** What the step `prepare` keeps. */
const kept = { before: old, after: set };
/** A row as the journal has it after that step: also that of a process that was killed later. */
const prepared = () => acting(deploy.folder(), deed(), adviceTo(), { post }, { kept });
/** The same by the step itself. */
async function prepare() {
  const one = acting(deploy.folder(), deed(), adviceTo(), { post });
  expect(await one.step('prepare')).toMatchObject({
    tag: 'ok',
    output: expect.stringContaining('+GOPROXY=https://b'),
    kept,
  });
  return one;
}

describe.each(forgeKinds)('a merge request: %s', (kind) => {
  beforeEach(async () => {
    forge = await playForge(kind, deploy.repository());
  });

  it('is opened from a branch of its own, and found again after a kill before it was recorded', async () => {
    const killed = await prepare();
    const next = await prepare();
    expect(forge.asked).toEqual([]);
    expect(await killed.step('act')).toMatchObject({
      tag: 'ok',
      output: expect.stringMatching(/\+GOPROXY=https:\/\/b[\s\S]*\nhttps:\/\/git\.example\.com\/ops\/deploy\/.*\/7$/),
    });
    expect(shown('main', head)).toEqual([old, set]);
    expect(forge.requests).toEqual([
      {
        number: 7,
        head,
        base: 'main',
        title: 'Use b for go',
        text: 'a is down.\n\nMirrorwatch-Action: advice00000000000001.ci',
        state: 'open',
        isFork: false,
      },
    ]);
    expect(await next.step('act')).toMatchObject({
      tag: 'ok',
      output: expect.stringMatching(/\/7$/),
      kept: { before: old, after: set, request: 7 },
    });
    expect([forge.requests.length, branches()]).toEqual([1, ['main', head]]);
  });

  it('is opened once if the kill came between the push and the request', async () => {
    const killed = prepared();
    forge.answers('POST', 500, '');
    expect(await killed.step('act')).toMatchObject({ tag: 'failed', retry: true });
    const pushed = readFileSync(fileOf(head), 'utf8');
    expect(await prepared().step('act')).toMatchObject({ tag: 'ok' });
    expect([forge.requests.length, readFileSync(fileOf(head), 'utf8')]).toEqual([1, pushed]);
  });

  it('is opened among others with long texts, one of a fork for a branch of this name, and closed by an undo', async () => {
    for (let at = 0; at < 30; at += 1) forge.add({ head: `renovate/${at}`, text: 'x'.repeat(65_536) });
    forge.add({ head, isFork: true });
    const one = prepared();
    expect(await one.step('act')).toMatchObject({ tag: 'ok', output: expect.stringMatching(/\/38$/) });
    expect(forge.requests.at(-1)?.head).toBe(head);
    expect(await one.step('undo')).toMatchObject({ tag: 'ok', output: expect.stringMatching(/^https?:.*\/38$/) });
    expect(forge.requests.map(({ state }) => state)).toEqual([...Array(31).fill('open'), 'closed']);
    // No branch is deleted.
    expect([...shown('main'), branches()]).toEqual([old, ['main', head]]);
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(forge.writes()).toHaveLength(2);
  });

  it('once merged is reverted by a second request, opened once', async () => {
    // The commits, or one commit of their tree: of that the forge says nothing.
    const isSquash = kind !== 'gitlab';
    const one = prepared();
    await one.step('act');
    merge(forge.requests[0], isSquash);
    expect(await one.step('undo')).toMatchObject({
      tag: 'ok',
      output: expect.stringMatching(/\+GOPROXY=https:\/\/a[\s\S]*\/8$/),
    });
    expect(shown('main', `${head}+undo`)).toEqual([set, old]);
    expect(forge.requests[1]).toMatchObject({
      head: `${head}+undo`,
      base: 'main',
      title: 'Go back to a for go',
      state: 'open',
    });
    expect(await one.step('undo')).toMatchObject({ tag: 'ok', output: expect.stringMatching(/\/8$/) });
    merge(forge.requests[1], isSquash);
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect([forge.requests.length, ...shown('main')]).toEqual([2, old]);
  });

  it('merged after a kill, and its branch deleted, is still found and reverted', async () => {
    await prepared().step('act');
    const next = prepared();
    merge(forge.requests[0], true);
    rmSync(fileOf(head));
    // Prepared before the kill: the journal has the text from before the merge.
    const row = acting(deploy.folder(), deed(), adviceTo(), { post }, { kept, isInterrupted: true });
    expect(await row.step('act')).toMatchObject({ tag: 'ok', kept: { ...kept, request: 7 } });
    expect(await row.step('undo')).toMatchObject({ tag: 'ok' });
    expect([forge.requests.length, ...shown(`${head}+undo`)]).toEqual([2, old]);
    expect(await next.step('undo')).toMatchObject({ tag: 'ok' });
    expect(forge.requests).toHaveLength(2);
  });

  it('merged while an undo closes it is reverted', async () => {
    const one = prepared();
    await one.step('act');
    forge.hooks.onClose = merge;
    expect(await one.step('undo')).toMatchObject({ tag: 'ok', output: expect.stringMatching(/\/8$/) });
    expect(forge.requests.map(({ state }) => state)).toEqual(['merged', 'open']);
  });
});

describe('a merge request, whatever the forge', () => {
  beforeEach(async () => {
    forge = await playForge('gitlab', deploy.repository());
  });

  it('closed by a person, or never opened, leaves nothing to undo', async () => {
    const one = prepared();
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    await one.step('act');
    forge.add({ head: 'other' });
    for (const request of forge.requests) request.state = 'closed';
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect([forge.writes().length, branches()]).toEqual([1, ['main', head]]);
  });

  it('reverts nothing that was changed since the merge', async () => {
    const one = prepared();
    await one.step('act');
    merge(forge.requests[0]);
    deploy.commit({ env: 'GOPROXY=mine\n' });
    expect(await one.step('undo')).toMatchObject({ tag: 'failed', because: { key: 'acted.changedSince' } });
    expect(forge.requests).toHaveLength(1);
  });

  it('is not opened by an answer that is none, shows no token, and is opened by the next attempt', async () => {
    const elsewhere = { location: '/elsewhere' };
    const one = prepared();
    for (const [method, status, body, key, headers = {}] of [
      ['GET', 401, '{"message":"Bad credentials"}', 'acted.request'],
      ['POST', 422, '{"message":"Validation Failed"}', 'acted.request'],
      ['POST', 500, 'oops', 'acted.request'],
      ['GET', 200, '<html>', 'acted.noForge'],
      ['POST', 201, '{"number":"7"}', 'acted.noForge'],
      // An object in place of the list, and a body without end.
      ['GET', 200, '{"state":"open","number":1}', 'acted.noForge'],
      ['GET', 200, `["${'x'.repeat(1_100_000)}"]`, 'acted.request'],
      ['GET', 302, '', 'acted.request', elsewhere],
      ['POST', 307, '', 'acted.request', elsewhere],
    ] as const) {
      forge.answers(method, status, body, headers);
      const end = await one.step('act');
      expect(end, `${method} ${status} ${body}`).toMatchObject({ tag: 'failed', retry: true, because: { key } });
      expect(JSON.stringify(end)).not.toContain(forge.token);
      expect([forge.requests.length, forge.asked.some((line) => line.includes('elsewhere'))]).toEqual([0, false]);
    }
    expect(await one.step('act')).toMatchObject({ tag: 'ok' });
    expect(forge.requests).toHaveLength(1);
  });

  it('is not opened when the repository refuses the push', async () => {
    mkdirSync(join(deploy.repository(), 'hooks'));
    writeFileSync(join(deploy.repository(), 'hooks/pre-receive'), '#!/bin/sh\necho not here\nexit 1\n', {
      mode: 0o755,
    });
    const output = expect.stringContaining('not here');
    expect(await prepared().step('act')).toMatchObject({ tag: 'failed', retry: true, output });
    expect(forge.writes()).toEqual([]);
  });

  it('an undo that the forge does not confirm fails, and is repeated', async () => {
    const one = prepared();
    await one.step('act');
    forge.answers('GET', 500, '');
    expect(await one.step('undo')).toMatchObject({ tag: 'failed', retry: true, because: { key: 'acted.request' } });
    forge.answers('PUT', 200, '{"iid":7,"state":"opened"}');
    expect(await one.step('undo')).toMatchObject({ tag: 'failed', retry: true, because: { key: 'acted.noForge' } });
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(forge.requests.map(({ state }) => state)).toEqual(['closed']);
  });

  it.each<[string, (token: string) => string]>([
    ['', (token) => token],
    [', percent-encoded', (token) => [...token].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('')],
    [' in base64', (token) => Buffer.from(token).toString('base64').replace(/=+$/, '')],
  ])('the URL of a hostile answer is one line without the token%s', async (_, echo) => {
    const url = `https://git.example.com/\n${echo(forge.token)}`;
    forge.answers('POST', 201, JSON.stringify({ iid: 7, state: 'opened', web_url: url }));
    expect(await prepared().step('act')).toMatchObject({
      tag: 'ok',
      output: expect.stringMatching(/\nhttps:\/\/git\.example\.com\/\?\*\*\*$/),
    });
  });

  it('is sent where `allow` permits, and to an address that `api` names', async () => {
    const allowed: unknown[] = [];
    const seen = {
      send(message: Parameters<typeof post.send>[0]) {
        allowed.push(message.allow);
        return post.send(message);
      },
    };
    forge.rule = { ...forge.rule, allow: ['10.0.0.0/8'] };
    const one = acting(deploy.folder(), deed(), adviceTo(), { post: seen });
    expect(await one.step('act')).toMatchObject({ tag: 'ok' });
    expect(allowed).toEqual([
      ['10.0.0.0/8', '127.0.0.1'],
      ['10.0.0.0/8', '127.0.0.1'],
    ]);
  });

  it('a refused address is named, with the key that allows it', async () => {
    const failure = { kind: 'forbidden_target', address: '10.0.0.7', retry: 'later' } as const;
    const refusing = { send: () => Promise.resolve({ tag: 'failed', failure } as const) };
    const one = acting(deploy.folder(), deed(), adviceTo(), { post: refusing }, { kept });
    const why = { key: 'acted.forbidden', values: { address: '10.0.0.7', key: 'onAdvice[].git.mergeRequest.allow' } };
    expect(await one.step('act')).toMatchObject({ tag: 'failed', because: { key: 'acted.request', values: { why } } });
  });

  it('its place is another one than that of a push, or of another project', () => {
    const places = [
      deed(),
      { ...deed(), mergeRequest: null },
      { ...deed(), mergeRequest: { ...forge.rule, api: 'x' } },
    ];
    expect(new Set(places.map((one) => actionPlaceOf(one))).size).toBe(3);
  });

  it('no two ids share a branch, and git takes each', async () => {
    const ids = ['a.b..c', 'a.b.+c', 'a.lock', 'a.', 'a..lock', 'a:b', 'a.b.c'];
    for (const id of ids) await acting(deploy.folder(), deed(), adviceTo(), { post }, { id }).step('act');
    const heads = forge.requests.map((one) => one.head);
    expect(heads).toEqual(
      ['a.b+.c', 'a.b.+c', 'a+lock', 'a+', 'a++lock', 'a+b', 'a.b.c'].map((one) => `mirrorwatch/${one}`),
    );
    expect(branches()).toEqual(['main', ...heads].toSorted());
  });
});
