import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about container registries. */
export const ociManual: Manual = {
  checks: [
    '`clients.oci` is a list of mirror URLs in the order of the client, separated by `|`; `direct` (the registry itself) may be last.',
  ],
  sections: [
    {
      title: 'Images and their registries',
      text: `The host at the beginning of an image name is its upstream; without a host it is \`docker.io\` (\`alpine\` is \`docker.io/library/alpine\`). A
mirror with \`upstream: docker.io\` gets only requests for images of that registry. If an image has a tag and a digest, the tag is ignored. Images by digest are
verified; images by tag can only be compared between mirrors. There is no lock file of images: the digest in an entry is
the lock. There is no \`private.oci\`: an image is requested only from mirrors of its own registry.

A registry on another port is named with that port, as an upstream too (\`upstream: registry.example.com:5000\`).

A mirror's \`url\` is the part before \`/v2/\`. If \`v2\` is part of its path (\`https://harbor.example.com/v2/docker-hub\`, a
proxy project), it is the root itself, as with containerd's \`override_path\`.

\`digest\` is a HEAD request, which does not count towards the quota of Docker Hub; each \`manifest\` and each \`blob\` of one image takes one or two of the
100 pulls in six hours. Tokens are requested anonymously, unless the token server is the mirror's own host or is listed in
\`auth.hosts\`. They are kept for four fifths of their lifetime. Over http they are sent only on this machine.`,
    },
  ],
};
