"""The edge as HAProxy has it: a whole configuration, for those who would rather have that than nginx."""

from __future__ import annotations

from typing import Final

from buildgraph.render.host.server import (
    BURST,
    CHALLENGE,
    CIPHERS,
    HSTS,
    LIMITED,
    RATE,
    TUNNEL,
    Server,
    domains,
)

SECONDS: Final = 2  # that it looks back; nginx counts on and on
RETRIES: Final = 10  # HAProxy waits a second before each

TEXT: Final = """\
# certbot certonly --standalone --http-01-address 127.0.0.1 --http-01-port 8402 --cert-name {name} \\
#   --deploy-hook 'cat $RENEWED_LINEAGE/fullchain.pem $RENEWED_LINEAGE/privkey.pem >/etc/haproxy/certs/{name}.pem \\
#     && systemctl reload haproxy' \\
#   {domains}
global
    log stderr format raw local0 info
    user haproxy
    group haproxy
    maxconn 4000
    hard-stop-after {tunnel}s
    ssl-default-bind-ciphers {ciphers}
    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets

defaults
    mode http
    log global
    option httplog
    option dontlognull
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel {tunnel}s
    timeout http-request 10s
    timeout http-keep-alive 60s

# What is asked in the clear is asked again; 308 keeps the method. Certificates are proven here. There are two kinds of
# addresses, and a listener for each: one for both would tell services of ::ffff:192.0.2.1.
frontend clear
    bind :80
    bind :::80 v6only
{known}    acl is_challenge path_beg {challenge}
    http-request return status 404 unless is_known
    http-request redirect code 308 location https://%[hdr(host),field(1,:)]%[pathq] unless is_challenge
    default_backend certbot

# A name that the certificate does not have gets no handshake; one that nobody here has gets no answer of a service.
frontend secure
    bind :443 ssl crt /etc/haproxy/certs/{name}.pem alpn h2,http/1.1 strict-sni
    bind :::443 v6only ssl crt /etc/haproxy/certs/{name}.pem alpn h2,http/1.1 strict-sni
{known}    http-request return status 421 unless is_known
    # How often one client may ask an API, the same for all there are here: so many at once, and so many in each second.
    acl is_limited path_beg {limited}
    http-request track-sc0 src table clients if is_limited
    http-request deny deny_status 429 if is_limited {{ sc_http_req_rate(0) gt {most} }}
    # Whoever asks stands first here: what they say of others before them is theirs to invent.
    http-request del-header X-Forwarded-For
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Real-IP %[src]
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Host %[hdr(host)]
    # Said once, whatever a service says, and of what fails here, too.
    http-after-response set-header Strict-Transport-Security "{hsts}"
    default_backend services

# Who asks, and how often.
backend clients
    stick-table type ipv6 size 100k expire 1m store http_req_rate({seconds}s)

# A proxy that is made anew is away for some seconds: what no harm is done by asking twice is asked again each second.
backend services
    retries {retries}
    retry-on conn-failure empty-response
    http-request disable-l7-retry unless {{ method GET HEAD OPTIONS }}
    server proxy {proxy}

backend certbot
    server certbot 127.0.0.1:8402
"""


def render_haproxy(server: Server) -> str:
    """The file, without its first line."""
    return TEXT.format(
        name=server.name,
        domains=domains(server),
        known="".join(
            f"    acl is_known hdr(host),field(1,:),lower -m str {host}\n" for host in server.hosts
        ),
        proxy=server.proxy,
        challenge=CHALLENGE,
        ciphers=CIPHERS,
        hsts=HSTS,
        tunnel=TUNNEL,
        limited=LIMITED,
        seconds=SECONDS,
        retries=RETRIES,
        most=BURST + RATE * SECONDS,
    )
