import type { Profile } from './profile.ts';
import { alpine } from './profiles/alpine.ts';
import { arch } from './profiles/arch.ts';
import { conda } from './profiles/conda.ts';
import { debian } from './profiles/debian.ts';
import { maven } from './profiles/maven.ts';
import { rubygems } from './profiles/rubygems.ts';

export const profiles: readonly [Profile, ...Profile[]] = [debian, alpine, arch, maven, rubygems, conda];

/** Returns the profile with this id; `null`: there is none. */
export function profileOf(id: unknown): Profile | null {
  return profiles.find((profile) => profile.id === id) ?? null;
}
