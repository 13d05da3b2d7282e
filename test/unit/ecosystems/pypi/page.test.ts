import { describe, expect, test } from 'vitest';
import { heldBodyOf } from '../../../../src/core/body.ts';
import { limits } from '../../../../src/core/limits.ts';
import { atOnce, type Slices } from '../../../../src/core/slices.ts';
import { readPage } from '../../../../src/ecosystems/pypi/page.ts';
import { type HtmlTag, walkTags } from '../../../../src/ecosystems/pypi/page-html.ts';
import type { IndexFile, PageFile, PageReader, ProjectPage } from '../../../../src/ecosystems/pypi/project-page.ts';
import { chooseFile, FileChoice, type ReleaseFile, Releases } from '../../../../src/ecosystems/pypi/release.ts';
import { expectInProportion } from '../../../support/growth.ts';

const finalUrl = 'https://mirror.example.com/pypi/simple/tiny/';
const json = 'application/vnd.pypi.simple.v1+json';

function answeredWith(body: string | Uint8Array, type = 'text/html', at = finalUrl) {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { tag: 'answered', status: 200, headers: { 'content-type': type }, body: bytes, finalUrl: at } as const;
}

/** Keeps the files of a page. */
class AllFiles implements PageReader {
  files: IndexFile[] = [];
  restart(): void {
    this.files = [];
  }
  file(file: PageFile): void {
    const read = file.read();
    if (read !== null) this.files.push(read);
  }
}

const readWith = (reader: PageReader, body: string | Uint8Array, type = 'text/html', at = finalUrl) =>
  atOnce(readPage(answeredWith(body, type, at), reader));

function read(body: string | Uint8Array, type = 'text/html', at = finalUrl) {
  return readWith(new AllFiles(), body, type, at);
}

function pageOf(body: string, type = 'text/html', at = finalUrl): ProjectPage & Pick<AllFiles, 'files'> {
  const all = new AllFiles();
  const page = readWith(all, body, type, at);
  if (page.tag === 'error') throw new Error(JSON.stringify(page.error));
  return { ...page.value, files: all.files };
}

const bodyOf = (text: string) => heldBodyOf(Buffer.from(text));
const jsonOf = (files: unknown, more: object = {}): string =>
  JSON.stringify({ meta: { 'api-version': '1.0' }, name: 'tiny', files, ...more });
const hash = 'ab'.repeat(32);
const whl = 'tiny-1.0-py3-none-any.whl';

