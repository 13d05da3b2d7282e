import fc from 'fast-check';
import { afterAll, describe, expect, it, test } from 'vitest';
import zh from '../../../locales/zh.json' with { type: 'json' };
import type { Mirror } from '../../../src/core/mirror.ts';
import type { WhatIf } from '../../../src/core/what-if.ts';
import { mirror, Stage } from '../advise/stage.ts';
import { fixtureConfig } from './fixture-config.ts';
import { fixture } from './fixture-deps.ts';
import { whatIfInUse } from './fixture-what-if.ts';
import { serve } from './server.ts';

const inland = 'https://mirrors.inland.example.com/goproxy';
const coast = 'https://goproxy.coast.example.com';
const { deps, asked } = fixture();
const served = await serve(deps);
afterAll(() => served.close());

function query(path: string, values: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(values)}`;
}

async function page(values: Readonly<Record<string, string>>): Promise<string> {
  const { status, text } = await served.ask(query('/what-if', values));
  expect(status).toBe(200);
  return text;
}

/** The text of a page as a reader sees it. */
function seen(text: string): string {
  return text
    .slice(text.indexOf('<main'))
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');
}

describe('GET /api/v1/what-if', () => {
  it('shows what a chain would do, beside the one in use and the advised one; sends no request and stores nothing', async () => {
    const reply = await served.ask(query('/api/v1/what-if', { chain: `${inland}|${coast},direct` }));
    expect([reply.status, reply.headers['cache-control']]).toEqual([200, 'no-store']);
    const { edited, inUse, advised } = reply.json() as WhatIf;
    expect(edited).toMatchObject({
      basis: 'paired',
      moments: 59,
      unmeasured: 0,
      availability: { atLeast: 1, atMost: 1 },
    });
    expect(inUse).toMatchObject({ outlook: { chain: whatIfInUse }, time: 'faster', rescued: 6, broken: 0 });
    expect(advised?.outlook.chain).toBe(`${inland},${coast},direct`);
    expect(asked).toEqual([]);
  });

  it('takes the end of a line as a blank, as a field of several lines sends it', async () => {
    const reply = await served.ask(query('/api/v1/what-if', { chain: `${inland},\r\n${coast}\n` }));
    expect((reply.json() as WhatIf).edited.chain).toBe(`${inland},${coast}`);
  });

  it('takes a blank as a separator and a plus as a blank, as forms send it', async () => {
    const reply = await served.ask(`/api/v1/what-if?chain=${encodeURIComponent(inland)},+${encodeURIComponent(coast)}`);
    expect((reply.json() as WhatIf).edited.chain).toBe(`${inland},${coast}`);
  });

  test.each<[string, Readonly<Record<string, string>>, string, string]>([
    ['no chain', {}, 'empty', 'The chain is empty.'],
    [
      'a bare word',
      { chain: `${coast},goproxy` },
      'reserved_word',
      'Member 2 is a reserved word; expected: a GOPROXY line.',
    ],
    ['a private path', { chain: 'git.example.com/team/lib' }, 'private', 'is private by configuration'],
    ['another ecosystem', { chain: coast, ecosystem: 'npm' }, 'unknown_group', 'Known: go/go.'],
  ])('%s is 400 with its reason', async (_name, values, reason, said) => {
    const reply = await served.ask(query('/api/v1/what-if', values));
    const problem = reply.json() as { status: number; reason: string; detail: string };
    expect([reply.status, problem.status, problem.reason]).toEqual([400, 400, reason]);
    expect(problem.detail).toContain(said);
  });

  it('repeats no credentials', async () => {
    const chain = `https://robot:s3cret@${inland.slice(8)}?token=s3cret,direct`;
    const { status, text } = await served.ask(query('/api/v1/what-if', { chain }));
    expect(status).toBe(200);
    expect(text).not.toContain('s3cret');
    expect(text).toContain('***@mirrors.inland.example.com');
  });

  it('repeats no password with a question mark in it', async () => {
    const chain = `https://robot:x@direct?s3cret@${inland.slice(8)}`;
    const { status, text } = await served.ask(query('/api/v1/what-if', { chain }));
    expect(status).toBe(200);
    expect(text).not.toContain('s3cret');
  });

  const odd = fc.constantFrom(...'@:/\\?#,|[]% ', 'https://', 'https:/', 'direct', '0', '.', 'é', '::1', '***');
  it('repeats none in whatever is asked, however odd, and takes it for no defect', async () => {
    const one = fixture();
    const daemon = await serve(one.deps);
    const say = async (path: string, chain: string): Promise<string> => {
      const { headers, text, status } = await daemon.ask(query(path, { chain }));
      expect(status).toBeLessThan(500);
      return `${JSON.stringify(headers)} ${text}`;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(odd, { maxLength: 6 }), fc.array(odd, { maxLength: 4 }), async (before, after) => {
        const password = `x${after.join('')}s3cret`;
        // That is a URL by its form.
        fc.pre(!/[a-z]:\//.test(password));
        const chain = `${before.join('')},https://robot:${password}@${inland.slice(8)}`;
        for (const path of ['/api/v1/what-if', '/what-if', '/timeline'])
          expect(await say(path, chain)).not.toContain('s3cret');
      }),
      { numRuns: 150 },
    );
    await daemon.close();
    expect(one.defects).toEqual([]);
  });
});

