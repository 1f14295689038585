"""Where backups lie: a folder, or a bucket of an S3-compatible store; a backup is there whole or not at all.

A backup is a folder of files with a manifest.json. Its key is WORKSPACE/ENVIRONMENT/PRODUCT/ID. What has no
manifest.json is what an interrupted run has left: it is no backup, and is cleared away when it is a day old.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from buildgraph.backup.records import MANIFEST
from buildgraph.errors import ConfigurationError, Mistake, StepFailed, ToolError
from buildgraph.manifests.model import Backups
from buildgraph.place.secrets import Secrets
from buildgraph.place.streams import read_chunks

S3: Final = "s3://"
ACCESS_KEY, SECRET_KEY, SESSION_TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
CREDENTIALS: Final = (ACCESS_KEY, SECRET_KEY)
STALE: Final = 24 * 3600.0  # seconds after which what was never finished is nobody's work any more
DRAFT: Final = ".partial"
MOST_KEYS: Final = 1000  # that one request of S3 may delete
UNIGNORED: Final = "*\n"  # backups hold people's data: git shall never see them


class Store(Protocol):
    """A place of backups. Every method raises ToolError with the store's own words when it fails."""

    @property
    def where(self) -> str:
        """The place as its user wrote it."""

    def drafting(self, key: str) -> AbstractContextManager[Path]:
        """A context with a folder to write a backup's files to; it goes away unless it is kept."""

    def keep(self, key: str, draft: Path, digests: Mapping[str, str]) -> None:
        """Make a draft a backup: its files, with these digests (SHA-256), first; its manifest last."""

    def keys(self, prefix: str) -> list[str]:
        """The keys of the whole backups below a prefix (WORKSPACE/ENVIRONMENT…), sorted: the newest last."""

    def read_manifest(self, key: str) -> bytes:
        """A backup's manifest; KeyError when there is no such backup."""

    def fetching(self, key: str, names: tuple[str, ...]) -> AbstractContextManager[Path]:
        """A context with a folder that holds these files of a backup."""

    def remove(self, key: str) -> None:
        """Remove a backup."""

    def sweep(self, prefix: str) -> None:
        """Clear away what interrupted runs have left below a prefix."""


def open_store(backups: Backups, folder: Path, secrets: Secrets) -> Store:
    """The place that an environment declares; relative folders are seen from `folder`.

    Raises ConfigurationError when it lacks credentials, or the library that speaks S3 is not installed.
    """
    if not backups.to.startswith(S3):
        path = (folder / Path(backups.to).expanduser()).resolve()
        return FolderStore(str(path), path)
    _check_credentials(secrets)
    bucket, _, prefix = backups.to.removeprefix(S3).partition("/")
    return BucketStore(backups.to, bucket, prefix.strip("/"), _client_of(backups, secrets))