describe('HTML', () => {
  test.each([
    ['absolute', `<a href="https://f.example.com/${whl}#sha256=${hash}">${whl}</a>`, `https://f.example.com/${whl}`],
    [
      'relative',
      `<a href="../../packages/${whl}#sha256=${hash}">${whl}</a>`,
      `https://mirror.example.com/pypi/packages/${whl}`,
    ],
    ['of the host', `<a href="/p/${whl}#sha256=${hash}">${whl}</a>`, `https://mirror.example.com/p/${whl}`],
    [
      'under a base',
      `<base href="/x/"><a href="${whl}#sha256=${hash}">${whl}</a>`,
      `https://mirror.example.com/x/${whl}`,
    ],
    [
      'with entities',
      `<a href="/p/${whl}?a=1&amp;b=2#sha256=${hash}">${whl}</a>`,
      `https://mirror.example.com/p/${whl}?a=1&b=2`,
    ],
    [
      'in capitals',
      `<A HREF='/p/${whl}#sha256=${hash.toUpperCase()}'>\n ${whl} </A>`,
      `https://mirror.example.com/p/${whl}`,
    ],
    [
      'with egg before',
      `<a href="/p/${whl}#egg=tiny&sha256=${hash}">${whl}</a>`,
      `https://mirror.example.com/p/${whl}`,
    ],
  ])('a URL %s', (_, body, url) =>
    expect(pageOf(body).files).toEqual([
      { name: whl, url, sha256: hash, isYanked: false, metadata: null, provenance: null },
    ]),
  );

  test.each([
    ['shortened, as in a listing of a folder', `<a href="${whl}#sha256=${hash}">tiny-1.0-py3-no..&gt;</a>`, [whl]],
    ['within another element', `<a href="tiny-1.0.tar.gz?x=/y"><code>tiny-1.0.tar.gz</code></a>`, ['tiny-1.0.tar.gz']],
    ['escaped in the URL', '<a href="tiny-1.0%2Bx-py3-none-any.whl">…</a>', ['tiny-1.0+x-py3-none-any.whl']],
  ])('a name %s is that in the URL, as for pip', (_, body, names) =>
    expect(pageOf(body).files.map(({ name }) => name)).toEqual(names),
  );

  test('a download of a web page is no distribution', () => {
    const body = '<a href="/client.zip">Download</a><a href="/setup.exe">Set up</a><a href="%ff.whl">x</a>';
    expect(read(body)).toMatchObject({ tag: 'error', error: { kind: 'wrong_content' } });
  });

  test('what stands at an anchor', () => {
    const page = pageOf(
      [
        `<a href="a/${whl}" data-requires-python="&gt;=3.8,&lt;4" data-yanked="">${whl}</a>`,
        `<a href="b/${whl}" data-yanked="bad &quot;build&quot;" data-core-metadata="sha256=${hash}">${whl}</a>`,
        `<a href="c/${whl}" data-dist-info-metadata="true">${whl}</a>`,
        `<a href="d/${whl}" data-core-metadata="false">${whl}</a>`,
        `<a href="e/${whl}#md5=abc" data-provenance="/integrity/tiny">${whl}</a>`,
      ].join('<br/>\n'),
    );
    expect(page.files.map(({ provenance }) => provenance)).toEqual([
      ...[null, null, null, null],
      'https://mirror.example.com/integrity/tiny',
    ]);
    expect(page.files.map(({ isYanked, metadata, sha256 }) => [isYanked, metadata, sha256])).toEqual([
      [true, null, null],
      [true, { sha256: hash }, null],
      [false, { sha256: null }, null],
      [false, null, null],
      [false, null, null],
    ]);
  });

  test.each([
    ['credentials', 'https://u:p@f.example.com/'],
    ['a script', 'javascript:alert(1)//'],
    ['a file', 'file:///etc/'],
    ['no URL', 'https://[/'],
  ])('a URL with %s is left out', (_, start) => {
    const good = `<a href="/${whl}">${whl}</a>`;
    expect(pageOf(`<a href="${start}${whl}">${whl}</a>${good}`).files).toHaveLength(1);
  });

  test('markup in comments and scripts is none', () => {
    const page = pageOf(
      `<!-- <a href="/x/${whl}">${whl}</a> --><script>"<a href='/y/${whl}'>${whl}</a>"</script><a href="/z/${whl}">${whl}</a>`,
    );
    expect(page.files.map(({ url }) => url)).toEqual([`https://mirror.example.com/z/${whl}`]);
  });

  test('credentials of the page, masked or not, go to no file', () =>
    expect(pageOf(`<a href="${whl}">${whl}</a>`, 'text/html', 'https://***@m.example.com/s/').files[0]?.url).toBe(
      `https://m.example.com/s/${whl}`,
    ));

  test.each([
    ['a page without anything', '<html></html>', 'wrong_content'],
    ['a login form', '<form><a href="/help">Help</a></form>', 'wrong_content'],
    ['nothing', '', 'wrong_content'],
    [
      'a version to come',
      `<meta name="pypi:repository-version" content="2.0"><a href="${whl}">${whl}</a>`,
      'malformed',
    ],
  ])('%s', (_, body, kind) => expect(read(body)).toMatchObject({ tag: 'error', error: { kind } }));

  test('no UTF-8', () =>
    expect(read(Buffer.from([0x3c, 0xff, 0xfe]))).toMatchObject({ tag: 'error', error: { kind: 'malformed' } }));

  test('100 000 anchors with entities are read, in proportion', () => {
    const anchor = `<a href="/p/${whl}#sha256=${hash}" data-requires-python="&gt;=3.8&#44;&#x3c;4&nope;">${whl}</a><br/>\n`;
    expectInProportion(1_000, (size) => anchor.repeat(size), pageOf);
    expect(pageOf(anchor.repeat(100_001)).files).toHaveLength(100_001);
  });

  test.each([
    ['open tags', (size: number) => '<a '.repeat(size), 0],
    ['open quotes', (size: number) => '<a b="'.repeat(size), 0],
    ['quotes of two kinds', (size: number) => `<a b="'`.repeat(size + 1), 0],
    ['angle brackets', (size: number) => '<'.repeat(size), 0],
    ['ampersands', (size: number) => '&'.repeat(size), 0],
    ['open comments', (size: number) => '<!--'.repeat(size), 0],
    ['open scripts', (size: number) => '<script>'.repeat(size), 1],
    ['elements', (size: number) => '<b>'.repeat(size), 20_000],
    ['elements closed by others', (size: number) => `${'<b>'.repeat(size)}${'</c>'.repeat(size)}`, 40_000],
    ['forms in elements', (size: number) => `${'<b>'.repeat(size)}${'<form>'.repeat(size)}`, 40_000],
    ['attributes', (size: number) => `<a${Array.from({ length: size }, (_, at) => ` b${at}`).join('')}>`, 1],
    ['entities of an attribute', (size: number) => `<a b="${'&gt;'.repeat(size)}">`, 1],
    ['entities of a text', (size: number) => `<a>${'&gt;'.repeat(size)}</a>`, 2],
    ['blanks', (size: number) => `<a${' '.repeat(size)}=${' '.repeat(size)}`, 0],
    ['slashes', (size: number) => `<a ${'/'.repeat(size)}=`, 0],
    ['equal signs', (size: number) => `<a ${'b='.repeat(size)}`, 0],
  ])('%s without end are read in proportion', (_, make, want) => {
    const told = (body: string): number => {
      let tags = 0;
      atOnce(
        walkTags(bodyOf(body), new Set(['b']), ({ textBefore }) => {
          tags += 1;
          textBefore.trim();
        }),
      );
      return tags;
    };
    expect(told(make(20_000))).toBe(want);
    expectInProportion(20_000, make, told);
  });

  test('entities, in an attribute and in a text', () => {
    const text = '&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&copy;&unknown;&#0;&#xd800;&#9999999;&';
    const want = '<>&"\'AB\u00a9&unknown;\ufffd\ufffd\ufffd&';
    const tags: HtmlTag[] = [];
    const body = bodyOf(`<a href="${text}" HREF="x" b>${text}</a>`);
    atOnce(walkTags(body, new Set(['href']), (tag) => void tags.push(tag)));
    expect(tags).toEqual([
      { name: 'a', attributes: new Map([['href', want]]), textBefore: '' },
      { name: '/a', attributes: new Map(), textBefore: want },
    ]);
  });

  test('of a long text the beginning is kept, and a long URL is none', () => {
    const long = 'x'.repeat(20_000);
    const tags: HtmlTag[] = [];
    const body = bodyOf(`<a href="${long}" b="">&amp;${long}&amp;y</a>`);
    atOnce(walkTags(body, new Set(['href', 'b']), (tag) => void tags.push(tag)));
    expect(tags).toEqual([
      { name: 'a', attributes: new Map([['b', '']]), textBefore: '' },
      { name: '/a', attributes: new Map(), textBefore: `&${long}` },
    ]);
    expect(pageOf(`<a href="${long}">${whl}</a><a href="${whl}">${whl}</a>`).files).toHaveLength(1);
  });

  test('a parameter of a URL is no entity, as with clients', () =>
    expect(pageOf(`<a href="/p/${whl}?a=1&copy=2&sect3#egg=tiny&sha256=${hash}">${whl}</a>`).files[0]).toMatchObject({
      url: `https://mirror.example.com/p/${whl}?a=1&copy=2&sect3`,
      sha256: hash,
    }));
});