describe('the page', () => {
  it.each([
    ['user-info', `https://robot:s3cret@${inland.slice(8)},direct`, `${inland},direct`],
    ['a query', `${inland}?token=s3cret`, inland],
    ['a password whose @ is missing', `${inland}|https://robot:s3cret`, `${inland}|https://***`],
  ])('sends a browser on to an address without %s, and says the rest of it again', async (_, chain, bare) => {
    const { status, headers, text } = await served.ask(query('/what-if', { lang: 'zh', chain, client: 'go' }));
    expect([status, headers.location]).toEqual([303, query('/what-if', { lang: 'zh', chain: bare, client: 'go' })]);
    expect(headers['cache-control']).toBe('no-store');
    expect(text).not.toContain('s3cret');
    expect((await served.ask(String(headers.location))).status).toBe(200);
  });

  it('leaves a chain that is too long as it is, and repeats nothing of it', async () => {
    const { status, text } = await served.ask(
      query('/what-if', { chain: `https://robot:s3cret@h/${'x'.repeat(2_000)}` }),
    );
    expect(status).toBe(200);
    expect(text).not.toContain('s3cret');
    expect(seen(text)).toContain('longer than 2000 characters');
  });

  it('begins with the chain in use, and works by a plain form', async () => {
    const text = await page({});
    expect(text).toMatch(new RegExp(`name="chain" [^>]*>\n${whatIfInUse}</textarea>`));
    expect(text).toContain('<form id="whatif-form" action="/what-if" method="get" ');
    expect(seen(text)).toContain(
      'successful light requests: 89.8 % · one fetch: 3.80 s · compared with the chain in use: as fast',
    );
  });

  it('puts the edited chain beside the others, with what chance leaves and what it rests on', async () => {
    const text = seen(await page({ chain: `${inland}|${coast},direct` }));
    for (const said of [
      'this chain in use advised',
      'successful light requests 100 % 95 % interval: 93.9 % to 100 % 89.8 %',
      'one fetch 2.53 s 95 % interval: 2.46 s to 2.59 s 3.80 s',
      'based on 59 measurements in 29 min',
      '0 of the last 5 failed',
      'Compared with the chain in use: faster. Both chains have 64 measurements in common, including downloads and confirming rounds. In 6 only this chain succeeds, in 0 only the other one.',
      'inland 57 of 59 probes succeeded',
      'direct requests that bypass the mirrors are not measured',
    ])
      expect(text).toContain(said);
  });

  it('says what is not measured, never that it is fine', async () => {
    const unmeasured = seen(await page({ chain: 'https://x.example.com|https://campus.example.com', ecosystem: 'go' }));
    expect(unmeasured).toContain('No member of this chain is measured here');
    expect(unmeasured).toContain('https://x.example.com not monitored here: unknown');
    expect(unmeasured).toContain('campus monitored, but without recent measurements');
    expect(unmeasured).toContain('successful light requests not measured');
    expect(unmeasured).toContain('based on none');
    const first = seen(await page({ chain: `https://x.example.com,${inland}` }));
    expect(first).toContain('successful light requests 0 % to 100 %');
    expect(first).toContain('0 of the last 5 failed, 5 not measured');
    expect(first).not.toContain('No download was measured');
    const open = seen(await page({ chain: `${inland},direct` }));
    expect(open).toContain('successful light requests: 96.6 % to 100 %');
    expect(open).toContain('2 of 59 measurements end at a member that is not measured.');
    // Neither what fails nor what that costs is said to be nothing.
    expect(open).toMatch(/with the cost of failures 2\.48 s to \d\.\d\d s .* builds that fail 0 % to \d\d\.\d % /);
  });

  it('shows a mistake beside the chain as it was typed', async () => {
    const text = await page({ chain: `${coast},<b>"` });
    expect(text).toContain(`>\n${coast},&lt;b&gt;&quot;</textarea>`);
    expect(seen(text)).toContain('Member 2 is a reserved word');
    expect(text).not.toContain('<table class="chains">');
  });

  it('is there in Chinese', async () => {
    const text = await page({ lang: 'zh', chain: `${inland},direct` });
    expect(text).toMatch(/lang="zh/);
    for (const key of ['whatif.title', 'whatif.available', 'whatif.members', 'whatif.member.direct'] as const)
      expect(seen(text)).toContain(zh[key]);
  });

  it('has a form for each upstream, with its own clients', async () => {
    const registry = 'https://npm.example.com';
    const npm = {
      ...(fixtureConfig.mirrors[0] as Mirror),
      name: 'npm-one',
      ecosystem: 'npm',
      upstream: 'npm',
      url: registry,
    };
    const stage = new Stage(registry, [mirror('a'), mirror('npm-one', npm)]);
    const two = await serve(
      fixture({
        configWith: { mirrors: [...fixtureConfig.mirrors, npm] },
        chainInForce: (ecosystem) => (ecosystem === 'npm' ? registry : whatIfInUse),
        whatIf: (one) => stage.advisor.whatIf(one, stage.at),
      }).deps,
    );
    const { text } = await two.ask(query('/what-if', { ecosystem: 'npm', client: 'yarn' }));
    await two.close();
    expect(text).toContain('<a href="/what-if?ecosystem=go&amp;upstream=go">go/go</a>');
    expect(text).toContain('<a href="/what-if?ecosystem=npm&amp;upstream=npm" aria-current="page">npm/npm</a>');
    expect(text).toContain('<option>npm</option><option>pnpm</option><option selected>yarn</option>');
    expect(text).toContain(
      '<input type="hidden" name="ecosystem" value="npm"><input type="hidden" name="upstream" value="npm">',
    );
    expect(text).toContain(`>\n${registry}</textarea>`);
    expect(seen(text)).toContain('No member of this chain is measured here');
  });

  it('is linked from the overview', async () => {
    const { text } = await served.ask('/');
    expect(text).toContain('<a href="/what-if">What if clients had another chain?</a>');
  });
});
