"""The edge as nginx has it: a whole configuration, since another file's default server would be in the way."""

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

TEXT: Final = """\
# certbot certonly --webroot --webroot-path /var/www/acme --cert-name {name} \\
#   --deploy-hook 'systemctl reload nginx' \\
#   {domains}
worker_processes auto;
events {{
    worker_connections 4096;
}}

http {{
    access_log /var/log/nginx/access.log;
    server_tokens off;

    # Of all servers: a handshake has the protocols of the address's default server, whatever name it asks for.
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers {ciphers};
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:{variable}:10m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;

    map $http_upgrade ${variable}_connection {{
        default upgrade;
        "" "";
    }}

    # How often one client may ask an API, the same for all there are here; an empty key is not limited.
    map $uri ${variable}_client {{
        default "";
        ~^{limited} $binary_remote_addr;
    }}
    limit_req_zone ${variable}_client zone={variable}_clients:10m rate={rate}r/s;
    limit_req_status 429;

    upstream {variable} {{
        server {proxy};
        keepalive 32;
    }}

    # Names that nobody here has: no answer tells what else is on this server.
    server {{
        listen 80 default_server;
        listen [::]:80 default_server;
        server_name _;
        return 404;
    }}
    server {{
        listen 443 ssl http2 default_server;
        listen [::]:443 ssl http2 default_server;
        server_name _;
        ssl_reject_handshake on;
        return 421;
    }}

    # What is asked in the clear is asked again; 308 keeps the method. Certificates are proven here.
    server {{
        listen 80;
        listen [::]:80;
        server_name {hosts};

        location {challenge} {{
            root /var/www/acme;
            default_type text/plain;
        }}
        location / {{
            return 308 https://$host$request_uri;
        }}
    }}

    server {{
        listen 443 ssl http2;
        listen [::]:443 ssl http2;
        server_name {hosts};

        ssl_certificate /etc/letsencrypt/live/{name}/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/{name}/privkey.pem;

        # Said once, whatever a service says: browsers hear the first of several.
        proxy_hide_header Strict-Transport-Security;
        add_header Strict-Transport-Security "{hsts}" always;

        # Services have limits of their own; a body is passed on while it comes.
        client_max_body_size 0;
        proxy_request_buffering off;

        location / {{
            limit_req zone={variable}_clients burst={burst} nodelay;
            proxy_pass http://{variable};
            proxy_http_version 1.1;
            proxy_read_timeout {tunnel}s;
            proxy_send_timeout {tunnel}s;
            proxy_buffering off;
            proxy_set_header Host $host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection ${variable}_connection;
            # Whoever asks stands first here: what they say of others before them is theirs to invent.
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
            proxy_set_header X-Forwarded-Host $host;
        }}
    }}
}}
"""


def render_nginx(server: Server) -> str:
    """The file, without its first line."""
    return TEXT.format(
        name=server.name,
        variable=server.name.replace("-", "_").replace(".", "_"),
        domains=domains(server),
        hosts="\n            ".join(server.hosts),
        proxy=server.proxy,
        challenge=CHALLENGE,
        ciphers=CIPHERS,
        hsts=HSTS,
        tunnel=TUNNEL,
        limited=LIMITED,
        rate=RATE,
        burst=BURST,
    )