describe('JSON', () => {
  test('what stands at a file', () => {
    const file = { filename: whl, url: `../../p/${whl}`, hashes: { sha256: hash } };
    const page = pageOf(
      jsonOf([
        file,
        { ...file, yanked: 'broken', 'core-metadata': { sha256: hash } },
        { ...file, yanked: '', hashes: {}, 'dist-info-metadata': true },
        { ...file, hashes: { sha256: 'short', md5: 'x' }, 'core-metadata': false, 'dist-info-metadata': true },
      ]),
      json,
    );
    expect(page.files.map(({ isYanked, metadata, sha256 }) => [isYanked, metadata, sha256])).toEqual([
      [false, null, hash],
      [true, { sha256: hash }, hash],
      [true, { sha256: null }, null],
      [false, null, null],
    ]);
    expect(page.files[0]?.url).toBe(`https://mirror.example.com/pypi/p/${whl}`);
  });

  test('keys that an object inherits are no data, and pollute nothing', () => {
    const page = pageOf(
      `{"meta":{"api-version":"1.0"},"files":[{"__proto__":{"filename":"x","url":"/x"},"constructor":1},{"filename":"${whl}","url":"/${whl}","hashes":{"__proto__":{"sha256":"${hash}"}}}]}`,
      json,
    );
    expect(page.files.map(({ name, sha256 }) => [name, sha256])).toEqual([[whl, null]]);
    expect(({} as Record<string, unknown>)['filename']).toBeUndefined();
  });

  test.each([
    ['no JSON', '{"meta":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no files', '{"meta":{"api-version":"1.0"}}'],
    ['a version to come', '{"meta":{"api-version":"2.0"},"files":[]}'],
    ['depth', `${'['.repeat(200_000)}`],
  ])('%s is malformed', (_, body) =>
    expect(read(body, json)).toMatchObject({ tag: 'error', error: { kind: 'malformed' } }),
  );

  test('a duplicate key: the last counts, as with clients', () => {
    const body = `{"meta":{"api-version":"1.0"},"files":[],"files":[{"filename":"${whl}","url":"/${whl}"}]}`;
    expect(pageOf(body, json).files).toHaveLength(1);
  });

  test.each(['application/json', 'text/plain', 'application/vnd.pypi.simple.v2+json', ''])(
    'the type %s is refused, as pip and uv do',
    (type) => expect(read(jsonOf([]), type)).toMatchObject({ tag: 'error', error: { kind: 'wrong_content' } }),
  );

  test('HTML labelled as JSON is another content', () =>
    expect(read('<html></html>', json)).toMatchObject({ tag: 'error', error: { kind: 'wrong_content' } }));
});

