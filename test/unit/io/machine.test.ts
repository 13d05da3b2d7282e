import { afterEach, expect, test, vi } from 'vitest';
import { residentBytes } from '../../../src/io/machine.ts';

afterEach(() => vi.restoreAllMocks());

test('resident memory is what the machine says, in bytes', () => {
  vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(123_456);
  expect(residentBytes()).toBe(123_456);
});

test('where the machine does not tell, it is not known', () => {
  vi.spyOn(process.memoryUsage, 'rss').mockImplementation(() => {
    throw Object.assign(new Error('uv_resident_set_memory'), { code: 'ENOENT' });
  });
  expect(residentBytes()).toBeNull();
});
