import { expect, test } from 'vitest';
import { descriptorBoundsFor } from '../../../src/core/descriptors.ts';
import { limits } from '../../../src/core/limits.ts';

const { connections, connectionsPerAddress } = limits;

test.each([
  { count: null, want: { connections, connectionsPerAddress, outgoing: Infinity, exchanges: Infinity } },
  { count: 1_048_576, want: { connections, connectionsPerAddress, outgoing: 524_224, exchanges: 262_112 } },
  { count: 4_096, want: { connections, connectionsPerAddress, outgoing: 1_984, exchanges: 992 } },
  { count: 1_024, want: { connections: 448, connectionsPerAddress: 224, outgoing: 448, exchanges: 224 } },
  { count: 256, want: { connections: 64, connectionsPerAddress: 32, outgoing: 64, exchanges: 32 } },
  { count: 64, want: { connections: 16, connectionsPerAddress: 8, outgoing: 16, exchanges: 8 } },
])('$count descriptors', ({ count, want }) => expect(descriptorBoundsFor(count)).toEqual(want));
