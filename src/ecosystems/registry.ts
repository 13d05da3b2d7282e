import type { Kind } from '../core/kind.ts';
import type { EcosystemId, Step } from '../core/mirror.ts';
import { cargo } from './cargo/cargo.ts';
import { type Ecosystem, sortSteps } from './ecosystem.ts';
import { go } from './go/go.ts';
import { http } from './http/http.ts';
import { npm } from './npm/npm.ts';
import { oci } from './oci/oci.ts';
import { pypi } from './pypi/pypi.ts';

const all: readonly [Ecosystem, ...Ecosystem[]] = [go, npm, pypi, oci, cargo, http];

export const registry = {
  all,
  of: (id: EcosystemId): Ecosystem | null => all.find((one) => one.id === id) ?? null,
  /** The profile of a mirror for a word that names its kind of files or its package manager; `null`: there is none. */
  profileFor: (word: unknown): string | null => all.flatMap((one) => one.profileFor?.(word) ?? [])[0] ?? null,
  ids: all.map(({ id }) => id),
  steps: all.flatMap((one): Step[] => Object.keys(one.steps)),
  actionForms: actionFormsOf(all),
};

/**
 * Returns the snippet formats in which an action can write a remedy (the settings that apply advice). `env`: plain
 * `NAME=value` lines.
 */
function actionFormsOf(kinds: readonly Ecosystem[]): readonly ['env', ...string[]] {
  const clients = kinds.flatMap((one) => one.clients);
  const forms = clients.flatMap(({ forms, profileFiles = [] }) => [...forms, ...profileFiles]);
  return ['env', 'shell', ...new Set(forms.filter((form) => form !== 'env'))];
}

export type Registry = Readonly<typeof registry>;

export function kindsOf({ all }: Registry): readonly Kind[] {
  return all.map(kindOf);
}

function kindOf(one: Ecosystem): Kind {
  const grainOf = (step: Step) => one.steps[step]?.grain ?? 'mirror';
  return {
    id: one.id,
    publicUpstream: one.publicUpstream,
    steps: sortSteps(one).map((step) => ({ step, grain: grainOf(step) })),
    canary: one.canary,
    newest: one.names.newest,
    example: one.names.example,
    expected: one.names.entry.expected,
    forms: [...new Set(one.clients.flatMap(({ forms }) => forms))],
    profileForms: Object.assign({}, ...one.clients.map(({ profileForms = {} }) => profileForms)),
    variables: Object.assign({}, ...one.clients.map(({ variables }) => variables)),
  };
}
