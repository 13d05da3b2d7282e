import { describe, expect, test } from 'vitest';
import { routesOf } from '../../../../src/config/door-routes.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { registry } from '../../../../src/ecosystems/registry.ts';
import { readTarget } from '../../../../src/features/door/path.ts';
import { planOf, unsoundPath } from '../../../../src/features/door/print/plan.ts';
import { engines, renderDoor, renderOrder } from '../../../../src/features/door/print/print.ts';
import { readConfig } from '../../../daemon/world.ts';
import { table } from '../../../support/table.ts';
import { doorConfig, doorYaml } from './config.ts';

const config = doorConfig();
const rule =
  config.door ??
  (() => {
    throw new Error('no door');
  })();
const orders = new Map([['go/go', ['far', 'near', 'go-origin']]]);
const printed = (engine: (typeof engines)[number]): string =>
  [...renderDoor(engine, config, rule, '/etc/door', orders).files.values()].join('\n');

/** Which of the paths pass, by the expressions that a proxy is given. */
function passes(path: string): boolean {
  const { sound, routes } = planOf(config, rule, '/etc/door', false);
  if (new RegExp(unsoundPath).test(path) || !new RegExp(`${sound}$`).test(path)) return false;
  const decoded = decodeURIComponent(path);
  return routes.some(
    ({ known, private: hidden }) =>
      new RegExp(known, 'i').test(decoded) && !hidden.some((one) => new RegExp(one, 'i').test(decoded)),
  );
}

describe('the paths that a printed door lets through', () => {
  test.for(table<string[]>('unit/features/door/print', '%s passes here and at our own door'))(
    '%s passes here and at our own door',
    (path) => {
      expect(passes(path)).toBe(true);
      expect(readTarget(path, routesOf(config)).tag).toBe('ok');
    },
  );

  test.for(table<string[]>('unit/features/door/print', '%s is private and does not pass'))(
    '%s is private and does not pass',
    (path) => {
      expect(passes(path)).toBe(false);
      expect(readTarget(path, routesOf(config)).tag).toBe('private');
    },
  );

  test.for(table<string[]>('unit/features/door/print', '%s does not pass'))('%s does not pass', (path) =>
    expect(passes(path)).toBe(false),
  );

  test('of Go every glob refuses at least what our own door refuses', () => {
    for (const glob of [
      '*.corp.example',
      'git.example.com/team?',
      'git.example.com/[a-c]*/x',
      'Git.example.com/Team',
      'git.example.com/a\\*b',
    ])
      for (const module of [
        'x.corp.example/a',
        'git.example.com/team1',
        'git.example.com/bee/x',
        'git.example.com/Team/a',
        'git.example.com/other',
      ]) {
        const escaped = module.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
        const door = registry.of('go')?.door;
        const isHidden = new RegExp(`^${door?.patterns.privateOf(glob)}`, 'i').test(`${escaped}/@v/list`);
        const isPrivate = registry.of('go')?.names.private?.matches([glob], module) ?? false;
        if (isPrivate) expect([glob, module, isHidden]).toEqual([glob, module, true]);
      }
  });
});

