# The worker: docker build -t omni-token-audit .
# The demo:   docker build --target demo -t omni-token-audit-demo .
# The major version of Node is that of .nvmrc; a test holds the two together.

# What both images share: the program and the packages that it needs at run time.
FROM node:24-trixie-slim AS program
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# better-sqlite3 carries a binary for each of eight platforms, and its C sources: one binary stays.
# Of the rest goes what nothing loads at run time.
RUN cd node_modules \
 && mv "better-sqlite3/prebuilds/linux-$(node -p process.arch).node" /tmp/ \
 && rm -rf better-sqlite3/prebuilds better-sqlite3/deps better-sqlite3/src better-sqlite3/binding.gyp node-addon-api zod/src \
 && mkdir better-sqlite3/prebuilds \
 && mv /tmp/linux-*.node better-sqlite3/prebuilds/ \
 && find . -type d \( -name test -o -name tests -o -name docs -o -name benchmarks -o -name examples \) -prune -exec rm -rf {} + \
 && find . -type f \( -name '*.md' -o -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete
COPY LICENSE ./
COPY migrations migrations
COPY src src
# Readable for everyone, whatever the umask of the checkout was; writable for root alone.
RUN chmod -R u=rwX,go=rX /app \
 && chmod 755 src/omni-token-audit.mjs

# Node keeps compiled code for each user apart, so the user of the run time fills the cache. The
# commands come first: what they call is compiled by then, which a mere import does not do.
FROM program AS compiled
ENV NODE_COMPILE_CACHE=/app/compile-cache
RUN install -d -o 1000 -g 1000 /app/compile-cache
USER 1000:1000
RUN export DATABASE_PATH=/tmp/warm/audit.db \
 && node src/main.ts --help > /dev/null \
 && { node src/main.ts healthcheck > /dev/null || true; }
RUN node --input-type=module --eval "import { globSync } from 'node:fs'; \
    for (const file of globSync('/app/src/{app,commands/*}.ts')) await import(file);"
USER 0:0
RUN chown -R 0:0 compile-cache && chmod -R u=rwX,go=rX compile-cache && rm package-lock.json

# The demo needs one development package, in the version that the lock file names.
FROM program AS demo-program
RUN npm install --no-save --save-prod --omit=dev --ignore-scripts --no-audit --no-fund \
    "smtp-server@$(node -p "require('./package.json').devDependencies['smtp-server']")"

FROM node:24-trixie-slim AS demo
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

# The last stage is what `docker build .` makes.
FROM node:24-trixie-slim AS worker
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="omni-token-audit" \
      org.opencontainers.image.description="Watches every API token of an Omni organisation and e-mails what changed" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# Nothing is ever installed in a running container, so the package managers go. What comes: the data
# folder, and the name under which an operator calls the program in the container.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
           /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-v* \
 && install -d -o 1000 -g 1000 -m 700 /data \
 && ln -s /app/src/omni-token-audit.mjs /usr/local/bin/omni-token-audit
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/compile-cache \
    DATABASE_PATH=/data/audit.db
WORKDIR /app
COPY --from=compiled /app /app
USER 1000:1000
VOLUME /data
# It judges facts in the database, not whether a process exists; until the first start has made one, it cannot.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 \
    CMD ["node", "/app/src/main.ts", "healthcheck"]
ENTRYPOINT ["node", "/app/src/main.ts"]
CMD ["start"]
