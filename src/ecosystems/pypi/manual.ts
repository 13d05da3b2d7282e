import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about PyPI. */
export const pypiManual: Manual = {
  checks: ['`clients.pypi` is indexes by URL with spaces between, the one in the place of the public index first.'],
  sections: [
    {
      title: 'Python indexes',
      text: `The URL of a mirror is that of its index, \`/simple\` included, as clients have it. \`index\` asks for a project's page as pip does and
reads it as JSON or HTML, by what the answer says it is; \`simplehtml\` asks for HTML alone; \`wheelmeta\` for the core metadata
of a wheel where the page announces one; \`file\` for a file of the version: a wheel for any machine if there is one, else one
for Linux, else a source archive. A version without files is \`absent\`, whatever the status was. Hashes are verified by lock files, by what the public index itself
(\`role: origin\`) told of the same file first, and by the mirror's own page.`,
    },
    {
      title: 'Python attestations',
      text: `\`provenance\` asks for the attestations of a version's file (PEP 740) where the page announces them on the mirror's own host or that of
its files; else they are \`notOffered\`. Each must speak of that file and of its hash, by a lock file or the page: another one is a
\`mismatch\` of the attestation. With \`pypi.trustedRoot\`, a \`trusted_root.json\` of Sigstore, certificate, log and signature are
verified as well, and who signed is named; something else than was signed is a \`mismatch\`, and what an old root does not know is
unverified. Without one the answer says that no key is at hand. Who should have signed is nobody's to say but yours: a right
attestation is shown with its signer, and the file counts as compared, not as verified by it. Where \`pypi.publishers\` names who may sign
a project (\`{ project: requests, kind: GitHub, repository: psf/requests }\`), it counts as verified, and an attestation by anybody else is a
\`mismatch\`: a repository that moved is one too, until the list is changed.`,
    },
    {
      title: 'Python lock files',
      text: `\`{ from: requirements.txt, top: 20 }\` takes projects pinned with \`==\` from a requirements file, with their \`--hash\` values;
of a \`uv.lock\` or \`poetry.lock\` all packages from an index, those that most others need first. Left out, and listed by
\`mirrorwatch check\`: private projects, those from a folder, a URL or version control, and those whose recorded index is neither the
public one nor a configured mirror.`,
    },
    {
      title: 'Private Python projects',
      text: `A project that \`private.pypi\` matches (a name, \`*\` for any characters, spelt in any way that pip takes for the same) is asked only of
mirrors with a named \`upstream\` other than \`pypi\`. pip asks every index that it knows for every name: a private one stays at home only
where the company's index is the only one, and hands on what is public itself.`,
    },
  ],
};
