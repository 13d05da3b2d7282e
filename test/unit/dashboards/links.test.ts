import { describe, expect, test } from 'vitest';
import { panelsOf, plainBoards } from '../../real/boards-grafana.ts';

// What a click sends: the macros of Grafana replaced as its templateSrv does, then read back as a browser would.

const cell: Readonly<Record<string, string>> = {
  '__field.name': 'aliyun & co',
  '__data.fields[0]': 'v1.0.0+incompatible',
  '__data.fields.probe_id': '01abc/?#',
  '__data.fields.Ecosystem': 'oci',
  '__data.fields.Upstream': 'quay.io/a',
  '__field.labels.registry': 'aliyun & co',
  '__value.raw': 'aliyun & co',
  module: 'github.com/BurntSushi/toml/v2?x=1&y',
  step: 'mod',
  connection: 'cold',
  daemon_url: 'http://127.0.0.1:10120',
};

function clicked(url: string, more: Readonly<Record<string, string>> = {}): URL {
  const text = url.replace(/\$\{([^:}]+)(?::(\w+))?\}/g, (whole, name: string, format?: string) => {
    if (name === '__url_time_range') return 'from=now-6h&to=now';
    if (format === 'queryparam') return `var-${name}=all`;
    const value = more[name] ?? cell[name];
    if (value === undefined) throw new Error(`nothing to put in place of ${whole}`);
    return format === 'percentencode' ? encodeURIComponent(value) : value;
  });
  return new URL(text, 'http://grafana.example.com');
}

interface Link {
  readonly title: string;
  readonly url: string;
  readonly targetBlank: boolean;
}

const links = Object.entries(plainBoards).flatMap(([name, board]) =>
  panelsOf(board).flatMap((panel) => {
    const { defaults, overrides } = (panel.fieldConfig ?? { defaults: {}, overrides: [] }) as {
      defaults: { links?: readonly Link[] };
      overrides: readonly { properties: readonly { id: string; value: unknown }[] }[];
    };
    const own = overrides.flatMap(({ properties }) =>
      properties.filter(({ id }) => id === 'links').flatMap(({ value }) => value as readonly Link[]),
    );
    return [...(defaults.links ?? []), ...own].map((link) => ({ where: `${name}/${panel.id}`, ...link }));
  }),
);
const find = (where: string, title: string) =>
  clicked(links.find((link) => link.where === where && link.title.startsWith(title))?.url ?? 'nowhere:');

describe('a cell leads to the series behind it', () => {
  const along = {
    from: 'now-6h',
    to: 'now',
    'var-datasource': 'all',
    'var-vantage': 'all',
    'var-ecosystem': 'all',
    'var-step': 'mod',
    'var-connection': 'cold',
    'var-window': 'all',
    'var-daemon_url': 'all',
  };
  test.each([
    {
      name: 'version × mirror: module, version, mirror and time',
      url: find('rtt-matrix/2', 'This version'),
      path: '/d/mirrorwatch-mirror',
      parameters: {
        ...along,
        'var-registry': 'aliyun & co',
        'var-module': cell['module'],
        'var-version': 'v1.0.0+incompatible',
      },
    },
    {
      name: 'module × mirror: all versions of the module',
      url: find('rtt-matrix/1', 'This module'),
      path: '/d/mirrorwatch-mirror',
      parameters: { ...along, 'var-registry': 'aliyun & co', 'var-module': 'v1.0.0+incompatible' },
    },
    {
      name: 'module × mirror: to the matrix of its versions',
      url: find('rtt-matrix/1', 'Versions'),
      path: '/d/mirrorwatch-matrix',
      parameters: { ...along, 'var-registry': 'aliyun & co', 'var-module': 'v1.0.0+incompatible' },
    },
  ])('$name', ({ url, path, parameters }) => {
    expect(url.pathname).toBe(path);
    expect(Object.fromEntries(url.searchParams)).toEqual(parameters);
  });
});

describe('the panels that say what is wrong lead to where it is', () => {
  test.each([
    { name: 'the numbers of states: all mirrors in detail', where: 'overview/1', path: '/d/mirrorwatch-mirror' },
    { name: 'a finding: its mirror', where: 'overview/8', path: '/d/mirrorwatch-mirror' },
    { name: 'a band: its mirror', where: 'overview/10', path: '/d/mirrorwatch-mirror' },
    { name: 'a move: the line to paste', where: 'overview/7', path: '/' },
    { name: 'the band of the mirror: its last probes', where: 'mirror/1', path: '/mirrors/aliyun%20%26%20co' },
  ])('$name', ({ where, path }) => {
    const paths = links.filter((link) => link.where === where).map(({ url }) => clicked(url).pathname);
    expect(paths).toContain(path);
  });
});

describe('every link', () => {
  const boardLinks = links.filter(({ url }) => url.startsWith('/d/'));
  test.each(boardLinks)('$where $title takes along how far back one looks, and the daemon', ({ url }) => {
    const names = [...clicked(url).searchParams.keys()];
    expect(names).toEqual(expect.arrayContaining(['var-window', 'var-daemon_url']));
  });

  test('a version with a plus arrives as it is, also from the board that it was taken to', () => {
    const { url } = links.find(({ where, title }) => where === 'rtt-matrix/2' && title.startsWith('This version')) ?? {
      url: '',
    };
    // Grafana decodes a link once before it follows it (textUtil.sanitizeUrl); what is left must still be encoded.
    const followed = (text: string, version: string) =>
      new URL(decodeURI(clicked(text, { '__data.fields[0]': version }).href)).searchParams.get('var-version') ?? '';
    const once = followed(url, 'v1.1.0+incompatible');
    expect(followed(url, once)).toBe('v1.1.0+incompatible');
  });

  const uids = Object.values(plainBoards).map(({ uid }) => uid);
  test.each(links)('$where $title leads to a board of ours or to the daemon', ({ url, targetBlank }) => {
    const { origin, pathname, searchParams } = clicked(url);
    if (origin === 'http://127.0.0.1:10120') {
      expect(['/', '/mirrors/aliyun%20%26%20co', '/probes/01abc%2F%3F%23', '/api/v1/advice/oci/remedy']).toContain(
        pathname,
      );
      expect(targetBlank).toBe(true);
      return;
    }
    expect(uids.map((uid) => `/d/${uid}`)).toContain(pathname);
    expect([searchParams.get('from'), searchParams.get('to')]).toEqual(['now-6h', 'now']);
    const board = Object.values(plainBoards).find(({ uid }) => pathname.endsWith(uid));
    const known = board?.templating.list.map(({ name }) => `var-${name}`) ?? [];
    expect([...searchParams.keys()].filter((key) => key.startsWith('var-') && !known.includes(key))).toEqual([]);
  });

  test('is one of so many', () => expect(links.length).toBeGreaterThan(12));
});
