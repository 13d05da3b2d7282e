/** What stays as it is in a Chinese text: code, addresses, files, options, and lines of settings and of other programs. */
const asItIs: readonly RegExp[] = [
  /`[^`]*`/g,
  /\bhttps?:\/\/\S+/g,
  /(?:^|(?<=[\s"'(（:]))[~.]?\/[\w./@<>*-]+(?::\d+)*/g,
  /\$\w+/g,
  /--?[a-z][\w-]*(?:[ =](?:[A-Z]+|https?:\S+))?/g,
  /'[^'\n]*'|"[^"\n]*"|“[^”\n]*”/g,
  /\b(?:unset|export) \w+\S*/g,
  /\b(?:go env|npm config (?:set|delete)|npm logout|yarn config set|pip config (?:un)?set|docker\w* pull|timedatectl set-ntp)(?: [\w@:./=-]+)*/g,
  /\bmirrorwatch(?: (?:[a-z]+\b|[A-Z]+\b|…))*/g,
  /^(?:---|\+\+\+|@@|[-+] ?\S|\s+(?:config_path|resolve):?\s).*$/gm,
  /(?:\b(?:resolve|tls|listen|auth): )?\{[^}]*\}/g,
];

/** Names of programs, protocols, and words of the trade that a Chinese engineer writes in English. */
const names = new Set(
  'npm pnpm yarn pip uv go goproxy docker containerd podman direnv registry scope shell devpi nexus artifactory http https tls tcp dns ipv json toml yaml url cri mirrorwatch ms mib kib gib true false off direct global cafile index explicit name own'.split(
    ' ',
  ),
);

/**
 * Runs of two and more English words that are left in a Chinese text.
 * @param more  further words that stay: names of the test's own mirrors and modules, ids and codes
 */
export function englishLeft(text: string, more: readonly string[] = []): readonly string[] {
  const allowed = new Set([...names, ...more.map((word) => word.toLowerCase())]);
  const plain = asItIs.reduce((left, pattern) => left.replaceAll(pattern, '\u0000'), text);
  return (plain.match(/(?<![\w.@/-])[A-Za-z][A-Za-z']+(?:[,;:.]?[ \t]+[A-Za-z][A-Za-z']+)+(?![\w@/-])/g) ?? []).filter(
    (run) =>
      run.split(/[\s,;:.]+/).filter((word) => !allowed.has(word.toLowerCase()) && word !== word.toUpperCase()).length >
      1,
  );
}
