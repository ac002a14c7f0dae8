"""Files that are there whole or not at all, and a lock that ends with its process."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

TEMPORARY = ".tmp"


class ExperimentError(RuntimeError):
    """An experiment that cannot go on, for a reason the user can do something about. Exit code 1."""


class DamagedFileError(Exception):
    """A file whose content has changed since it was written."""


class InUseError(Exception):
    """Another process holds the lock."""


def atomic_write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, flush it to the disk, and rename it."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}{TEMPORARY}")
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text atomically."""
    atomic_write(path, lambda file: file.write(text.encode("utf-8")))


def yaml_text(values: dict[str, Any]) -> str:
    """A configuration as it is written beside results."""
    import yaml

    text: str = yaml.safe_dump(values, allow_unicode=True, sort_keys=False)
    return text


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table atomically."""
    content = parquet_bytes(table)
    atomic_write(path, lambda file: file.write(content))


def write_by_content(folder: Path, table: pa.Table, prefix: str = "") -> Path:
    """Write a table atomically under the hash of its content; returns where it is."""
    content = parquet_bytes(table)
    path = folder / f"{prefix}{_hash(content)}.parquet"
    atomic_write(path, lambda file: file.write(content))
    return path


def read_by_content(path: Path) -> pq.ParquetFile:
    """A file written by :func:`write_by_content`, every byte of it checked.

    Raises
    ------
    DamagedFileError: it is not what its name says.
    """
    content = path.read_bytes()
    if _hash(content) != path.stem.rpartition("-")[2]:
        raise DamagedFileError(f"{path} is damaged")
    return pq.ParquetFile(pa.BufferReader(content))


def parquet_bytes(table: pa.Table) -> bytes:
    """The table as a file: zstd, floating-point columns with their bytes split."""
    split = [column.name for column in table.schema if pa.types.is_floating(column.type)]
    other: Sequence[str] = [name for name in table.schema.names if name not in split]
    file = io.BytesIO()
    pq.write_table(
        table, file, compression="zstd", use_dictionary=other, use_byte_stream_split=split
    )
    return file.getvalue()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def flush_folder(folder: Path) -> None:
    """Make renames in a folder survive a crash, where the system offers that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def lock(path: Path) -> tuple[BinaryIO, bool]:
    """Open and lock a file; the system gives it free when the process ends, however it ends.

    Returns
    -------
    The file, to be kept open, and whether it is locked: some network disks know no locks.

    Raises
    ------
    InUseError: another process holds it.
    """
    file = path.open("ab")
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        file.close()
        raise InUseError from error
    except OSError:
        return file, False
    return file, True


def describe(error: OSError) -> str:
    """What went wrong, in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full"
    return f"The system refused ({error.strerror or error})"


def remedy(error: OSError) -> str:
    """What the user can do about it."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "Free some space" if full else "Make the folder writable again"
