import type { Sentence } from '../../core/sentence.ts';
import { phrase } from '../../words/tell.ts';
/** Places whose workflows may publish, as the index calls them: who vouches for their certificates, and where they lie. */
export const publisherKinds = {
  GitHub: {
    issuer: 'https://token.actions.githubusercontent.com',
    at: 'https://github.com/',
    in: '/.github/workflows/',
  },
  GitLab: { issuer: 'https://gitlab.com', at: 'https://gitlab.com/', in: '//' },
} as const;
export type PublisherKind = keyof typeof publisherKinds;

/** Who may sign the files of one project. */
export interface Publisher {
  /** In its normal form. */
  readonly project: string;
  readonly kind: PublisherKind;
  /** `owner/name`, in any case. */
  readonly repository: string;
  /** The file of the workflow; absent: any of the repository's. */
  readonly workflow?: string;
}

/** Who a certificate says has signed. */
export interface Identity {
  readonly subject: string;
  readonly issuer: string;
}

/** True where an attestation was signed by the publisher: by a workflow of that repository, vouched for by that place. */
export function isSignedBy({ kind, repository, workflow }: Publisher, { subject, issuer }: Identity): boolean {
  const place = publisherKinds[kind];
  const beginning = `${place.at}${repository}${place.in}`.toLowerCase();
  if (issuer !== place.issuer || !subject.toLowerCase().startsWith(beginning)) return false;
  const [file, ref] = subject.slice(beginning.length).split('@', 2);
  return ref !== undefined && file !== '' && (workflow === undefined || file === workflow);
}

/** For people. */
export function publisherText({ kind, repository, workflow }: Publisher): Sentence {
  return phrase('answer.signedBy', { whom: `${kind} ${repository}${workflow === undefined ? '' : ` (${workflow})`}` });
}