describe('releases', () => {
  const file = (name: string, more: object = {}) => ({ filename: name, url: `/${name}`, hashes: {}, ...more });
  const listOf = (files: readonly object[], versions?: readonly string[]) =>
    jsonOf(files, versions === undefined ? {} : { versions });
  const of = (files: readonly object[], versions?: readonly string[]): Releases => {
    const releases = new Releases('tiny');
    expect(readWith(releases, listOf(files, versions), json).tag).toBe('ok');
    return releases;
  };
  /** The chosen file; `false`: there is no such release. */
  const chosenOf = (files: readonly object[], version: string, has: (one: ReleaseFile) => boolean = () => true) => {
    const choice = new FileChoice('tiny', version, has, () => false);
    expect(readWith(choice, listOf(files), json).tag).toBe('ok');
    return choice.isThere && (choice.chosen?.name ?? null);
  };

  test('by names and by the list, spellings of one version together, ascending', () => {
    const found = of(
      [file('tiny-1.10.tar.gz'), file('tiny-1.9.tar.gz'), file('tiny-1.10.0-py3-none-any.whl'), file('other-2.tar.gz')],
      ['0.1', 'nonsense'],
    );
    expect(found.listed).toEqual({ count: 3, newest: '1.10' });
    expect(found.contents).toEqual({ count: 2, newest: ['1.9', '1.10'], pre: [] });
  });

  test('a version is written as in the list, wherever the list stands', () => {
    const files = [file('tiny-2.0rc1.tar.gz'), file('tiny-1.0.tar.gz')];
    const page = { meta: { 'api-version': '1.0' }, versions: ['1.0', '2.0-rc1'] };
    for (const body of [JSON.stringify({ ...page, files }), JSON.stringify({ files, ...page })]) {
      const releases = new Releases('tiny');
      readWith(releases, body.replace('"1.0","2', '"1.0.0","2'), json);
      expect([releases.newest, releases.listed]).toEqual(['1.0.0', { count: 2, newest: '1.0.0' }]);
      expect(releases.contents.pre).toEqual(['2rc1']);
    }
  });

  test('the newest: no pre-release where there is another, nothing yanked, nothing without files', () => {
    const of2 = (files: readonly object[], versions?: readonly string[]) => of(files, versions).newest;
    expect(of2([file('tiny-1.0.tar.gz'), file('tiny-2.0rc1.tar.gz')])).toBe('1.0');
    expect(of2([file('tiny-2.0rc1.tar.gz')])).toBe('2.0rc1');
    expect(of2([file('tiny-1.0.tar.gz'), file('tiny-1.1.tar.gz', { yanked: true })], ['3.0'])).toBe('1.0');
    expect(of2([file('tiny-1.1.tar.gz', { yanked: true }), file('tiny-1.1.zip'), file('tiny-1.0.zip')])).toBe('1.1');
    expect(of2([{ ...file('tiny-1.1.zip'), url: 'file:///x' }, file('tiny-1.0.zip')])).toBe('1.0');
    expect(of2([])).toBe(null);
    expect(of([], ['1.0', '3.0', '2.0']).listed).toEqual({ count: 3, newest: '3.0' });
  });

  test('a version in any spelling, where it has a file', () => {
    expect(chosenOf([file('tiny-1.0.0.tar.gz')], '1.0')).toBe('tiny-1.0.0.tar.gz');
    expect([chosenOf([file('tiny-1.0.0.tar.gz')], '2.0'), chosenOf([], 'x')]).toEqual([false, false]);
    expect(chosenOf([{ ...file('tiny-1.0.0.tar.gz'), url: 'file:///x' }], '1.0')).toBe(false);
    expect(chosenOf([file('tiny-1.0.0.tar.gz')], '1.0', () => false)).toBe(null);
  });

  test('a version without a local part is also that with one, as for pip', () => {
    const built = ['1.0+cpu', '1.0+cu118', '1.1'].map((version) => file(`tiny-${version}.tar.gz`));
    expect(chosenOf(built, '1.0')).toBe('tiny-1.0+cu118.tar.gz');
    expect(chosenOf(built.toReversed(), '1.0')).toBe('tiny-1.0+cu118.tar.gz');
    expect(chosenOf([file('tiny-1.0.tar.gz'), ...built], '1.0')).toBe('tiny-1.0.tar.gz');
    expect(chosenOf([...built, file('tiny-1.0.tar.gz')], '1.0')).toBe('tiny-1.0.tar.gz');
    expect(chosenOf(built, '1.0+cpu')).toBe('tiny-1.0+cpu.tar.gz');
    expect(chosenOf(built, '1.0+rocm')).toBe(false);
    const isWheel = ({ kind }: ReleaseFile): boolean => kind === 'wheel';
    expect(chosenOf([...built, file('tiny-1.0+cpu-py3-none-any.whl')], '1.0', isWheel)).toBe(null);
  });

  test('the file: known by a lock first, then for any machine, for Linux, others, source', () => {
    let names = [
      'tiny-1.0.tar.gz',
      'tiny-1.0-cp312-cp312-win_amd64.whl',
      'tiny-1.0-cp312-cp312-manylinux_2_17_x86_64.whl',
      whl,
    ];
    const all = names.map((name) => file(name));
    const order: unknown[] = [];
    while (names.length > 0) {
      const chosen = chosenOf(
        names.map((name) => file(name)),
        '1.0',
      );
      order.push(chosen);
      names = names.filter((name) => name !== chosen);
    }
    expect(order).toEqual([
      whl,
      'tiny-1.0-cp312-cp312-manylinux_2_17_x86_64.whl',
      'tiny-1.0-cp312-cp312-win_amd64.whl',
      'tiny-1.0.tar.gz',
    ]);
    const choice = new FileChoice(
      'tiny',
      '1.0',
      () => true,
      ({ kind }) => kind === 'sdist',
    );
    readWith(choice, listOf(all), json);
    expect(choice.chosen?.name).toBe('tiny-1.0.tar.gz');
    expect(chooseFile([], () => true)).toBe(null);
  });

  test('the file is chosen in proportion to the length of the tags', () => {
    const files = (size: number): ReleaseFile[] =>
      pageOf(jsonOf([file(whl)]), json).files.map((one) => ({ ...one, kind: 'wheel', tags: 'linux'.repeat(size) }));
    expectInProportion(1_000, files, (of) => chooseFile([...of, ...of], () => false));
  });
});

