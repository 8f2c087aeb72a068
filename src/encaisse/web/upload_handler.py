"""Files of a request put on the disk and closed at once: a dropped folder has more files than a process may hold open.

Django's own handler keeps each file open until the request ends.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class OnDisk(UploadedFile):
    """An uploaded file that lies at `path`; opened when it is read, removed when the request is closed."""

    def __init__(self, path: Path, name: str, content_type: str, size: int, charset: str | None, extra: Any) -> None:
        self.path = path
        self._opened: IO[bytes] | None = None
        super().__init__(None, name, content_type, size, charset, extra)

    @property
    def file(self) -> IO[bytes]:
        """The open file; the caller, or the end of the request, closes it."""
        if self._opened is None or self._opened.closed:
            self._opened = self.path.open("rb")
        return self._opened

    @file.setter
    def file(self, value: object) -> None:
        """Django sets None here when it makes the object."""

    def close(self) -> None:
        """Close and remove the file."""
        if self._opened is not None:
            self._opened.close()
        self.path.unlink(missing_ok=True)


class DiskHandler(FileUploadHandler):
    """Writes each file of a request to the disk as it comes, and closes it when it is complete."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        handle, name = mkstemp(prefix="encaisse-upload-")
        self._path = Path(name)
        self._target = os.fdopen(handle, "wb")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece."""
        self._target.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        """End a file."""
        self._target.close()
        return OnDisk(
            self._path, self.file_name or "", self.content_type or "", file_size, self.charset,
            self.content_type_extra,
        )  # fmt: skip

    def upload_interrupted(self) -> None:
        """The sender went away: what came is removed."""
        if getattr(self, "_target", None) is not None:
            self._target.close()
            self._path.unlink(missing_ok=True)
