import { escapeExpression } from '../../../core/globs.ts';
import {
  againStatuses,
  clientHeaders,
  connectSeconds,
  listNext,
  orderFile,
  type PrintedDoor,
  type PrintedMirror,
  type PrintedRoute,
  spellingsOf,
  stallSeconds,
  unsoundPath,
} from './plan.ts';

/** Renders the order of mirrors as nginx variables. Each variable names the location of the mirror to request next. */
export function renderNginxOrder(...of: Parameters<typeof listNext>): string {
  return listNext(...of)
    .map(
      ([name, next]) => `map $host $mw_${name} { default ${next === undefined ? '$mw_end' : `@mw_${next.token}`}; }\n`,
    )
    .join('');
}

/**
 * Renders the configuration of a front door for nginx, as a file for the block `http`. After a failure nginx requests
 * the next mirror.
 */
export function renderNginx(door: PrintedDoor): string {
  const { dir, routes } = door;
  const mirrors = routes.flatMap((route) => route.mirrors);
  return `include ${dir}/${orderFile};
map $upstream_status $mw_end { default @door_failed; "~(?:404|410)" @door_absent; }
map $request_uri $mw_sound { default 0; "~${unsoundPath}" 0; "~${door.sound}(?:\\?|$)" 1; }
map "$mw_sound$uri" $mw_route {
  default "";
${routes.map((route) => ruleLines(route)).join('')}}
${door.clients === null ? '' : `map $http_authorization $mw_client { default 0; "~${door.clients}" 1; }\n`}${door.hosts === null ? '' : `map $host $mw_host { default 0; "~*${door.hosts}" 1; }\n`}${mirrors.map(mapLines).join('')}
server {
  listen ${door.address}${door.pem === null ? '' : ' ssl'};
${door.pem === null ? '' : `  ssl_certificate ${dir}/${door.pem};\n  ssl_certificate_key ${dir}/${door.pem};\n`}  default_type text/plain;
  recursive_error_pages on;
  proxy_intercept_errors on;
  proxy_http_version 1.1;
  proxy_connect_timeout ${connectSeconds}s;
  proxy_read_timeout ${stallSeconds}s;
  proxy_next_upstream_timeout ${stallSeconds}s;
  proxy_max_temp_file_size 0;
  proxy_pass_request_headers off;
  proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
  proxy_hide_header Set-Cookie;
  proxy_ssl_server_name on;
  proxy_ssl_verify on;
  proxy_ssl_verify_depth 5;
  proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
  add_header X-Content-Type-Options nosniff always;
  add_header Content-Security-Policy "default-src 'none'; sandbox" always;

  location = /-/healthy { return 200 "healthy\\n"; }
  location = /-/ready { return 200 "ready\\n"; }
  location / {
${door.hosts === null ? '' : '    if ($mw_host = 0) { return 403; }\n'}${
  door.clients === null
    ? ''
    : `    if ($mw_client = 0) {
      add_header WWW-Authenticate 'Basic realm="mirrorwatch door"' always;
      return 401;
    }
`
}    if ($request_method !~ ^(?:GET|HEAD)$) { return 405; }
    if ($mw_route = "") { return 404; }
    error_page 418 = $mw_route;
    return 418;
  }
  location @door_absent { return 404 "not found\\n"; }
  location @door_failed { return 502 "no mirror responds\\n"; }
${mirrors.map((mirror) => locationLines(mirror, dir)).join('')}}
${mirrors.map(upstreamLines).join('')}`;
}

function ruleLines(route: PrintedRoute): string {
  const hidden = route.private.map((one) => `  "~*${one.replace('^', '^1')}" "";\n`);
  return `${hidden.join('')}  "~*${route.known.replace('^', '^1')}" $mw_first_${route.token};\n`;
}

/** Renders a map from a client's path to the path at a mirror. Percent escapes stay as the client sent them. */
function mapLines({ token, joins }: PrintedMirror): string {
  const lines = joins.flatMap(({ from, to }) =>
    spellingsOf(from).map((one) => `  "~^${escapeExpression(one)}([^?]*)" "${to}$1";\n`),
  );
  return `map $request_uri $mw_path_${token} {\n  default "";\n${lines.join('')}}\n`;
}

function locationLines(
  { token, isTls, host, origin, joins, authorization, ca, client }: PrintedMirror,
  dir: string,
): string {
  const header = (name: string, value: string): string => `    proxy_set_header ${name} "${value}";\n`;
  return `
  location @mw_${token} {
    if ($mw_path_${token} = "") { return 404; }
    proxy_pass ${isTls ? 'https' : 'http'}://mw_${token}$mw_path_${token};
    error_page ${againStatuses.join(' ')} = $mw_after_${token};
${header('Host', new URL(origin).host)}${authorization === null ? '' : header('Authorization', authorization)}${header('Connection', '')}${clientHeaders.map((name) => header(name, `$http_${name.toLowerCase().replaceAll('-', '_')}`)).join('')}${
  isTls
    ? `    proxy_ssl_name ${host};
${ca === null ? '' : `    proxy_ssl_trusted_certificate ${dir}/${ca};\n`}${client === null ? '' : `    proxy_ssl_certificate ${dir}/${client};\n    proxy_ssl_certificate_key ${dir}/${client};\n`}`
    : ''
}${joins.map(({ from, to }) => `    proxy_redirect ${origin}${to} ${from};\n`).join('')}    proxy_redirect "~^(/.*)$" "${origin}$1";
  }
`;
}

function upstreamLines({ token, host, port }: PrintedMirror): string {
  const address = host.includes(':') ? `[${host}]` : host;
  return `upstream mw_${token} {\n  server ${address}:${port} max_fails=0;\n  keepalive 32;\n}\n`;
}
