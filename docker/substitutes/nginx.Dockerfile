# Stands in for nginx:1.25-alpine: Debian's nginx with the layout of the official image.
FROM debian

RUN --mount=type=secret,id=ca \
    printf 'Acquire::https::CAInfo "/run/secrets/ca";\n' >/etc/apt/apt.conf.d/ca \
    && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends nginx \
    && rm -rf /etc/apt/apt.conf.d/ca /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* \
        /var/log/*.log /var/log/apt /var/www /etc/nginx/sites-* /etc/nginx/modules-enabled/* \
    && useradd --system --uid 101 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin nginx \
    && ln -sf /dev/stdout /var/log/nginx/access.log \
    && ln -sf /dev/stderr /var/log/nginx/error.log
COPY nginx.conf /etc/nginx/nginx.conf

EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
