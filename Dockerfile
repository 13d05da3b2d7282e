# syntax=docker/dockerfile:1
# What runs has node, its libraries and the daemon: no shell, no package manager, no root. Versions are pinned by
# tag; a release adds their digests (tools/release/pins.ts).
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# The node of the image's platform. Nothing of it runs here, so one machine builds every platform.
FROM ${NODE_IMAGE} AS node

FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY locales ./locales
COPY assets ./assets
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund
COPY deploy/rootfs.sh ./
RUN --mount=type=bind,from=node,target=/node ./rootfs.sh /node/usr/local/bin/node /build /rootfs /node

FROM scratch
ARG NODE_IMAGE
ARG VERSION=0.0.0
ARG REVISION=unknown
# The address of the repository, and when the commit was made (RFC 3339).
ARG SOURCE=
ARG CREATED=
LABEL org.opencontainers.image.title="mirrorwatch" \
  org.opencontainers.image.description="Watches package mirrors the way package clients use them, and says what to set right now" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.source="${SOURCE}" \
  org.opencontainers.image.url="${SOURCE}" \
  org.opencontainers.image.created="${CREATED}" \
  org.opencontainers.image.base.name="docker.io/library/${NODE_IMAGE}" \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /rootfs /
# Writable: the state, and the token that docker-compose.yml shares by a volume. Volumes take their owner from here. Their
# group is 0, which a container with an arbitrary user id has.
COPY --from=build --chown=1000:0 /rootfs/data /data
COPY --from=build --chown=1000:0 /rootfs/run/mirrorwatch /run/mirrorwatch
# glibc gives freed memory back from 128 KiB on; by itself it raises this to some 60 MB for each thread (decision 0023).
# By itself it has 8 arenas for each core, and each thread leaves garbage in one (decision 0023).
ENV NODE_ENV=production MIRRORWATCH_CONFIG=/etc/mirrorwatch/mirrorwatch.yaml MALLOC_TRIM_THRESHOLD_=131072 MALLOC_ARENA_MAX=2
WORKDIR /app
USER 1000:1000
VOLUME /data
EXPOSE 10120
# Process 1 is node itself: it handles SIGTERM (gone within 10 s), SIGINT and SIGHUP, and starts no processes.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s --start-interval=2s --retries=3 \
  CMD ["/usr/local/bin/node", "/app/dist/main.js", "health"]
ENTRYPOINT ["/usr/local/bin/node", "/app/dist/main.js"]
CMD ["run"]
