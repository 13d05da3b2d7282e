import type { DoorPath, DoorPaths } from '../door-paths.ts';
import { isProjectName, normalName } from './project.ts';

/** A project's page. Files come from where the page says, which is the mirror's own address after a redirect. */
function readProjectPath(path: string): DoorPath | null {
  const [, name = ''] = /^([^/%]+)\/?$/.exec(path) ?? [];
  return isProjectName(name) ? { module: normalName(name), kind: 'index' } : null;
}

/** What pip and uv request of a simple index. */
export const pypiDoor: DoorPaths = { prefix: 'pypi/simple', read: readProjectPath };
