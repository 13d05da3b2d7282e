import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { matrix } from './matrix.ts';
import { mirror } from './mirror.ts';
import { overview } from './overview.ts';
import { places } from './places.ts';
import { self } from './self.ts';

/** Every board by the name of its file, `dashboards/<name>.json`. */
export const boards: Readonly<Record<string, Dashboard>> = { overview, 'rtt-matrix': matrix, mirror, self, places };
