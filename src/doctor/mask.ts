const secretKey =
  /((?:_auth|_authtoken|_password|password|passwd|token|secret|npmauthtoken|npmauthident|authorization)["']?\s*[=:]\s*)(\S.*)$/i;

/** A line of a settings file with what may be a secret in it as `***`: values of keys that hold one, and user-info of URLs, with whatever may be part of a password. */
export function maskLine(line: string): string {
  return line.replace(secretKey, '$1***').replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s"',|]*@/gi, '$1***@');
}
