# The worker: docker build -t omni-token-audit .
# The demo:   docker build --target demo -t omni-token-audit-demo .
# Keep the major version of Node the same as in .nvmrc; a test checks this.

# For a build that can be repeated, pass BASE_DIGEST=sha256:…. For a mirror, pass BASE_NAME.
ARG BASE_NAME=docker.io/library/node:24-trixie-slim
ARG BASE_DIGEST=

# Both images share this stage: the program and its run-time packages.
FROM ${BASE_NAME}${BASE_DIGEST:+@$BASE_DIGEST} AS program
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
# better-sqlite3 contains binaries for eight platforms and its C sources. Keep only the binary for this platform. Also
# delete what no package loads at run time.
RUN cd node_modules \
 && mv "better-sqlite3/prebuilds/linux-$(node -p process.arch).node" /tmp/ \
 && rm -rf better-sqlite3/prebuilds better-sqlite3/deps better-sqlite3/src better-sqlite3/binding.gyp node-addon-api zod/src \
 && mkdir better-sqlite3/prebuilds \
 && mv /tmp/linux-*.node better-sqlite3/prebuilds/ \
 && find . -type d \( -name test -o -name tests -o -name docs -o -name benchmarks -o -name examples \) -prune -exec rm -rf {} + \
 && find . -type f \( -name '*.md' -o -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete
COPY LICENSE omni-token-audit ./
COPY migrations migrations
COPY src src
# Let everyone read the files, whatever the umask of the checkout was, and only root write them.
RUN chmod -R u=rwX,go=rX /app \
 && chmod 755 omni-token-audit

# Node keeps a separate compile cache for each user, so the run-time user has to fill it. Running commands also compiles
# the functions that they call; importing the other files does not.
FROM program AS compiled
ENV NODE_COMPILE_CACHE=/app/compile-cache
RUN install -d -o 1000 -g 1000 /app/compile-cache
USER 1000:1000
RUN export DATABASE_PATH=/tmp/warm/audit.db \
 && node src/main.ts --help > /dev/null \
 && { node src/main.ts healthcheck > /dev/null || true; }
RUN node --input-type=module --eval "import { globSync } from 'node:fs'; \
    for (const file of globSync('/app/src/{wiring,cli/*}.ts')) await import(file);"
USER 0:0
RUN chown -R 0:0 compile-cache && chmod -R u=rwX,go=rX compile-cache && rm package-lock.json

# The demo needs one development package, in the version that package.json pins.
FROM program AS demo-program
RUN npm install --no-save --save-prod --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
    "smtp-server@$(node -p "require('./package.json').devDependencies['smtp-server']")"

FROM ${BASE_NAME}${BASE_DIGEST:+@$BASE_DIGEST} AS demo
LABEL org.opencontainers.image.title="omni-token-audit demo" \
      org.opencontainers.image.description="Two audits against a bundled Omni simulator and mail inbox" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=demo-program /app /app
USER 1000:1000
HEALTHCHECK NONE
ENTRYPOINT ["node", "/app/src/main.ts"]
CMD ["demo"]

# `docker build .` builds the last stage.
FROM ${BASE_NAME}${BASE_DIGEST:+@$BASE_DIGEST} AS worker
ARG BASE_NAME
ARG BASE_DIGEST
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="omni-token-audit" \
      org.opencontainers.image.description="Watches every API token of an Omni organisation and e-mails what changed" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="$BASE_NAME" \
      org.opencontainers.image.base.digest="$BASE_DIGEST" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# Remove the package managers, because a running container never installs anything. Add the data folder, and the
# command that operators run in the container.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
           /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-v* \
 && install -d -o 1000 -g 1000 -m 700 /data \
 && ln -s /app/omni-token-audit /usr/local/bin/omni-token-audit
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/compile-cache \
    DATABASE_PATH=/data/audit.db
WORKDIR /app
COPY --from=compiled /app /app
USER 1000:1000
VOLUME /data
# It checks what the database records, not whether a process exists. It fails until the first start has created the database.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 \
    CMD ["node", "/app/src/main.ts", "healthcheck"]
ENTRYPOINT ["node", "/app/src/main.ts"]
CMD ["start"]
