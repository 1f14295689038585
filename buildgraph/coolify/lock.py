"""The deploy locks: a variable per product, made once, renewed while its holder lives, taken over when it is not.

Coolify offers no lock of its own. Creating a variable that is there is refused (409, `create_env` of its
ApplicationsController); of two that are created at the very same moment, the older one counts. A lock's age is told by
the server's clock alone: when the variable was last changed, against the Date of an answer. A holder that stood still
for longer than `LEASE` and wakes up again finds out before its next change, but not during one: whatever it asks for
then, Coolify runs one deployment of an application at a time.

A variable is set by its name, whosever it is by then. So a sign of life is given in one short try, only while nobody
can have taken the lock over before that has ended, and is followed by a look: a variable made since is another's.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Final

from buildgraph.coolify.answers import Variable
from buildgraph.coolify.api import NewVariable
from buildgraph.coolify.ledger import LOCK, part_of_key
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.errors import BuildgraphError, StepFailed
from buildgraph.place.actor import read_actor
from buildgraph.place.elapsed import Moment, read_moment, seconds_between
from buildgraph.place.holding import Holding
from buildgraph.place.model import Tell

LEASE: Final = 90.0  # seconds without a sign of life after which a lock is nobody's
RENEWAL: Final = 20.0  # seconds between two signs of life
TRY: Final = 10.0  # seconds that giving one may take
LATEST: Final = LEASE - 2 * TRY  # the age at which none is given any more


@dataclass(frozen=True, slots=True)
class Claim:
    """What a lock's variable says: who holds it and why; `mark` tells it from every other, `renewed` counts.

    One that `is_kept` was taken by hand and does not end by itself.
    """

    mark: str
    product: str
    who: str
    reason: str
    is_kept: bool = False
    renewed: int = 0

    def __str__(self) -> str:
        return f"{self.who} ({self.reason})" if self.reason else self.who


@dataclass(slots=True)
class Lock:
    """A lock while it is held; every change of the environment asks it first.

    `variable` is the uuid of what was made for it, `renewed` when the last sign of life was given, by this machine's
    own `clock`.
    """

    place: CoolifyPlace
    claim: Claim
    variable: str
    lost: str = ""
    clock: Callable[[], Moment] = read_moment
    renewed: Moment = field(default_factory=read_moment)
    done: threading.Event = field(default_factory=threading.Event)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """StepFailed when the lock is ours no more, or no sign of life could be given for too long."""
        if not self.lost and self._age > LEASE / 2:
            self._renew_late()
        if self.lost:
            raise _held_by(self.place, self.claim.product, self.lost)

    def renew_while_held(self) -> None:
        """Give signs of life until all is done; a server that is silent for a while is no reason to give up."""
        while not self.done.wait(RENEWAL):
            with suppress(Exception):  # whatever it was, `check` sees for how long none was given
                self.renew()

    def renew(self) -> None:
        """Give one sign of life, or find out that somebody else has the lock; StepFailed when it is too late."""
        with self.turn:
            began, found = self.clock(), self._look()
            if found is None:
                return
            if (age := _age(self.place, found)) > LATEST:
                raise _too_late(self.claim, age)
            self.claim = replace(self.claim, renewed=self.claim.renewed + 1)
            self.place.api.set_at_once(self.place.coolify.state, _variable(self.claim), TRY)
            if self._look():
                self.renewed = began

    def _look(self) -> Variable | None:
        """Our variable; None when the lock is ours no more, which is kept in mind."""
        found = find_claim(self.place, self.claim.product)
        if found and (found[0].uuid, found[1].mark) == (self.variable, self.claim.mark):
            return found[0]
        self.lost = str(found[1]) if found and found[1].mark != self.claim.mark else "somebody else"
        self.done.set()
        return None

    @property
    def _age(self) -> float:
        """Seconds since the last sign of life, those included in which this machine slept."""
        return seconds_between(self.renewed, self.clock())

    def _renew_late(self) -> None:
        try:
            self.renew()
        except BuildgraphError as error:
            if self._age > LEASE:
                raise _too_late(self.claim, self._age) from error


@contextmanager
def held_lock(place: CoolifyPlace, product: str, reason: str, tell: Tell) -> Iterator[Lock]:
    """Hold a product's deploy lock; StepFailed, with who holds it, when somebody else does.

    One that cannot be given back is told, and is nobody's some time later: it does not hide what came of the deed.
    """
    claim = _new_claim(place, product, reason)
    lock = Lock(place, claim, _take(place, claim))
    thread = threading.Thread(target=lock.renew_while_held, daemon=True)
    thread.start()
    try:
        yield lock
    finally:
        lock.done.set()
        thread.join()
        try:
            _end(place, lock.claim.mark)
        except BuildgraphError as error:
            tell(f"the lock cannot be given back, it ends {LEASE:g} s later: {error}")


def keep_lock(place: CoolifyPlace, product: str, reason: str) -> None:
    """Take a product's lock until it is ended by hand; StepFailed when somebody holds it."""
    _take(place, replace(_new_claim(place, product, reason), is_kept=True))


