import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';

/**
 * The services whose workflows may publish. `issuer`: the OIDC issuer in their certificates. The subject alternative
 * name in their certificates is `<at><repository><in><workflow file>@<ref>`.
 */
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
export interface AttestationPublisher {
  readonly project: string;
  readonly kind: PublisherKind;
  /** `owner/name`; case is ignored. */
  readonly repository: string;
  /** The file name of the only accepted workflow; absent: any workflow of the repository. */
  readonly workflow?: string;
}

export interface Identity {
  readonly subject: string;
  readonly issuer: string;
}

/** True if service, repository and workflow of the identity are the publisher's. */
export function isSignedBy(
  { kind, repository, workflow }: AttestationPublisher,
  { subject, issuer }: Identity,
): boolean {
  const place = publisherKinds[kind];
  const beginning = `${place.at}${repository}${place.in}`.toLowerCase();
  if (issuer !== place.issuer || !subject.toLowerCase().startsWith(beginning)) return false;
  const [file, ref] = subject.slice(beginning.length).split('@', 2);
  return ref !== undefined && file !== '' && (workflow === undefined || file === workflow);
}

export function formatPublisher({ kind, repository, workflow }: AttestationPublisher): Sentence {
  return phrase('answer.signedBy', { whom: `${kind} ${repository}${workflow === undefined ? '' : ` (${workflow})`}` });
}