describe('a printed door', () => {
  test.for(engines)('for %s has the credentials of a mirror once, and never in the order', (engine) => {
    const secret = Buffer.from('robot:hunter2').toString('base64');
    expect(printed(engine).split(secret)).toHaveLength(2);
    expect(printed(engine)).not.toContain('hunter2');
    expect(renderOrder(engine, config, orders)).not.toContain(secret);
    const shown = [...renderDoor(engine, config, rule, null, orders).files.values()].join('\n');
    expect(shown).not.toContain(secret);
    expect(shown).toContain('***');
  });

  test.for(engines)('for %s has the same order file as a switch writes alone', (engine) =>
    expect(renderDoor(engine, config, rule, '/etc/door', orders).files.get('door.order')).toBe(
      renderOrder(engine, config, orders),
    ),
  );

  test('the order of nginx is a chain through every mirror that ends', () =>
    expect(
      renderOrder('nginx', config, orders)
        .split('\n')
        .filter((line) => /_go|near |far |origin /.test(line))
        .slice(0, 4),
    ).toEqual([
      'map $host $mw_first_go { default @mw_far; }',
      'map $host $mw_after_near { default @mw_go_origin; }',
      'map $host $mw_after_far { default @mw_near; }',
      'map $host $mw_after_go_origin { default $mw_end; }',
    ]));

  test('the order of HAProxy is a map of positions', () =>
    expect(renderOrder('haproxy', config, orders)).toContain('go_1 mw_far\ngo_2 mw_near\ngo_3 mw_go_origin\n'));

  test('the order of Caddy is a snippet for each place', () => {
    expect(renderOrder('caddy', config, orders)).toContain('(mw_first_go) {\n\timport mw_to_far\n}\n');
    expect(renderOrder('caddy', config, orders)).toContain('(mw_after_go_origin) {\n\timport mw_end\n}\n');
  });

  test.for(engines)('for %s uses no mirror that the order lacks: it may serve wrong bytes', (engine) => {
    const [kept, whole] = [['far'], ['far', 'near', 'go-origin']].map((names) =>
      renderOrder(engine, config, new Map([['go/go', names]])),
    );
    expect(whole).toMatch(/(?:@mw_|mw_to_|mw_)near/);
    expect(kept).not.toMatch(/(?:@mw_|mw_to_|mw_)(?:near|go_origin)\b/);
    expect(renderOrder(engine, config, new Map([['go/go', ['gone']]]))).toContain('near');
  });

  test.for(engines)('for %s says that it does not refuse withdrawn versions, if the door is to do so', (engine) => {
    const withDoor = (more: string): string | undefined => {
      const read = doorConfig(`listen: 127.0.0.1:0${more}`);
      if (read.door === undefined) throw new Error('no door');
      return [...renderDoor(engine, read, read.door, null, new Map()).files.values()][0];
    };
    const note = '\n# door.withdrawn: refuse has no effect here';
    expect(withDoor(', withdrawn: refuse')).toContain(note);
    expect(withDoor('')).not.toContain(note);
  });

  test('HAProxy opens its inner sockets to itself alone, and checks method and path there again', () => {
    const text = printed('haproxy');
    expect(text).not.toContain('abns@');
    const binds = text.split('\n').filter((line) => line.startsWith('  bind unix@'));
    expect(binds).toHaveLength(10);
    for (const line of binds) expect(line).toMatch(/^ {2}bind unix@\/etc\/door\/[a-z0-9_]+\.sock mode 600 /);
    for (const section of text.split('\nlisten ').slice(1)) {
      expect(section).toContain('  http-request return status 405 unless { method GET HEAD }\n');
      expect(section).toMatch(/ {2}http-request return status 404 unless \{ path_beg \/[^}]+\/ \}\n/);
    }
  });

  test('HAProxy 2.6.10 to 2.6.13 has no listener on its first thread: its process could crash when it exits', () => {
    const text = printed('haproxy');
    expect(text).toContain('.if version_atleast(2.6.10) && version_before(2.6.14)\n  nbthread 4\n');
    expect(text).toContain('  setenv DOOR_BIND "thread 2-4"\n.else\n  setenv DOOR_BIND "name door"\n.endif\n');
    const binds = text.split('\n').filter((line) => line.startsWith('  bind '));
    expect(binds).toHaveLength(11);
    for (const line of binds) expect(line.endsWith(` "\${DOOR_BIND[*]}"`)).toBe(true);
  });

  test('no two mirrors, upstreams or key files share a name, with nginx that ignores case', () => {
    const names = [
      'a-b',
      'a_b',
      'a.b',
      'Aliyun',
      'aliyun',
      'absent',
      'failed',
      `${'x'.repeat(63)}1`,
      `${'x'.repeat(63)}2`,
    ];
    const lines = names.map((name, at) => `  - { name: ${name}, ecosystem: go, url: "https://m${at}.example.com" }\n`);
    const upstreams = ['up.b', 'up-b', 'up_b', 'Up-b'].map(
      (name) =>
        `  - { name: of-${name}, ecosystem: http, upstream: ${name}, url: "https://${name.length}.example.com/${name}" }\n`,
    );
    const read = readConfig(doorYaml().replace('mirrors:\n', `mirrors:\n${lines.join('')}${upstreams.join('')}`));
    if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
    const plan = planOf(read.value, rule, '/etc/door', false);
    const tokens = [...plan.routes, ...plan.routes.flatMap(({ mirrors }) => mirrors)].map(({ token }) => token);
    expect(new Set(tokens.map((token) => token.toLowerCase())).size).toBe(tokens.length);
    expect(tokens.filter((token) => token.length > 33)).toEqual([]);
    const text = renderDoor('nginx', read.value, rule, '/etc/door', orders).files.get('door.conf') ?? '';
    const locations = text.split('\n').filter((line) => line.startsWith('  location @'));
    expect(new Set(locations).size).toBe(locations.length);
    const at = (path: string): readonly string[] =>
      plan.routes.flatMap(({ key, known }) => (new RegExp(known, 'i').test(path) ? [key] : []));
    expect(at('/http/up.b/x')).toEqual(['http/up.b']);
    expect(at('/http/up-b/x')).toEqual(['http/up-b']);
    expect(at('/http/Up-b/x')).toEqual(['http/Up-b']);
  });

  test('no certificate takes the place of another one', () => {
    const pair = (of: string) => ({ cert: `certificate of ${of}`, key: new Secret(`key of ${of}`) });
    const tlsOf: Readonly<Record<string, object>> = {
      near: { ca: ['authority of x'], client: null },
      far: { ca: [], client: pair('x.ca') },
      'go-origin': { ca: [], client: pair('door') },
    };
    const names: Readonly<Record<string, string>> = { near: 'x', far: 'x.ca', 'go-origin': 'door' };
    const mirrors = config.mirrors.map((mirror) => ({
      ...mirror,
      name: names[mirror.name] ?? mirror.name,
      access: { ...mirror.access, tls: { ...mirror.access.tls, ...tlsOf[mirror.name] } },
    }));
    const listen = { ...rule.listen, tls: pair('the listener') };
    const { keys } = renderDoor('nginx', { ...config, mirrors }, { ...rule, listen }, '/etc/door', orders);
    expect([...keys]).toEqual([
      ['ca-x.pem', 'authority of x'],
      ['client-x.ca.pem', 'certificate of x.ca\nkey of x.ca'],
      ['client-door.pem', 'certificate of door\nkey of door'],
      ['door.pem', 'certificate of the listener\nkey of the listener'],
    ]);
  });

  test('mirrors that a proxy cannot use as they are configured are left out, and named', () => {
    const read = readConfig(
      doorYaml()
        .replace('weight: 100 }', 'weight: 100, proxy: "http://proxy.example.com:3128" }')
        .replace('goproxy,', '"goproxy",')
        .replace('https://npm.example.com/registry', 'https://npm.example.com/$registry'),
    );
    if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
    const { files, leftOut } = renderDoor('nginx', read.value, rule, '/etc/door', new Map());
    expect(leftOut).toEqual([
      { name: 'near', key: 'proxy' },
      { name: 'npm-near', key: 'url' },
    ]);
    expect([...files.values()].join('\n')).not.toContain('near.example.com');
  });
});
