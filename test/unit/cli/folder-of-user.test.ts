import { expect, test } from 'vitest';
import { folderOfUser } from '../../../src/cli/main.ts';

const clone = { npm_package_name: 'mirrorwatch', npm_package_json: '/clone/package.json', INIT_CWD: '/home/ada/app' };

test.each([
  ['npm run mirrorwatch of a clone', { ...clone, npm_lifecycle_event: 'mirrorwatch' }, '/clone', '/home/ada/app'],
  ['npm start of a clone', { ...clone, npm_lifecycle_event: 'start' }, '/clone', '/home/ada/app'],
  ['a program that npm test of a clone starts', { ...clone, npm_lifecycle_event: 'test' }, '/clone', '/clone'],
  ['a program that such a daemon starts elsewhere', { ...clone, npm_lifecycle_event: 'start' }, '/srv', '/srv'],
  [
    'a script of another package',
    { ...clone, npm_package_name: 'app', npm_package_json: '/app/package.json', npm_lifecycle_event: 'start' },
    '/app',
    '/app',
  ],
  ['npx', { INIT_CWD: '/home/ada/app', npm_lifecycle_event: 'npx' }, '/home/ada/app', '/home/ada/app'],
  ['no npm', {}, '/home/ada/app', '/home/ada/app'],
])('the user’s folder by %s', (_, env, cwd, folder) => expect(folderOfUser(env, cwd)).toBe(folder));
