"""A backup that is asked for: whether it can be brought back here, with all that speaks against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from buildgraph.backup.backups import Listed
from buildgraph.backup.holdings import holdings_of, services_of
from buildgraph.backup.records import Record
from buildgraph.errors import ConfigurationError, Mistake, StepFailed
from buildgraph.place.model import Place
from buildgraph.place.network import refuse_foreign
from buildgraph.place.secrets import check_secrets
from buildgraph.place.state import state_volume


@dataclass(frozen=True, slots=True)
class Request:
    """What shall be brought back to a product: a backup, and what its user insists on.

    `force` takes the backup of another environment; `redis` brings Redis back although other products
    use it too.
    """

    product: str
    backup: Listed
    force: bool = False
    redis: bool = False


def check_request(place: Place, request: Request) -> Record:
    """The record of the backup that is asked for; every mistake at once when it cannot be brought back here."""
    backup, record = request.backup, request.backup.record
    if record is None:
        raise StepFailed(f"backup {backup.id}", backup.problem, "take another one: `buildgraph backups`")
    mistakes = list(_mistakes(place, request, record))
    if mistakes:
        raise ConfigurationError(mistakes)
    check_secrets(services_of(place, request.product), place.environment, place.secrets)
    volumes = [place.named(backing.kind) for backing in place.environment.backing]
    refuse_foreign(place, [state_volume(place), *volumes])
    return record


def _mistakes(place: Place, request: Request, record: Record) -> Iterator[Mistake]:
    where = f"backup {record.id}"
    if record.workspace != place.workspace:
        yield Mistake(where, f"is of the workspace {record.workspace}, not {place.workspace}")
    if record.product != request.product:
        way_out = f"restore:{record.product} brings it back"
        yield Mistake(where, f"is of the product {record.product}, not {request.product}", way_out)
    if record.environment != place.environment.name and not request.force:
        way_out = "force=yes brings it back all the same"
        yield Mistake(where, f"is of {record.environment}, not {place.environment.name}", way_out)
    holdings = holdings_of(place, services_of(place, request.product))
    held = {dump.database for dump in record.databases}
    for database in sorted(held - set(holdings.databases)):
        yield Mistake(where, f"has the database {database}, which no service of {request.product} has here")
    for database in sorted(set(holdings.databases) - held):
        yield Mistake(where, f"lacks the database {database}", "take a backup that was made since it came")
