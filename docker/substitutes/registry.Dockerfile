# Stands in for registry:2: Debian's docker-registry.
FROM debian

RUN --mount=type=secret,id=ca \
    printf 'Acquire::https::CAInfo "/run/secrets/ca";\n' >/etc/apt/apt.conf.d/ca \
    && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends docker-registry \
    && rm -rf /etc/apt/apt.conf.d/ca /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /var/log/*.log /var/log/apt \
    && ln -s /usr/bin/docker-registry /usr/local/bin/registry
COPY registry.yml /etc/docker/registry/config.yml
COPY --chmod=755 registry.entrypoint.sh /entrypoint.sh

VOLUME /var/lib/registry
EXPOSE 5000
ENTRYPOINT ["/entrypoint.sh"]
CMD ["/etc/docker/registry/config.yml"]
