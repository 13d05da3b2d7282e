import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ActionDeed } from '../../../../src/core/action.ts';
import { acting } from './acting.ts';
import { adviceTo } from './advice.ts';
import { eachFile } from './each-folder.ts';

const { folder, path, deed } = eachFile();

describe('file', () => {
  it('sets its lines among those that are there, with mode and owner, and puts all of it back', async () => {
    const before = '# ours\nGOPROXY=https://a.example.com,direct\nCGO_ENABLED=0\n';
    writeFileSync(path(), before, { mode: 0o640 });
    const one = acting(folder(), deed());
    expect(await one.step('prepare')).toMatchObject({
      tag: 'ok',
      output: expect.stringContaining('+GOPROXY=https://b'),
    });
    expect(readFileSync(path(), 'utf8')).toBe(before);
    expect(await one.step('act')).toMatchObject({ tag: 'ok', output: expect.not.stringContaining('***') });
    expect(readFileSync(path(), 'utf8')).toBe('# ours\nGOPROXY=https://b.example.net|direct\nCGO_ENABLED=0\n');
    expect(statSync(path()).mode & 0o777).toBe(0o640);
    const lines = ['-GOPROXY=https://b.example.net|direct', '+GOPROXY=https://a.example.com,direct'];
    const diff = [`--- ${path()}`, `+++ ${path()}`, ...lines].join('\n');
    expect(await one.step('undo')).toMatchObject({ tag: 'ok', output: diff });
    expect(readFileSync(path(), 'utf8')).toBe(before);
    expect(readdirSync(join(folder(), 'etc'))).toEqual(['goproxy.env']);
  });
  it('makes a file that is not there, and its undo removes it', async () => {
    const one = acting(folder(), deed());
    await one.step('act');
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=https://b.example.net|direct\n');
    const diff = `--- ${path()}\n+++ /dev/null\n-GOPROXY=https://b.example.net|direct`;
    expect(await one.step('undo')).toMatchObject({ tag: 'ok', output: diff });
    expect(existsSync(path())).toBe(false);
    expect(await one.step('undo')).toMatchObject({ tag: 'ok', output: '' });
  });
  it('carried out twice, as after a kill before it was recorded, changes once and can still be undone', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder(), deed());
    await one.step('act');
    one.isKilled();
    expect(await one.step('act')).toMatchObject({ tag: 'ok' });
    expect(readdirSync(join(folder(), 'kept/files'))).toHaveLength(1);
    await one.step('undo');
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
    // The undo as well.
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
  });
  it('killed just before the change, keeps one set of what was there', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder(), deed());
    await one.step('act');
    writeFileSync(path(), 'GOPROXY=off\n');
    one.isKilled();
    await one.step('act');
    expect(readdirSync(join(folder(), 'kept/files'))).toHaveLength(1);
    await one.step('undo');
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
  });
  it('killed between the change and its record, with an advice that is over at the next start: put back', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder(), deed());
    await one.step('act');
    one.isKilled();
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
    expect(readdirSync(join(folder(), 'kept/files'))).toEqual([]);
  });
  it('keeps what it needs for an undo, however many changes others have made since', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder(), deed());
    await one.step('act');
    const set = JSON.parse(readFileSync(join(folder(), 'kept/files/1.json'), 'utf8'));
    for (let id = 2; id < 102; id += 1)
      writeFileSync(
        join(folder(), `kept/files/${id}.json`),
        JSON.stringify({ ...set, id: String(id), owner: `${id}` }),
      );
    const other: ActionDeed = { kind: 'file', path: join(folder(), 'etc/other'), as: 'env' };
    await acting(folder(), other, adviceTo(), {}, { id: 'other' }).step('act');
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
  });
  it('does not report a file as put back whose former text is lost', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder(), deed());
    await one.step('act');
    rmSync(join(folder(), 'kept/files'), { recursive: true });
    expect(await one.step('undo')).toMatchObject({ tag: 'failed', because: { key: 'acted.setGone' } });
    writeFileSync(path(), 'GOPROXY=off\n');
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  });
  it('two files of one name are put back one by one, also where one lies below the folder of the other', async () => {
    mkdirSync(join(folder(), 'etc/a'));
    const below = join(folder(), 'etc/a/goproxy.env');
    for (const file of [path(), below]) writeFileSync(file, 'GOPROXY=off\n');
    const a = acting(folder(), { kind: 'file', path: below, as: 'env' }, adviceTo(), {}, { id: 'x.a' });
    const b = acting(folder(), deed());
    await a.step('act');
    await b.step('act');
    a.isKilled();
    await a.step('act');
    await b.step('undo');
    const texts = () => [below, path()].map((file) => readFileSync(file, 'utf8'));
    expect(texts()).toEqual(['GOPROXY=https://b.example.net|direct\n', 'GOPROXY=off\n']);
    expect(await a.step('undo')).toMatchObject({ tag: 'ok' });
    expect(texts()).toEqual(['GOPROXY=off\n', 'GOPROXY=off\n']);
  });
  it('puts nothing back over what was changed since', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder(), deed());
    await one.step('act');
    writeFileSync(path(), 'GOPROXY=mine\n');
    expect(await one.step('undo')).toMatchObject({ tag: 'failed', because: { key: 'acted.refused' } });
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=mine\n');
  });
  it.each([
    ['a link to a file', (to: string) => symlinkSync(join(folder(), 'secret'), to)],
    ['a link within its folder', (to: string) => symlinkSync(`${to}.other`, to)],
    ['a dangling link', (to: string) => symlinkSync('/nowhere/x', to)],
    ['a folder', (to: string) => mkdirSync(to)],
  ])('refuses %s', async (_, make) => {
    writeFileSync(join(folder(), 'secret'), 'GOPROXY=keep\n');
    writeFileSync(`${path()}.other`, 'GOPROXY=keep\n');
    make(path());
    expect(await acting(folder(), deed()).step('act')).toMatchObject({ tag: 'failed' });
    expect(readFileSync(join(folder(), 'secret'), 'utf8')).toBe('GOPROXY=keep\n');
    expect(readFileSync(`${path()}.other`, 'utf8')).toBe('GOPROXY=keep\n');
  });
  it.each([
    ['a link within its folder', 'link.env', 'change.link'],
    ['a folder that is missing', 'no/such/file', 'change.folder'],
  ])('says of %s what it is', async (_, name, key) => {
    writeFileSync(path(), 'GOPROXY=off\n');
    symlinkSync(path(), join(folder(), 'etc', 'link.env'));
    const end = await acting(folder(), { kind: 'file', path: join(folder(), 'etc', name), as: 'env' }).step('act');
    expect(end).toMatchObject({ tag: 'failed', because: { values: { because: { key } } } });
  });
  it('fails where the folder takes nothing, and leaves nothing behind', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    chmodSync(join(folder(), 'etc'), 0o500);
    const end = await acting(folder(), deed()).step('act');
    chmodSync(join(folder(), 'etc'), 0o700);
    if (process.geteuid?.() !== 0) expect(end).toMatchObject({ tag: 'failed', retry: true });
    expect(readdirSync(join(folder(), 'etc'))).toEqual(['goproxy.env']);
  });
});
