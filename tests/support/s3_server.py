"""A storage that speaks S3: a server of its own, which checks every signature."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

from pydantic import SecretStr

from steward.kernel.settings import Storage
from tests.support.processes import free_port

KEY_ID = "key-of-the-tests"
SECRET = "secret-of-the-tests"
BUCKET = "steward-tests"


class S3Server:
    """nanio on a free port; its buckets are folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        (folder / BUCKET).mkdir(parents=True)

    def settings(self, prefix: str = "files", secret: str = SECRET, bucket: str = BUCKET) -> Storage:
        """What an operator would set."""
        return Storage(
            url=f"s3://{bucket}/{prefix}",
            s3_endpoint=f"http://127.0.0.1:{self.port}",
            s3_key_id=KEY_ID,
            s3_secret=SecretStr(secret),
        )


@contextlib.contextmanager
def s3_server(folder: Path) -> Generator[S3Server]:
    """A server that listens when the block begins, and is gone when it ends."""
    server = S3Server(folder)
    address = ("--host", "127.0.0.1", "--port", str(server.port))
    process = subprocess.Popen(
        [sys.executable, "-m", "nanio", "serve", "--data-dir", folder, *address],
        env={**os.environ, "NANIO_ACCESS_KEY": KEY_ID, "NANIO_SECRET_KEY": SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, server.port)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(1000):
        assert process.poll() is None, "nanio ended; make setup-dev installs it"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError("nanio does not listen")
