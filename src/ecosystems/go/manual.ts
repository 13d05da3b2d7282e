import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about Go. */
export const goManual: Manual = {
  checks: [
    '`clients.go` is a list of proxy URLs, `direct` or `off`, separated by `,` or `|`; a `;` or a space inside a URL is a mistake.',
  ],
  sections: [
    {
      title: 'Go: lock files',
      text: `\`{ from: ../app/go.sum, top: 20 }\` takes modules of a go.sum or go.mod; the other of the two files beside it is read as well. Order:
direct requirements of the go.mod first, then by the number of versions that the go.sum lists (another module requires each of
them), then by name. From a go.sum, a module is taken at its highest version with a zip hash. Left out, and
listed by \`mirrorwatch check\`: modules that the go.mod replaces (their source is not the upstream), modules that \`private.go\`
matches, and entries that are not a module and version. \`check\` warns of malformed lines of a go.sum and lists their numbers (the
first 20), because their hashes are not used. Responses are verified with the go.sum's hashes of configured modules.`,
    },
    {
      title: 'Go: the checksum database',
      text: `The step \`sumdb\` probes the relay of each mirror. It also requests the newest head from the database itself, at the URL in \`go.sumdb\` or at
the known address of a known name. It does not do so for a mirror on this machine (\`localhost\`, 127.0.0.0/8, \`::1\`) unless the URL is given, nor
for one with \`tls.pin\` or a client certificate. The only module name sent to the database itself is rsc.io/quote, to measure the cost of a lookup.
Hashes of public modules at a fixed version are looked up through the relay until they are known, at most 100 in one probe; hashes of private modules are never looked up.

The cost of a lookup for a client with an empty cache is shown on the mirror's page, in \`authorityCost\` of \`GET /api/v1/mirrors\` and of a probe,
and by \`mirrorwatch probe NAME --step sumdb\`. It is the number of requests and the time in addition to the module itself: through the relay (\`supported\`, the record and
its tiles, over the existing connection), and directly at the database (record and tiles over a separate connection; clients of a mirror
without a relay use only this way). Tiles cost the time of the slowest one, because the go command requests them in parallel. With
\`GOSUMDB=off\` there is no cost. A second module costs less, because most tiles are then cached.`,
    },
    {
      title: 'Go: private modules',
      text: `A module that \`private.go\` matches is requested only from mirrors with a named \`upstream\` other than \`go\`. Without such a mirror it is not
requested at all, with a warning. Other modules belong to the upstream \`go\`; if no module is private, they also belong to named upstreams.`,
    },
  ],
};
