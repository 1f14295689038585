"""Secret values: who is given which, that none is missing, and that none is shown by accident."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus

from buildgraph.errors import ConfigurationError, Mistake, without_colours
from buildgraph.manifests.backing import backing_of
from buildgraph.manifests.model import Environment, Service
from buildgraph.manifests.variables import POSTGRES_PASSWORD, POSTGRES_USER, REDIS_PASSWORD
from buildgraph.servers import POSTGRES, REDIS

DIGEST_LENGTH = 32  # hex digits: 128 bits tell two sets of secrets apart
HIDDEN: Final = "***"
LEAST_HIDDEN: Final = 4  # characters: a shorter value is in every other line by chance
# What is no letter or digit and stands in a URL as it is: by Python's quote with and without `safe`, by JavaScript's
# encodeURIComponent and encodeURI, and by Go's net/url in a login, a segment of a path, a path.
KEPT_IN_URLS: Final = ("", "/", "!'()*", ";,/?:@&=+$!*'()#", "$&+,;=", "$&+:=@", "$&+,/:;=@", "!$&'()*+,")
# What Go's encoding/json writes so that it can stand in a page.
ESCAPED_BY_GO: Final = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})
PASSWORDS: Final = {POSTGRES: POSTGRES_PASSWORD, REDIS: REDIS_PASSWORD}


Ask = Callable[[Iterable[str]], Mapping[str, str]]
Unasked = Callable[[str], bool]  # whether a command that may tell this secret was left unasked


def nobody_tells(names: Iterable[str]) -> Mapping[str, str]:
    """No command tells any of these secrets."""
    return {}


def nobody_unasked(name: str) -> bool:
    """Whoever may tell this secret is asked."""
    return False


class Secrets:
    """Secret values by name; neither printing nor pickling shows one. An empty value counts as none.

    `ask` tells those of some names that are not known yet, and wins over `values`; of those that are `unasked` nobody
    knows here whether they have a value. `source` is where values can be written, in a user's words. Whoever asks for
    a value that is no UTF-8 text gets a ConfigurationError.
    """

    __slots__ = ("_ask", "_forms", "_source", "_unasked", "_values")

    def __init__(
        self,
        values: Mapping[str, str],
        source: str = "",
        ask: Ask = nobody_tells,
        unasked: Unasked = nobody_unasked,
    ) -> None:
        self._values = {name: value for name, value in values.items() if value}
        self._source = source
        self._ask = ask
        self._unasked = unasked
        self._forms: dict[frozenset[str], tuple[str, ...]] = {}

    def __repr__(self) -> str:
        return "Secrets(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets do not leave the process")

    def __contains__(self, name: str) -> bool:
        return name in self._known([name])

    @property
    def source(self) -> str:
        """Where values can be written, or ""."""
        return self._source

    def are_known(self, names: Iterable[str]) -> bool:
        """Whether no command was left unasked that may tell one of these."""
        return not any(map(self._unasked, names))

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the names that have no value; ToolError that tells every command that failed."""
        wanted = list(names)
        known = self._known(wanted)
        return [name for name in wanted if name not in known]

    def reveal(self, name: str) -> str:
        """The value of a secret; KeyError when it has none (see `refuse_missing`)."""
        return self._known([name])[name]

    def reveal_or(self, name: str, usual: str) -> str:
        """The value of a secret that has a usual value."""
        return self._known([name]).get(name, usual)

    def redact(self, text: str, names: Iterable[str], former: Iterable[str] = ()) -> str:
        """The text with `***` in place of the values of these secrets that are 4 characters or longer.

        `former` are values that they had before: one that begins like one of today is hidden as a whole, too.
        Found as they are, as a URL or JSON writes them, and each line of one that has several. Where colours stand
        within one, the text has none any more: whoever takes them away from it would join its pieces.
        """
        forms = self._forms_of({*self._known(list(names)).values(), *former}) if text else ()
        told = _without(text, forms)
        plain = without_colours(told)
        hidden = _without(plain, forms)
        return told if hidden == plain else hidden

    def _forms_of(self, told: Iterable[str]) -> tuple[str, ...]:
        """All that has to be hidden of values, the longest first; kept, as logs are hidden line by line."""
        values = frozenset(told)
        if values not in self._forms:
            forms = {form for value in values for form in _written_forms(value) if len(form) >= LEAST_HIDDEN}
            self._forms[values] = tuple(sorted(forms, key=len, reverse=True))
        return self._forms[values]

    def _known(self, names: list[str]) -> dict[str, str]:
        told = {name: value for name, value in self._ask(names).items() if value}
        known = {name: self._values[name] for name in names if name in self._values} | told
        _refuse_unreadable(known)
        return known