def end_lock(place: CoolifyPlace, held: Holding) -> None:
    """Take a lock from its holder, who notices with the next sign of life: `RENEWAL` seconds later, at most."""
    _end(place, held.handle)


def read_locks(place: CoolifyPlace) -> list[Holding]:
    """The locks that are held here, with their ages; dead ones are nobody's."""
    claims = [(v, claim) for v in _variables(place) if (claim := _parse(v.value))]
    holdings = [
        Holding(claim.product, claim.who, claim.reason, _age(place, variable), claim.mark, claim.is_kept)
        for variable, claim in claims
    ]
    return [held for held in holdings if held.is_kept or held.age <= LEASE]


def refuse_while_locked(place: CoolifyPlace) -> None:
    """StepFailed when somebody holds a lock here."""
    for held in read_locks(place):
        raise _held_by(place, held.product, held.whose)


def find_claim(place: CoolifyPlace, product: str) -> tuple[Variable, Claim] | None:
    """The variable of a product's lock and what it says: of several, the oldest counts."""
    claims = ((v, _parse(v.value)) for v in _variables(place) if v.key == _key(product))
    return next(((variable, claim) for variable, claim in claims if claim), None)


def _new_claim(place: CoolifyPlace, product: str, reason: str) -> Claim:
    return Claim(secrets.token_hex(8), product, place.redact(read_actor()), place.redact(reason))


def _take(place: CoolifyPlace, claim: Claim) -> str:
    """Make the lock's variable, and look whether it is ours that counts; returns its uuid."""
    if not _create(place, claim):
        _end_dead(place, claim.product)
        _create(place, claim)
    found = find_claim(place, claim.product)
    if found is not None and found[1].mark == claim.mark:
        return found[0].uuid
    _end(place, claim.mark)
    raise _held_by(place, claim.product, str(found[1]) if found else "somebody else")


def _create(place: CoolifyPlace, claim: Claim) -> bool:
    return place.api.create_variable(place.coolify.state, _variable(claim))


def _end_dead(place: CoolifyPlace, product: str) -> None:
    """Take away a lock whose holder gives no sign of life; by its own uuid, so that a newer one stays."""
    found = find_claim(place, product)
    if found is not None and not found[1].is_kept and _age(place, found[0]) > LEASE:
        place.api.remove_variable(place.coolify.state, found[0])


def _end(place: CoolifyPlace, mark: str) -> None:
    for variable in _variables(place):
        claim = _parse(variable.value)
        if claim is not None and claim.mark == mark:
            place.api.remove_variable(place.coolify.state, variable)


def _age(place: CoolifyPlace, variable: Variable) -> float:
    """Seconds since a variable was changed, by the server's clock."""
    return max(0.0, (place.api.now() - variable.changed).total_seconds()) if variable.changed else 0.0


def _too_late(claim: Claim, age: float) -> StepFailed:
    what = f"the lock could not be renewed for {age:.0f} s; nothing more is changed"
    return StepFailed(f"deploy:{claim.product}", what, "run the same again")


def _held_by(place: CoolifyPlace, product: str, who: str) -> StepFailed:
    way_out = (
        f"wait until that is done; a holder that died is gone {LEASE:g} s later. `buildgraph lock` shows who"
    )
    return StepFailed(f"deploy:{product}", f"{place.name} is being deployed by {who}", way_out)


def _variables(place: CoolifyPlace) -> list[Variable]:
    return [v for v in place.api.variables(place.coolify.state) if v.key.startswith(LOCK)]


def _key(product: str) -> str:
    return f"{LOCK}{part_of_key(product)}"


def _variable(claim: Claim) -> NewVariable:
    return NewVariable(_key(claim.product), json.dumps(asdict(claim), ensure_ascii=False))


def _parse(text: str) -> Claim | None:
    """What a variable says, without what a newer version adds to it."""
    try:
        known = {each.name for each in fields(Claim)}
        return Claim(**{name: value for name, value in json.loads(text).items() if name in known})
    except (ValueError, TypeError, AttributeError):
        return None
