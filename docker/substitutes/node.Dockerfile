# Stands in for node:20-alpine: the node and npm of the machine it is built on.
FROM debian

COPY --from=node node /usr/local/bin/node
COPY --from=npm . /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
    && useradd --uid 1000 --user-group --create-home --shell /bin/bash node \
    && node --version | grep '^v20\.' \
    && npm --version
COPY --chmod=755 node.entrypoint.sh /usr/local/bin/docker-entrypoint.sh

ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
