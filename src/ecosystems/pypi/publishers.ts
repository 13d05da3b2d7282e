import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
/** Services whose workflows may publish, by the index's names: the issuer of their certificates, and their URL. */
export const publisherKinds = {
  GitHub: {
    issuer: 'https://token.actions.githubusercontent.com',
    at: 'https://github.com/',
    in: '/.github/workflows/',
  },
  GitLab: { issuer: 'https://gitlab.com', at: 'https://gitlab.com/', in: '//' },
} as const;
export type PublisherKind = keyof typeof publisherKinds;

/** The accepted signer of one project's files. */
export interface Publisher {
  /** In its normal form. */
  readonly project: string;
  readonly kind: PublisherKind;
  /** `owner/name`, in any case. */
  readonly repository: string;
  /** The workflow file; absent: any workflow of the repository. */
  readonly workflow?: string;
}

/** The signer in a certificate. */
export interface Identity {
  readonly subject: string;
  readonly issuer: string;
}

/** True if the publisher signed an attestation: a workflow of that repository, certified by that service. */
export function isSignedBy({ kind, repository, workflow }: Publisher, { subject, issuer }: Identity): boolean {
  const place = publisherKinds[kind];
  const beginning = `${place.at}${repository}${place.in}`.toLowerCase();
  if (issuer !== place.issuer || !subject.toLowerCase().startsWith(beginning)) return false;
  const [file, ref] = subject.slice(beginning.length).split('@', 2);
  return ref !== undefined && file !== '' && (workflow === undefined || file === workflow);
}

/** The publisher for display. */
export function formatPublisher({ kind, repository, workflow }: Publisher): Sentence {
  return phrase('answer.signedBy', { whom: `${kind} ${repository}${workflow === undefined ? '' : ` (${workflow})`}` });
}
