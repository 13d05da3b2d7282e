import { compileFunction } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { whatIfScript } from '../../../src/api/page/what-if-script.ts';

// The script that asks while a chain is typed, over a document of as much as it touches: what of the field leaves the page.

const inland = 'mirrors.inland.example.com';
const words = { failed: 'failed', held: 'held', half: 'half' };

/** What the script finds around it. */
const browserHas = [
  ...(['document', 'location', 'URLSearchParams', 'FormData'] as const),
  ...(['setTimeout', 'clearTimeout', 'fetch'] as const),
] as const;
const script: (...values: readonly unknown[]) => void = compileFunction(whatIfScript, browserHas) as never;

interface Typed {
  /** What the page asked, the chain as it was sent. */
  readonly sent: string[];
  readonly summary: { textContent: string };
  /** Puts a text in the field and lets the script look. */
  type(text: string): void;
  press(): void;
}

function page(first = `https://${inland}/goproxy,direct`): Typed {
  const sent: string[] = [];
  const summary = { textContent: 'as it came', dataset: words };
  const listeners = new Map<string, (event: { preventDefault: () => void }) => void>();
  let value = first;
  const form = {
    dataset: { hosts: `${inland} goproxy.coast.example.com:8443` },
    elements: { chain: { defaultValue: first } },
    getAttribute: () => '/what-if',
    addEventListener: (type: string, listener: () => void) => listeners.set(type, listener),
  };
  const elements: Readonly<Record<string, object>> = {
    'whatif-form': form,
    'whatif-summary': summary,
    'whatif-outcome': { replaceChildren: () => undefined },
  };
  let due: (() => void) | null = null;
  const browser: Readonly<Record<(typeof browserHas)[number], unknown>> = {
    document: { getElementById: (id: string) => elements[id] ?? null },
    location: { origin: 'http://x' },
    URLSearchParams,
    FormData: class {
      *[Symbol.iterator]() {
        yield ['chain', value];
      }
    },
    setTimeout: (run: (isPressed: boolean) => void, _ms: number, isPressed: boolean) => {
      due = () => run(isPressed);
      return 1;
    },
    clearTimeout: () => {
      due = null;
    },
    fetch: (path: string) => {
      sent.push(new URL(path).searchParams.get('chain') ?? '');
      return new Promise(() => undefined);
    },
  };
  script(...browserHas.map((name) => browser[name]));
  return {
    sent,
    summary,
    type(text) {
      value = text;
      listeners.get('input')?.({ preventDefault: () => undefined });
      due?.();
      due = null;
    },
    press: () => listeners.get('submit')?.({ preventDefault: () => undefined }),
  };
}

describe('what of a chain leaves the page', () => {
  it.each([
    ['watched hosts, as they are typed', `https://${inland}/x|direct`, `https://${inland}/x|direct`],
    [
      'with the port that is watched',
      'https://GOPROXY.coast.example.com:8443',
      'https://GOPROXY.coast.example.com:8443',
    ],
    ['a bare word', `https://${inland}/x|word`, `https://${inland}/x|word`],
    ['credentials before a watched host', `https://u:p@${inland}/x`, `https://${inland}/x`],
  ])('%s', (_, chain, want) => {
    const { sent, type } = page();
    type(chain);
    expect(sent).toEqual([want]);
  });

  it.each([
    ['a host that is not watched', 'https://elsewhere.example.com/x'],
    ['what may be a user', 'https://ghp'],
    ['what may be a port', `https://${inland}/x,https://h:80`],
    ['in the middle', `https://ghp${inland}/x,direct`],
    ['no scheme', 'elsewhere.example.com'],
  ])('not before the button is pressed: %s', (_, chain) => {
    const { sent, type, summary, press } = page();
    type(chain);
    expect([sent, summary.textContent]).toEqual([[], 'held']);
    press();
    expect(sent).toEqual([chain]);
    type(`${chain},direct`);
    expect(sent).toEqual([chain, `${chain},direct`]);
  });

  it.each(['https://u:pass', 'u:pass', `https://u:pa/ss,https://${inland}/x`, 'https://u:123456', 'https://[::1]:p'])(
    'never, for it may be a password: %s',
    (chain) => {
      const { sent, type, summary, press } = page();
      type(chain);
      press();
      expect([sent, summary.textContent]).toEqual([[], 'half']);
    },
  );

  it('a word that was typed is no host that is known', () => {
    const { sent, type } = page();
    for (const text of ['h', 'https', 'https://', 'https://h']) type(text);
    expect(sent).toEqual(['h', 'https']);
  });

  const letters = fc.stringMatching(/^[A-Z0-9!$%&*;=~^._,|@?-]{1,12}$/);
  const before = fc.constantFrom('', 'direct,', `https://${inland}/x|`);
  const form = fc.constantFrom('https://robot:', 'robot:', 'https://', 'https://robot:1');
  test('typed key by key, with or without a mirror behind it: nothing of a password', () => {
    fc.assert(
      fc.property(before, form, letters, fc.constantFrom('', `,https://${inland}/y`), (start, begin, secret, end) => {
        const { sent, type } = page();
        const chain = `${start}${begin}${secret}@${inland}/x`;
        for (let i = start.length; i <= chain.length; i += 1) type(chain.slice(0, i) + end);
        // What is in capitals or a digit is the password's.
        expect(sent.filter((one) => /[A-Z0-9]|\/\/robot/.test(one))).toEqual([]);
        // A separator in it may end it elsewhere: then less is sent, or nothing.
        if (!/[,|?]/.test(secret))
          expect(sent.at(-1)).toBe(`${start}${begin.startsWith('https') ? 'https://' : ''}${inland}/x${end}`);
      }),
      { numRuns: 1_000 },
    );
  });
});