def needed_secrets(service: Service, environment: Environment) -> tuple[str, ...]:
    """The names of the secrets a service's containers are given in an environment, sorted."""
    names = {name for name, value in service.env.items() if value.secret}
    return tuple(sorted(names | {PASSWORDS[kind] for kind in backing_of(service, environment)}))


def build_needs(services: Iterable[Service]) -> dict[str, tuple[str, ...]]:
    """The names of the secrets that builds see, by what a user calls each build."""
    return {
        f"the build of {service.name}": service.build_secrets for service in services if service.build_secrets
    }


def optional_secrets(service: Service, environment: Environment) -> tuple[str, ...]:
    """The names of secrets that have a usual value, and reach a service's containers all the same."""
    return (POSTGRES_USER,) if POSTGRES in backing_of(service, environment) else ()


def given_secrets(service: Service, environment: Environment) -> tuple[str, ...]:
    """The names of all secrets that may reach a service's containers."""
    return (*needed_secrets(service, environment), *optional_secrets(service, environment))


def used_secrets(services: Iterable[Service], environment: Environment) -> tuple[str, ...]:
    """The names of all secrets that containers of an environment are given, sorted."""
    names = {PASSWORDS[backing.kind] for backing in environment.backing if backing.kind in PASSWORDS}
    return tuple(sorted(names.union(*(needed_secrets(service, environment) for service in services))))


def check_secrets(services: Iterable[Service], environment: Environment, secrets: Secrets) -> None:
    """Raise ConfigurationError that names every missing secret, who needs it and where it goes."""
    needed = {service.name: needed_secrets(service, environment) for service in services}
    refuse_missing(needed, environment, secrets)


def refuse_missing(needed: Mapping[str, Iterable[str]], environment: Environment, secrets: Secrets) -> None:
    """The same for what each of these needs, told by name."""
    users: dict[str, list[str]] = {}
    for user in sorted(needed):
        for name in needed[user]:
            users.setdefault(name, []).append(user)
    missing = secrets.missing(users)
    if not missing:
        return
    place = f"write it to {secrets.source} or set" if secrets.source else "set"
    raise ConfigurationError(
        Mistake(
            f"secret {name}",
            f"has no value in {environment.name}; needed by {', '.join(users[name])}",
            f"{place} {name} in the environment of this process",
        )
        for name in missing
    )


def secrets_digest(key: bytes, service: Service, environment: Environment, secrets: Secrets) -> str:
    """An HMAC-SHA256 over the values a service is given: tells that one changed, and lets nobody guess one.

    Names and values are framed by their lengths, so that no two sets of secrets read the same.
    """
    names = given_secrets(service, environment)
    if not names:
        return ""
    keyed = hmac.new(key, digestmod=hashlib.sha256)
    for name in names:
        for part in (name.encode(), secrets.reveal_or(name, "").encode()):
            keyed.update(len(part).to_bytes(8, "big") + part)
    return keyed.hexdigest()[:DIGEST_LENGTH]


def wanted_digest(
    running: str, key: bytes, service: Service, environment: Environment, secrets: Secrets
) -> str:
    """The digest that a service's containers shall have, where they have `running`.

    That stays where it is not known: commands that may tell of a change were not asked.
    """
    if not secrets.are_known(given_secrets(service, environment)):
        return running
    return secrets_digest(key, service, environment, secrets)


def _without(text: str, forms: Iterable[str]) -> str:
    for form in forms:
        text = text.replace(form, HIDDEN)
    return text


def _written_forms(value: str) -> set[str]:
    """How a value may stand in what a program says."""
    in_urls = {quote(value, safe=kept) for kept in KEPT_IN_URLS} | {quote_plus(value)}
    in_urls.add(quote(quote(value, safe=""), safe=""))  # as in an address that stands in another one's query
    in_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    for_pages = {text.translate(ESCAPED_BY_GO) for text in in_json}
    by_php = {text.replace("/", "\\/") for text in in_json}
    return {value, *in_urls, *in_json, *for_pages, *by_php, *(line.strip() for line in value.splitlines())}


def _refuse_unreadable(values: Mapping[str, str]) -> None:
    """Raise ConfigurationError that names every value that is no UTF-8 text, as a variable of the process may be."""
    unreadable = [name for name, value in values.items() if not _is_text(value)]
    if unreadable:
        raise ConfigurationError(
            Mistake(
                f"secret {name}", "is no UTF-8 text", f"set {name} anew, in the environment of this process"
            )
            for name in unreadable
        )


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
