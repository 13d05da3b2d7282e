import { routesOf } from '../../../config/door-routes.ts';
import type { Config, DoorRule } from '../../../core/config.ts';
import { escapeExpression } from '../../../core/globs.ts';
import type { Log } from '../../../core/ports.ts';
import { systemClock } from '../../../daemon/machine.ts';
import { registry } from '../../../ecosystems/registry.ts';
import { daemonOf, readDaemon } from '../daemon.ts';
import { currentOrderOf, type KnownOrder, namesForAll, readKept } from '../order.ts';
import { renderHaproxy, renderHaproxyOrder } from './haproxy.ts';
import { renderNginx, renderNginxOrder } from './nginx.ts';
import {
  againStatuses,
  clientHeaders,
  connectSeconds,
  type Engine,
  type Join,
  listNext,
  orderFile,
  type PrintedDoor,
  type PrintedMirror,
  type PrintedRoute,
  planOf,
  spellingsOf,
  stallSeconds,
  unsoundPath,
} from './plan.ts';

/** Renders the order of mirrors as snippets: each snippet names the mirror to request next. */
function renderCaddyOrder(...of: Parameters<typeof listNext>): string {
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
function renderCaddy(door: PrintedDoor): string {
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

export { type Engine, engines, orderFile } from './plan.ts';

const writers: Readonly<
  Record<
    Engine,
    {
      readonly file: string;
      door(door: PrintedDoor): string;
      order(...of: Parameters<typeof renderNginxOrder>): string;
    }
  >
> = {
  nginx: { file: 'door.conf', door: renderNginx, order: renderNginxOrder },
  caddy: { file: 'Caddyfile', door: renderCaddy, order: renderCaddyOrder },
  haproxy: { file: 'haproxy.cfg', door: renderHaproxy, order: renderHaproxyOrder },
};

const usualDir = '/etc/mirrorwatch-door';

/** The names of mirrors in their order of use, by `ecosystem/upstream`. A mirror that is not listed is not used. */
export type Orders = ReadonlyMap<string, readonly string[]>;

/**
 * Renders the front door as a proxy's configuration.
 * @param dir    absolute path of its files; `null`: for display, with the usual folder and masked credentials
 * @param joins  by mirror: the path prefixes of client requests and of the mirror; other mirrors get the usual prefixes
 * @returns `files`: the contents of the files with the configuration and the order, by file name; `keys`: of certificate
 * and key files; `empty`: upstreams for which the proxy can use no mirror
 */
export function renderDoor(
  engine: Engine,
  config: Config,
  rule: DoorRule,
  dir: string | null,
  orders: Orders,
  joins?: ReadonlyMap<string, readonly Join[]>,
) {
  const plan = planOf(config, rule, dir ?? usualDir, dir === null, joins);
  const writer = writers[engine];
  return {
    files: new Map([
      [
        writer.file,
        `# Written by mirrorwatch door --print ${engine}. The order of mirrors is in ${orderFile}.\n${writer.door(plan)}`,
      ],
      [orderFile, orderOf(engine, plan, orders)],
    ]),
    keys: plan.files,
    leftOut: plan.leftOut,
    empty: plan.routes.flatMap(({ key, mirrors }) => (mirrors.some(({ joins: own }) => own.length > 0) ? [] : [key])),
  };
}

/**
 * Renders only the file `door.order` of a proxy's configuration, for a script that switches mirrors. The script must
 * write it atomically and then reload the proxy.
 * @param orders  unknown mirrors are ignored; an upstream without a known mirror keeps its declared order
 */
export function renderOrder(engine: Engine, config: Config, orders: Orders): string {
  const { door } = config;
  return door === undefined ? '' : orderOf(engine, planOf(config, door, usualDir, true), orders);
}

/**
 * Returns the order of mirrors for each upstream: the daemon's order, else the stored one, else the declared one. In an
 * action of kind `command`, the mirror in `MIRRORWATCH_TO` comes first if the order contains it.
 * @param env  the process environment
 */
export async function readOrders(
  config: Config,
  { orderPath }: DoorRule,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<Orders> {
  const report = await readDaemon(daemonOf(config)).catch((cause: NodeJS.ErrnoException) => {
    log.warn('no daemon: the last order is written', { why: cause.code ?? cause.message });
    return null;
  });
  const orders = await readStoredOrders(config, orderPath, log, report?.known);
  const { MIRRORWATCH_ECOSYSTEM: ecosystem, MIRRORWATCH_UPSTREAM: upstream, MIRRORWATCH_TO: to = '' } = env;
  const isNamed = (key: string, names: readonly string[]): boolean =>
    key === `${ecosystem}/${upstream}` && names.includes(to);
  return new Map([...orders].map(([key, names]) => [key, isNamed(key, names) ? [...new Set([to, ...names])] : names]));
}

/**
 * Returns the orders that the daemon reported. For upstreams without a report, reads the orders that a front door
 * stored in its file.
 */
export async function readStoredOrders(
  config: Config,
  path: string,
  log: Log,
  known?: ReadonlyMap<string, KnownOrder>,
): Promise<Orders> {
  const kept = await readKept(path, log);
  const nowMs = systemClock.wallMs();
  return new Map(
    routesOf(config, registry).map((route) => [
      route.key,
      namesForAll(currentOrderOf(route, known?.get(route.key), kept.get(route.key), nowMs)),
    ]),
  );
}

function orderOf(engine: Engine, { routes }: PrintedDoor, orders: Orders): string {
  return (
    '# Written by mirrorwatch: the order of mirrors.\n' +
    writers[engine].order(routes, ({ key, mirrors }) => {
      const ordered = (orders.get(key) ?? []).flatMap((name) => mirrors.filter((mirror) => mirror.name === name));
      return ordered.length === 0 ? mirrors : [...new Set(ordered)];
    })
  );
}
