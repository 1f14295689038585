"""Backups in a bucket of an S3-compatible store: a backup's manifest goes last, and first when it is removed."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from buildgraph.backup.records import MANIFEST
from buildgraph.backup.retention import STALE
from buildgraph.backup.telling import in_its_words
from buildgraph.errors import ConfigurationError, Mistake, StepFailed, ToolError
from buildgraph.manifests.model import Backups
from buildgraph.place.secrets import Secrets

S3: Final = "s3://"
ACCESS_KEY, SECRET_KEY, SESSION_TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
CREDENTIALS: Final = (ACCESS_KEY, SECRET_KEY)
MOST_KEYS: Final = 1000  # that one request of S3 may delete


@dataclass(frozen=True)
class BucketStore:
    """Backups in a bucket of an S3-compatible store; `client` is boto3's."""

    where: str
    bucket: str
    prefix: str
    client: Any

    @contextmanager
    def drafting(self, key: str) -> Iterator[Path]:
        """A temporary folder of this machine."""
        with tempfile.TemporaryDirectory(prefix="buildgraph-backup-") as folder, in_its_words(self.where):
            yield Path(folder)

    def keep(self, key: str, draft: Path, digests: Mapping[str, str]) -> None:
        """Upload the files, read each back, then upload the manifest; what fails half way is removed."""
        with in_its_words(self.where):
            try:
                for name, digest in digests.items():
                    self._upload(f"{key}/{name}", draft / name)
                    self._confirm(f"{key}/{name}", digest)
                self._upload(f"{key}/{MANIFEST}", draft / MANIFEST)
            except BaseException:
                with suppress(ToolError):  # what stays is no backup; what led here is told
                    self._delete([self._full(f"{key}/{name}") for name in (MANIFEST, *digests)])
                raise

    def keys(self, prefix: str) -> list[str]:
        """The folders that have a manifest."""
        with in_its_words(self.where):
            names = [name for name, _ in self._listed(f"{prefix}/")]
        return sorted(name.removesuffix(f"/{MANIFEST}") for name in names if name.endswith(f"/{MANIFEST}"))

    def read_manifest(self, key: str) -> bytes:
        """The object."""
        with in_its_words(self.where):
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=self._full(f"{key}/{MANIFEST}"))
                return bytes(answer["Body"].read())
            except self.client.exceptions.NoSuchKey as error:
                raise KeyError(key) from error

    @contextmanager
    def fetching(self, key: str, names: tuple[str, ...]) -> Iterator[Path]:
        """A temporary folder that the files are downloaded to."""
        with tempfile.TemporaryDirectory(prefix="buildgraph-backup-") as folder:
            with in_its_words(self.where):
                for name in names:
                    self.client.download_file(
                        self.bucket, self._full(f"{key}/{name}"), str(Path(folder) / name)
                    )
            yield Path(folder)

    def remove(self, key: str) -> None:
        """The manifest first: from then on it is no backup. Where the store keeps that, the files stay, too."""
        with in_its_words(self.where):
            names = [name for name, _ in self._listed(f"{key}/")]
            self._delete([self._full(f"{key}/{MANIFEST}")])
            self._delete([self._full(name) for name in names])

    def sweep(self, prefix: str) -> None:
        """Objects without a manifest beside them that are a day old."""
        with in_its_words(self.where):
            listed = list(self._listed(f"{prefix}/"))
            whole = {name.rpartition("/")[0] for name, _ in listed if name.endswith(f"/{MANIFEST}")}
            stale = [name for name, age in listed if name.rpartition("/")[0] not in whole and age > STALE]
            self._delete([self._full(name) for name in stale])

    def _full(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _upload(self, name: str, file: Path) -> None:
        self.client.upload_file(str(file), self.bucket, self._full(name))

    def _confirm(self, name: str, digest: str) -> None:
        """Read an object back: what counts is what the store holds."""
        body = self.client.get_object(Bucket=self.bucket, Key=self._full(name))["Body"]
        found = hashlib.sha256()
        for chunk in body.iter_chunks(2**20):
            found.update(chunk)
        if found.hexdigest() != digest:
            raise StepFailed(self.where, f"{name} came back other than it was sent", "run the same again")

    def _listed(self, prefix: str) -> Iterator[tuple[str, float]]:
        """The names below a prefix, and their ages in seconds."""
        from datetime import UTC, datetime

        now = datetime.now(UTC)
        pages = self.client.get_paginator("list_objects_v2")
        cut = len(self._full(""))
        for page in pages.paginate(Bucket=self.bucket, Prefix=self._full(prefix)):
            for found in page.get("Contents", ()):
                yield found["Key"][cut:], (now - found["LastModified"]).total_seconds()

    def _delete(self, keys: list[str]) -> None:
        """Delete objects; ToolError when one stays: a store answers 200 all the same, and lists it (DeleteObjects)."""
        kept: list[Mapping[str, str]] = []
        for first in range(0, len(keys), MOST_KEYS):
            objects = [{"Key": key} for key in keys[first : first + MOST_KEYS]]
            answer = self.client.delete_objects(
                Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True}
            )
            kept += answer.get("Errors", ())
        if kept:
            said = f"{kept[0].get('Code', '')}: {kept[0].get('Message', '')}".strip(": ")
            others = f", nor {len(kept) - 1} more" if len(kept) > 1 else ""
            what = f"{self.where}: {kept[0].get('Key', '')} is not deleted{others}: {said}"
            raise ToolError(what, "mend that, then run the same again")


def open_bucket(backups: Backups, secrets: Secrets) -> BucketStore:
    """The bucket that an environment declares as s3://BUCKET/PREFIX.

    Raises ConfigurationError when it lacks credentials, or the library that speaks S3 is not installed.
    """
    _check_credentials(secrets)
    bucket, _, prefix = backups.to.removeprefix(S3).partition("/")
    return BucketStore(backups.to, bucket, prefix.strip("/"), _client_of(backups, secrets))


def _check_credentials(secrets: Secrets) -> None:
    missing = [name for name in CREDENTIALS if name not in secrets]
    place = f"write it to {secrets.source} or set it" if secrets.source else "set it"
    if missing:
        raise ConfigurationError(
            Mistake(
                f"secret {name}", "has no value; the store of backups needs it", f"{place} where this runs"
            )
            for name in missing
        )


def _client_of(backups: Backups, secrets: Secrets) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        way_out = "pip install doit-buildgraph[s3]"
        raise ConfigurationError.of(backups.to, "needs a library that speaks S3", way_out) from error
    return boto3.client(
        "s3",
        endpoint_url=backups.endpoint or None,
        region_name=_region(backups),
        aws_access_key_id=secrets.reveal(ACCESS_KEY),
        aws_secret_access_key=secrets.reveal(SECRET_KEY),
        aws_session_token=secrets.reveal_or(SESSION_TOKEN, "") or None,
        # Stores other than Amazon's refuse the checksums that newer clients add unasked.
        config=Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"mode": "standard"},
        ),
    )


def _region(backups: Backups) -> str:
    """Amazon has no region `auto`; its buckets are found from any."""
    return "us-east-1" if backups.region == "auto" and not backups.endpoint else backups.region
