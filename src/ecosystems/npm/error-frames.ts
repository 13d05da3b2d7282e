export const npmErrorFrames = {
  // https://github.com/npm/cli: lib/utils/error-message.js; lib/utils/display.js has the prefix of each line.
  // npm adds its prefix to the output of a failed script too, which follows this line.
  // npm 2 to 6 and a proxy between print these without the prefix.
  npm: /^(?:npm (?:ERR!|error|WARN|warn|http|info|verb|verbose|silly)|\d+ (?:error|warn|http|info|verbose|silly)) (?!(?:JSON\.parse|gyp|command) )|^(?:Error: )?sha\d+-\S+ integrity checksum failed|^request to https?:\S+ failed, reason/,
  // https://github.com/pnpm/pnpm/blob/main/cli/default-reporter: WARN lines of a retry, and codes before the message.
  pnpm: /ERR_PNPM_|GET https?:\S+ error \(|^(?:WARN|ERROR) +(?:GET |request to |Got unexpected)|^(?:ECONN|ETIME|EAI_|ENOT|ERR_STREAM|UND_ERR)\w+ {2}\S|^Error: Actual size \(/,
  // https://github.com/yarnpkg/yarn/blob/master/src/reporters/lang/en.js, of yarn 1
  // https://yarnpkg.com/advanced/error-codes, of yarn 2 and later
  yarn: /An unexpected error occurred: "https?:|^error (?:Couldn't find (?!.*in our cache)|Received |https?:\S+: )|^Couldn't find any versions|^error Error: (?:https?:\S+: |getaddrinfo|connect E|write E|read E|aborted|self.signed|unable to |certificate has|incorrect data|unexpected end)|^Error: https?:\S+\.tgz: |^ResponseError: Request failed "|^verbose [\d.]* ?Request "https?:\S+" finished with status code [45]|^➤ YN0018: |^➤ YN00(?:16|27|35|41|82): |^➤ YN0001: │ (?:\w*Error: |Error: https?:)/,
  // https://github.com/oven-sh/bun/blob/main/src/install/PackageManager
  bun: /^(?:error|warn): (?:\w+ (?:downloading|extracting)|GET https?:)|Integrity check failed for tarball/,
};

/** npm adds its prefix to the output of a failed script too, which follows this line. */
export const npmScriptOutput = /^npm (?:ERR!|error) command /;
