# Stands in for redis:7-alpine: Debian's Redis 7.
FROM debian

RUN --mount=type=secret,id=ca \
    printf 'Acquire::https::CAInfo "/run/secrets/ca";\n' >/etc/apt/apt.conf.d/ca \
    && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends redis-server redis-tools \
    && rm -rf /etc/apt/apt.conf.d/ca /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /var/log/*.log /var/log/apt \
    && mkdir -p /data \
    && chown redis:redis /data
COPY --chmod=755 redis.entrypoint.sh /usr/local/bin/docker-entrypoint.sh

WORKDIR /data
VOLUME /data
EXPOSE 6379
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["redis-server"]
