import { expect, it } from 'vitest';
import { confidenceFor } from '../../../src/detect/engine/say.ts';

it.each([
  { ms: 0, want: 'low' },
  { ms: 29_999, want: 'low' },
  { ms: 30_000, want: 'medium' },
  { ms: 119_999, want: 'medium' },
  { ms: 120_000, want: 'high' },
])('confidence: after $ms ms: $want', ({ ms, want }) => expect(confidenceFor(ms)).toBe(want));
