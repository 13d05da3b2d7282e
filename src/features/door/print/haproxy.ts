import {
  clientHeaders,
  connectSeconds,
  orderFile,
  type PrintedDoor,
  type PrintedMirror,
  type PrintedRoute,
  spellingsOf,
  stallSeconds,
  unsoundPath,
} from './plan.ts';

/**
 * Renders the order of mirrors as an HAProxy map file: it maps each position in a route's order (1 is the first) to a
 * mirror.
 */
export function renderHaproxyOrder(
  routes: readonly PrintedRoute[],
  namesOf: (route: PrintedRoute) => readonly PrintedMirror[],
): string {
  return routes
    .flatMap((route) => namesOf(route).map(({ token }, at) => `${route.token}_${at + 1} mw_${token}\n`))
    .join('');
}

/**
 * An option of each listener. HAProxy 2.6.10 to 2.6.13 can crash at exit. In these releases the option keeps the first
 * thread free of connections, which prevents the crash. In other releases it has no effect.
 */
const bindOption = `"\${DOOR_BIND[*]}"`;
/**
 * The file mode allows only the proxy's own user to connect, because these listeners add the credentials of mirrors.
 */
const bindOf = (dir: string, name: string): string => `  bind ${socketOf(dir, name)} mode 600 ${bindOption}\n`;
const socketOf = (dir: string, name: string): string => `unix@${dir}/${name}.sock`;

/**
 * Renders the complete HAProxy configuration of a front door. It has a backend for each position in the order, and a
 * map file names the mirror at that position. After a failure, the request is retried once at the next position. A
 * listener for each mirror adds that mirror's headers and TLS. During a reload an idle connection serves one more
 * response, so that no request fails.
 */
export function renderHaproxy(door: PrintedDoor): string {
  const { dir, routes } = door;
  const deny = (status: number, condition: string, header = ''): string =>
    `  http-request return status ${status}${header} ${condition}\n`;
  return `global
  log stderr format raw local0
  maxconn 4096
# HAProxy 2.6.10 to 2.6.13: a process can crash when it exits after a reload, if its first thread had connections.
.if version_atleast(2.6.10) && version_before(2.6.14)
  nbthread 4
  setenv DOOR_BIND "thread 2-4"
.else
  setenv DOOR_BIND "name door"
.endif
defaults
  mode http
  option idle-close-on-response
  timeout connect ${connectSeconds}s
  timeout client 1m
  timeout server 5m
  timeout http-request 10s
resolvers system
  parse-resolv-conf

frontend mirrorwatch-door
  log global
  option httplog
  bind ${door.address}${door.pem === null ? '' : ` ssl crt ${dir}/${door.pem}`} ${bindOption}
  http-request return status 200 content-type text/plain string ok if { path /-/healthy /-/ready }
${door.hosts === null ? '' : deny(403, `unless { req.hdr(host),host_only -m reg -i '${door.hosts}' }`)}${
  door.clients === null
    ? ''
    : deny(
        401,
        `unless { req.hdr(authorization) -m reg '${door.clients}' }`,
        ` hdr WWW-Authenticate 'Basic realm="mirrorwatch door"'`,
      )
}${deny(405, 'unless { method GET HEAD }')}${deny(404, `if { path -m reg '${unsoundPath}' }`)}${deny(404, `unless { path -m reg '${door.sound}$' }`)}${routes
  .map(({ private: hidden }) => hidden.map((one) => deny(404, `if { path,url_dec -m reg -i '${one}' }`)).join(''))
  .join(
    '',
  )}  http-request del-header '^(?!(?:host|content-length|transfer-encoding|${clientHeaders.join('|').toLowerCase()})$)' -m reg
  http-response set-header X-Content-Type-Options nosniff
  http-response set-header Content-Security-Policy "default-src 'none'; sandbox"
${routes.map(({ token, known }) => `  use_backend ${token}_1 if { path,url_dec -m reg -i '${known}' }\n`).join('')}  default_backend mirrorwatch-none

backend mirrorwatch-none
  http-request return status 404
${routes.map((route) => positionLines(route, dir)).join('')}${routes.map((route) => route.mirrors.map((mirror) => mirrorLines(mirror, route, dir)).join('')).join('')}`;
}

function positionLines({ token, mirrors }: PrintedRoute, dir: string): string {
  return mirrors
    .map((_, at) => {
      const [position, next] = [`${token}_${at + 1}`, `${token}_${at + 2}`];
      const isFound = (name: string): string => `{ str(${name}),map(${dir}/${orderFile}) -m found }`;
      const isLast = at + 1 === mirrors.length;
      const servers = mirrors.map(
        (mirror) => `  server mw_${mirror.token} ${socketOf(dir, `mirror_${mirror.token}`)} weight 0\n`,
      );
      const entry = at === 0 ? '' : `frontend at_${position}\n${bindOf(dir, position)}  default_backend ${position}\n`;
      const none = `  http-request return status 502 unless ${isFound(position)}\n`;
      const again = isLast
        ? '  retries 0\n'
        : `  retries 1
  option redispatch 1
  retry-on conn-failure empty-response junk-response response-timeout 401 403 404 500 501 502 503 504
  http-request disable-l7-retry unless ${isFound(next)}
  server next ${socketOf(dir, next)}\n`;
      return `\n${entry}backend ${position}\n${none}  use-server %[str(${position}),map(${dir}/${orderFile})] if TRUE\n${servers.join('')}${again}`;
    })
    .join('');
}

function mirrorLines(mirror: PrintedMirror, { isNeverHtml }: PrintedRoute, dir: string): string {
  const { token, isTls, host, port, origin, joins, authorization, ca, client } = mirror;
  // HAProxy runs every matching rule and the last one decides, so the longest prefix comes last.
  const paths = [...joins].reverse().flatMap(({ from, to }) => spellingsOf(from).map((one) => ({ from: one, to })));
  const tls = `ssl verify required ca-file ${ca === null ? '@system-ca' : `${dir}/${ca}`} verifyhost ${host} sni str(${host}) alpn http/1.1${client === null ? '' : ` crt ${dir}/${client}`}`;
  return `
listen mirror_${token}
${bindOf(dir, `mirror_${token}`)}  http-request return status 405 unless { method GET HEAD }
  http-request return status 404${paths.length === 0 ? '' : ` unless { path_beg ${paths.map(({ from }) => from).join(' ')} }`}
  timeout server ${stallSeconds}s
  retries 0
  http-request set-var(txn.path) path
${paths.map(({ from, to }) => `  http-request set-uri ${to}%[var(txn.path),bytes(${from.length})] if { var(txn.path) -m beg ${from} }\n`).join('')}  http-request set-header Host ${new URL(origin).host}
${authorization === null ? '' : `  http-request set-header Authorization "${authorization}"\n`}  http-response del-header Set-Cookie
  http-response del-header x-accel- -m beg
  http-response replace-header Location ^(/.*)$ ${origin}\\1
  http-response set-status 404 if { status 410 }
  http-response set-status 503 if { status 429 505:599 }
${isNeverHtml ? `  http-response set-status 502 if { status 200 } { res.hdr(content-type) -m beg -i text/html }\n` : ''}  server mirror ${host.includes(':') ? `[${host}]` : host}:${port} init-addr last,libc,none${/^[\d.]+$|:/.test(host) ? '' : ' resolvers system'}${isTls ? ` ${tls}` : ''}
`;
}
