"""The line to an engine over TLS: both sides show certificates, ours from a folder of this machine."""

from __future__ import annotations

import re
import select
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from buildgraph.errors import ToolError
from buildgraph.image.lines import CA, CERTIFICATE, CONNECT_WITHIN, KEY, cause_of, dial_host
from buildgraph.image.socket import HungUp
from buildgraph.manifests.engines import EngineAddress

FILES: Final = (CA, CERTIFICATE, KEY)
EXPIRED, NOT_YET = 10, 9  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED and _NOT_YET_VALID
WRONG_NAME: Final = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
TICKET_WITHIN: Final = 1.0  # seconds; engines send one at once
ALERT: Final = re.compile(r"alert ([a-z ]+)")
NAMED_KEY: Final = (
    'name their folder in site.toml: [certificates] "{host}" = "FOLDER", or in DOCKER_CERT_PATH'
)


class TlsLine:
    """The line to an engine that asks for our certificate and shows its own."""

    is_here = False

    def __init__(self, address: EngineAddress, certificates: Path, context: ssl.SSLContext) -> None:
        self.address = address
        self.certificates: Path | None = certificates
        self.where = f"on {address.name}"
        self.base_url = f"tcp://{address.host}:{address.port}"
        self.command_env: Mapping[str, str] = {
            "DOCKER_HOST": self.base_url,
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(certificates),
        }
        self._folder = certificates
        self._context = context
        self._is_known = False

    def dial(self) -> socket.socket:
        """A connection to the engine, both sides known to each other."""
        line = dial_host(self.address)
        try:
            line = self._context.wrap_socket(line, server_hostname=self.address.host.strip("[]"))
            if not self._is_known:
                _hear_refusal(line)
                self._is_known = True
            return line
        except BaseException:
            line.close()
            raise

    def explain(self, error: Exception) -> ToolError:
        """Whose certificate is wrong, or that the host is not reached."""
        found = cause_of(error)
        if isinstance(found, ssl.SSLCertVerificationError):
            return self._unknown_host(found)
        if isinstance(found, (ConnectionResetError, BrokenPipeError, HungUp, ssl.SSLEOFError)):
            return ToolError(
                f"the Docker engine {self.where} hangs up",
                f"it may refuse the certificate {self._folder / CERTIFICATE}, or be going down: its log says which",
            )
        if isinstance(found, ssl.SSLError):
            return self._refused(found)
        said = "no answer in time" if isinstance(found, TimeoutError) else str(found)
        return ToolError(
            f"the Docker engine {self.where} does not answer: {said}",
            "see that the host is up, and that its engine listens there with TLS (`dockerd --tlsverify`)",
        )

    def close(self) -> None:
        """Nothing is held open."""

    def _unknown_host(self, error: ssl.SSLCertVerificationError) -> ToolError:
        """The engine's certificate is not what we expect."""
        if error.verify_code in (EXPIRED, NOT_YET):
            when = "has expired" if error.verify_code == EXPIRED else "is not valid yet"
            return ToolError(
                f"the certificate of {self.address.name}, or of its CA in {self._folder / CA}, {when}",
                "make a new one there, and see that both clocks are right",
            )
        if error.verify_code in WRONG_NAME:
            return ToolError(
                f"the certificate of {self.address.name} is for another name: {error.verify_message}",
                "write the name that stands in it as the engine's address, or make one for this name",
            )
        return ToolError(
            f"the certificate of {self.address.name} is not signed by {self._folder / CA}: {error.verify_message}",
            "somebody may be in between; if not, bring the CA's certificate of that host here",
        )

    def _refused(self, error: ssl.SSLError) -> ToolError:
        """The engine does not take our certificate, or speaks no TLS."""
        if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"):
            return ToolError(
                f"{self.address.name} does not speak TLS",
                "an engine that takes orders from a network must know who gives them: `dockerd --tlsverify`",
            )
        alert = ALERT.search(str(error))
        reason = alert[1].strip() if alert else (error.reason or str(error)).lower().replace("_", " ")
        return ToolError(
            f"the Docker engine {self.where} refuses the certificate {self._folder / CERTIFICATE}: {reason}",
            "have one signed by the CA that this engine trusts; "
            f"`openssl x509 -noout -subject -issuer -enddate -in {self._folder / CERTIFICATE}` tells what this one is",
        )


def _hear_refusal(line: ssl.SSLSocket) -> None:
    """Wait for the first word after the handshake: a session ticket, or (TLS 1.3) why our certificate is refused.

    Who sends a request before hearing that may only be hung up on.
    """
    ready, _, _ = select.select([line], [], [], TICKET_WITHIN)
    if not ready:
        return
    line.setblocking(False)
    with suppress(ssl.SSLWantReadError):
        line.recv(1)
    line.settimeout(CONNECT_WITHIN)


def open_tls(address: EngineAddress, folder: Path) -> TlsLine:
    """The line to an engine with the certificates of a folder; ToolError when they are missing or no pair."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ToolError(
            f"{address.name} is reached with TLS, and {folder} has no {' and no '.join(missing)}",
            NAMED_KEY.format(host=address.name),
        )
    try:
        context = ssl.create_default_context(cafile=str(folder / CA))
        context.load_cert_chain(folder / CERTIFICATE, folder / KEY, password=lambda: "")
    except (OSError, ValueError) as error:
        raise ToolError(
            f"the certificates for {address.name} in {folder} cannot be used: {_said(error)}",
            f"{CERTIFICATE} and {KEY} are PEM files and a pair, the key without a passphrase",
        ) from error
    return TlsLine(address, folder, context)


def _said(error: Exception) -> str:
    """OpenSSL's words without its numbers; never what stands in a file."""
    reason = getattr(error, "reason", None)
    return str(reason).lower().replace("_", " ") if reason else type(error).__name__
