import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';
import { parseGoModule } from './module-name.ts';
import { isGoPattern, matchesGoPatterns } from './patterns.ts';

/** How Go's modules and private paths are written. */
export const goNames: Names = {
  describes: 'Go modules. The first one with a fixed version is the canary.',
  entry: { describes: 'A module and its version.', expected: phrase('expected.goModule') },
  parse: parseGoModule,
  byHand(text) {
    const at = text.lastIndexOf('@');
    return at > 0 ? { module: text.slice(0, at), version: text.slice(at + 1) } : { module: text, version: null };
  },
  newest: 'latest',
  isFixed: (version) => version !== null && version !== 'latest',
  example: 'rsc.io/quote@v1.5.2',
  private: {
    describes:
      "Globs by GOPRIVATE's rules. Matching modules are asked only of mirrors of a named upstream other than `go`.",
    expected: phrase('expected.goPattern'),
    list: phrase('expected.listOf', { what: 'globs' }),
    isPattern: isGoPattern,
    matches: matchesGoPatterns,
  },
};