@dataclass(frozen=True)
class FolderStore:
    """Backups in a folder of this machine."""

    where: str
    root: Path

    @contextmanager
    def drafting(self, key: str) -> Iterator[Path]:
        """A hidden folder beside the backup's own, so that keeping it is one rename."""
        target = self.root / key
        draft = target.parent / f".{target.name}{DRAFT}"
        with _told(self.where):
            self.root.mkdir(parents=True, mode=0o700, exist_ok=True)
            if not any(self.root.iterdir()):
                (self.root / ".gitignore").write_text(UNIGNORED, encoding="utf-8")
            draft.mkdir(parents=True, mode=0o700)
        try:
            with _told(self.where):
                yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def keep(self, key: str, draft: Path, digests: Mapping[str, str]) -> None:
        """Write all to the disk, then rename."""
        with _told(self.where):
            for name in (*digests, MANIFEST):
                _flush(draft / name)
            draft.rename(self.root / key)
            _flush((self.root / key).parent)

    def keys(self, prefix: str) -> list[str]:
        """The folders that have a manifest."""
        found = (self.root / prefix).rglob(MANIFEST)
        keys = [path.parent.relative_to(self.root) for path in found]
        return sorted(key.as_posix() for key in keys if not key.name.startswith("."))

    def read_manifest(self, key: str) -> bytes:
        """The file."""
        with _told(self.where):
            try:
                return (self.root / key / MANIFEST).read_bytes()
            except (FileNotFoundError, NotADirectoryError) as error:
                raise KeyError(key) from error

    @contextmanager
    def fetching(self, key: str, names: tuple[str, ...]) -> Iterator[Path]:
        """The backup's own folder."""
        missing = [name for name in names if not (self.root / key / name).is_file()]
        if missing:
            raise StepFailed(f"{self.where}/{key}", f"lacks {', '.join(missing)}", "take another backup")
        yield self.root / key

    def remove(self, key: str) -> None:
        """Hide it, then remove it: a removal that is interrupted leaves no half backup."""
        target = self.root / key
        hidden = target.parent / f".{target.name}{DRAFT}"
        with _told(self.where):
            target.rename(hidden)
            shutil.rmtree(hidden)

    def sweep(self, prefix: str) -> None:
        """Hidden folders whose last change is long ago."""
        for path in (self.root / prefix).rglob(f".*{DRAFT}"):
            if path.stat().st_mtime < time.time() - STALE:
                shutil.rmtree(path, ignore_errors=True)


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
        with tempfile.TemporaryDirectory(prefix="buildgraph-backup-") as folder, _told(self.where):
            yield Path(folder)

    def keep(self, key: str, draft: Path, digests: Mapping[str, str]) -> None:
        """Upload the files, read each back, then upload the manifest; what fails half way is removed."""
        with _told(self.where):
            try:
                for name, digest in digests.items():
                    self._upload(f"{key}/{name}", draft / name)
                    self._confirm(f"{key}/{name}", digest)
                self._upload(f"{key}/{MANIFEST}", draft / MANIFEST)
            except BaseException:
                self._delete([self._full(f"{key}/{name}") for name in (MANIFEST, *digests)])
                raise

    def keys(self, prefix: str) -> list[str]:
        """The folders that have a manifest."""
        with _told(self.where):
            names = [name for name, _ in self._listed(f"{prefix}/")]
        return sorted(name.removesuffix(f"/{MANIFEST}") for name in names if name.endswith(f"/{MANIFEST}"))

    def read_manifest(self, key: str) -> bytes:
        """The object."""
        with _told(self.where):
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=self._full(f"{key}/{MANIFEST}"))
                return bytes(answer["Body"].read())
            except self.client.exceptions.NoSuchKey as error:
                raise KeyError(key) from error

    @contextmanager
    def fetching(self, key: str, names: tuple[str, ...]) -> Iterator[Path]:
        """A temporary folder that the files are downloaded to."""
        with tempfile.TemporaryDirectory(prefix="buildgraph-backup-") as folder:
            with _told(self.where):
                for name in names:
                    self.client.download_file(
                        self.bucket, self._full(f"{key}/{name}"), str(Path(folder) / name)
                    )
            yield Path(folder)

    def remove(self, key: str) -> None:
        """The manifest first: from then on it is no backup."""
        with _told(self.where):
            names = [name for name, _ in self._listed(f"{key}/")]
            self._delete([self._full(f"{key}/{MANIFEST}")])
            self._delete([self._full(name) for name in names])

    def sweep(self, prefix: str) -> None:
        """Objects without a manifest beside them that are a day old."""
        with _told(self.where):
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
        for first in range(0, len(keys), MOST_KEYS):
            objects = [{"Key": key} for key in keys[first : first + MOST_KEYS]]
            self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    for chunk in read_chunks(file):
        digest.update(chunk)
    return digest.hexdigest()


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


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn what a disk or a store refuses into ToolError with its own words, which hold no credentials."""
    try:
        yield
    except OSError as error:
        raise ToolError(
            f"{where}: {error.strerror or error}", "mend that, then run the same again"
        ) from error
    except Exception as error:
        if not type(error).__module__.startswith(("boto", "s3transfer")):
            raise
        raise ToolError(f"{where}: {error}", "mend that, then run the same again") from error


def _flush(path: Path) -> None:
    """Have the disk hold a file, or a folder's names."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