/** How much each slice of the work did, by a count that grows. */
function bySlice(work: Slices<unknown>, count: () => number): readonly number[] {
  const did: number[] = [];
  for (let before = count(), done = false; !done; before = count()) {
    done = work.next().done === true;
    did.push(count() - before);
  }
  return did;
}

describe('a page that is long is read in slices', () => {
  const anchor = (at: number): string =>
    `<a href="../../x&amp;y/tiny-1.${at}.tar.gz#sha256=${hash}">tiny-1.${at}.tar.gz</a>\n`;
  const links = Array.from({ length: 60_000 }, (_, at) => at);
  const html = links.map(anchor).join('');

  test('60 000 links of HTML: no slice reads many, and none is lost or cut at an end', () => {
    let tags = 0;
    const did = bySlice(
      walkTags(bodyOf(html), new Set(['href']), () => {
        tags += 1;
      }),
      () => tags,
    );
    expect(tags).toBe(2 * links.length);
    expect(Math.max(...did)).toBeLessThan(2_000);
    const { files } = pageOf(html);
    expect(files.map(({ url }) => url)).toEqual(
      links.map((at) => `https://mirror.example.com/pypi/x&y/tiny-1.${at}.tar.gz`),
    );
    expect(files.map(({ name }) => name)).toEqual(links.map((at) => `tiny-1.${at}.tar.gz`));
  });

  test('60 000 files of JSON', () => {
    const files = links.map((at) => ({ filename: `tiny-1.${at}.tar.gz`, url: `/tiny-1.${at}.tar.gz` }));
    const all = new AllFiles();
    const did = bySlice(readPage(answeredWith(jsonOf(files), json), all), () => all.files.length);
    expect(all.files.map(({ name }) => name)).toEqual(files.map(({ filename }) => filename));
    expect(Math.max(...did)).toBeLessThan(1_100);
  });

  test('of 20 000 releases in any order all are counted, the highest are told, and any is found', () => {
    const shuffled = Array.from({ length: 20_000 }, (_, at) => (at * 7_919) % 20_000);
    const names = [...shuffled.map((at) => `tiny-1.${at}.tar.gz`), ...shuffled.map((at) => `tiny-1.${at}.0.zip`)];
    const body = names.map((name) => `<a href="${name}">${name}</a>`).join('');
    const releases = new Releases('tiny');
    readWith(releases, body);
    expect(releases.listed).toEqual({ count: 20_000, newest: '1.19999' });
    const newest = Array.from({ length: limits.contentVersions }, (_, at) => `1.${19_900 + at}`);
    expect(releases.contents).toEqual({ count: 20_000, newest, pre: [] });
    for (const at of [0, 1, 7_777, 14_999, 19_999]) {
      const choice = new FileChoice(
        'tiny',
        `1.${at}`,
        () => true,
        () => false,
      );
      readWith(choice, body);
      expect(choice.chosen?.name).toBe(`tiny-1.${at}.0.zip`);
    }
  });
});
