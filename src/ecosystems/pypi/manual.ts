import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about PyPI. */
export const pypiManual: Manual = {
  checks: ['`clients.pypi` is a list of index URLs separated by spaces; the first one replaces the public index.'],
  sections: [
    {
      title: 'Python indexes',
      text: `The URL of a mirror is that of its index, \`/simple\` included, as clients have it. \`index\` requests a project's page as pip does and
reads it as JSON or HTML, by its Content-Type; \`simplehtml\` requests only HTML; \`wheelmeta\` requests the core metadata
of a wheel if the page announces them; \`file\` requests one file of the version: a wheel for any platform if there is one, else one
for Linux, else a source archive. A version without files is \`absent\`, whatever the status. Hashes are verified with lock files, else with the hash that the public index itself
(\`role: origin\`) first gave for the same file, else compared with the mirror's own page.`,
    },
    {
      title: 'Python attestations',
      text: `\`provenance\` requests the attestations of a version's file (PEP 740) if the page announces them on the mirror's own host or on the host of
its files; else they are \`notOffered\`. Each attestation must be for that file and its hash (by a lock file or the page); otherwise it is a
\`mismatch\` of the attestation. With \`pypi.trustedRoot\`, a \`trusted_root.json\` of Sigstore, the certificate, log entry and signature are
verified as well, and the signer is shown. If other content was signed, it is a \`mismatch\`; what an old root does not know is
unverified. Without a trusted root the result says that no key is available. A valid attestation does not show who should have signed the file,
so the file counts as compared, not as verified. \`pypi.publishers\` names the allowed signer of
a project (\`{ project: requests, kind: GitHub, repository: psf/requests }\`): then the file counts as verified, and an attestation by another signer is a
\`mismatch\`. If the project's repository moves, update that list.`,
    },
    {
      title: 'Python lock files',
      text: `\`{ from: requirements.txt, top: 20 }\` takes projects pinned with \`==\` from a requirements file, with their \`--hash\` values.
From a \`uv.lock\` or \`poetry.lock\` it takes packages of an index, those that most other packages require first. Left out, and listed by
\`mirrorwatch check\`: private projects, projects from a folder, a URL or version control, and projects whose recorded index is neither the
public one nor a configured mirror.`,
    },
    {
      title: 'Private Python projects',
      text: `A project that \`private.pypi\` matches (a name, with \`*\` for any characters, in any spelling that pip treats as the same) is requested only from
mirrors with a named \`upstream\` other than \`pypi\`. pip requests every name from every configured index. Private names stay private only
if the company's index is the only one, and serves public projects too.`,
    },
  ],
};
