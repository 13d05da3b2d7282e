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

/** Renders the order of mirrors as snippets: each snippet names the mirror to request next. */
export function renderCaddyOrder(...of: Parameters<typeof listNext>): string {
  return listNext(...of)
    .map(([name, next]) => `(mw_${name}) {\n\timport mw_${next === undefined ? 'end' : `to_${next.token}`}\n}\n`)
    .join('');
}

/** An internal request header. It lists the response statuses of the mirrors that have already failed for a request. */
const statuses = 'X-Door-Statuses';

const varOf = (header: string): string => `sent_${header.toLowerCase()}`;

/**
 * Renders the Caddyfile of a front door. Each mirror has a site on a Unix socket. After a failure Caddy requests the
 * next mirror.
 */
export function renderCaddy(door: PrintedDoor): string {
  const { dir, routes } = door;
  const mirrors = routes.flatMap((route) =>
    route.mirrors.map((mirror) => ({ ...mirror, isNeverHtml: route.isNeverHtml })),
  );
  return `{
	auto_https off
}
(mw_end) {
	@absent header_regexp ${statuses} (?:404|410)
	respond @absent "not found" 404
	respond "no mirror responds" 502
}
${mirrors.map(({ token }) => toSnippet(token, dir)).join('')}import ${dir}/${orderFile}

http${door.pem === null ? '' : 's'}://:${door.address.replace(/^.*:/, '')} {
	bind ${door.address.replace(/:\d+$/, '')}
${door.pem === null ? '' : `	tls ${dir}/${door.pem} ${dir}/${door.pem}\n`}	header X-Content-Type-Options nosniff
	header Content-Security-Policy "default-src 'none'; sandbox"
	@method not method GET HEAD
${clientHeaders.map((name) => `	@${varOf(name)} not vars {http.vars.${varOf(name)}} ""\n`).join('')}${door.hosts === null ? '' : `	@host not header_regexp Host \`${door.hosts.replace(/\$$/, '(?::[0-9]+)?$')}\`\n`}${door.clients === null ? '' : `	@client not header_regexp Authorization \`${door.clients}\`\n`}	@unsound vars_regexp {http.request.orig_uri} \`${unsoundPath}\`
	@sound vars_regexp {http.request.orig_uri} \`${door.sound}(?:\\?|$)\`
${routes.map((route) => `${route.private.map((one, at) => `	@private_${route.token}_${at} path_regexp \`(?i)${one}\`\n`).join('')}	@${route.token} path_regexp \`(?i)${route.known}\`\n`).join('')}	route {
		respond /-/healthy "healthy"
		respond /-/ready "ready"
${door.hosts === null ? '' : '		respond @host 403\n'}${door.clients === null ? '' : '		header @client WWW-Authenticate `Basic realm="mirrorwatch door"`\n		respond @client 401\n'}		respond @method 405
		respond @unsound 404
		vars {
${clientHeaders.map((name) => `			${varOf(name)} {http.request.header.${name}}\n`).join('')}		}
		request_header -**
${clientHeaders.map((name) => `		request_header @${varOf(name)} ${name} {http.vars.${varOf(name)}}\n`).join('')}		handle @sound {
			route {
${routes.map((route) => route.private.map((_, at) => `				respond @private_${route.token}_${at} 404\n`).join('')).join('')}${routes.map(({ token }) => `				handle @${token} {\n					import mw_first_${token}\n				}\n`).join('')}			}
		}
		respond 404
	}
}
${mirrors.map((mirror) => siteLines(mirror, dir)).join('')}`;
}

function toSnippet(token: string, dir: string): string {
  return `(mw_to_${token}) {
	reverse_proxy unix/${dir}/door.sock {
		header_up Host ${token}.mirror
		header_up -X-Forwarded-For
		header_up -X-Forwarded-Host
		header_up -X-Forwarded-Proto
		transport http {
			compression off
		}
	}
}
`;
}

function siteLines(mirror: PrintedMirror & Pick<PrintedRoute, 'isNeverHtml'>, dir: string): string {
  const { token, isTls, host, origin, joins, authorization, ca, client, isNeverHtml } = mirror;
  const tls = [
    'tls',
    `tls_server_name ${host}`,
    ...(ca === null ? [] : [`tls_trusted_ca_certs ${dir}/${ca}`]),
    ...(client === null ? [] : [`tls_client_auth ${dir}/${client} ${dir}/${client}`]),
  ];
  return `
http://${token}.mirror {
	bind unix/${dir}/door.sock
${joins.length === 0 ? '' : `	@none not path ${joins.map(({ from }) => `${from}*`).join(' ')}\n`}	route {
		error ${joins.length === 0 ? '' : '@none '}"no such path" 404
${joins.map(({ from, to }) => `		handle ${from}* {\n			route {\n				uri path_regexp \`^(?:${spellingsOf(from).map(escapeExpression).join('|')})\` ${to}\n				rewrite * ?\n			}\n		}\n`).join('')}		reverse_proxy ${origin} {
			header_up Host ${new URL(origin).host}
${authorization === null ? '' : `			header_up Authorization "${authorization}"\n`}			header_up -${statuses}
			header_up -X-Forwarded-For
			header_up -X-Forwarded-Host
			header_up -X-Forwarded-Proto
			header_down -Set-Cookie
			header_down -X-Accel-*
			header_down Location ^(/.*)$ ${origin}$1
			transport http {
				dial_timeout ${connectSeconds}s
				response_header_timeout ${stallSeconds}s
				read_timeout ${stallSeconds}s
				compression off
				versions 1.1
${(isTls ? tls : []).map((line) => `				${line}\n`).join('')}			}
			@again status ${againStatuses.join(' ')}
			handle_response @again {
				error "mirror" {http.reverse_proxy.status_code}
			}
${isNeverHtml ? '			@html header Content-Type text/html*\n			handle_response @html {\n				error "HTML" 502\n			}\n' : ''}		}
	}
	handle_errors {
		request_header ${statuses} "{http.request.header.${statuses}} {http.error.status_code}"
		import mw_after_${token}
	}
}
`;
}
