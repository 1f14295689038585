# Stands in for haproxy:2.9: Debian's HAProxy, which is version 2.6.
FROM debian

RUN --mount=type=secret,id=ca \
    printf 'Acquire::https::CAInfo "/run/secrets/ca";\n' >/etc/apt/apt.conf.d/ca \
    && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends haproxy \
    && rm -rf /etc/apt/apt.conf.d/ca /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /var/log/*.log /var/log/apt \
    && usermod --uid 99 haproxy \
    && groupmod --gid 99 haproxy \
    && mkdir -p /usr/local/etc/haproxy /var/lib/haproxy \
    && chown haproxy:haproxy /var/lib/haproxy
COPY --chmod=755 haproxy.entrypoint.sh /usr/local/bin/docker-entrypoint.sh

USER haproxy
WORKDIR /var/lib/haproxy
STOPSIGNAL SIGUSR1
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
