"""Google's own Firestore emulator, where the Google Cloud CLI has it installed; it needs Java."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from sandbox.ports import free_port

_LOOPBACK = "127.0.0.1"
_JAR = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
# The jar has no main manifest attribute, so `java -jar` does not start it.
_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
_USUAL_ROOTS = (
    "/usr/lib/google-cloud-sdk",
    "/usr/share/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
    "/opt/homebrew/share/google-cloud-sdk",
    "~/google-cloud-sdk",
)
_START_SECONDS = 40.0
_STOP_SECONDS = 5.0


class GoogleFirestore:
    """The emulator on a free port, with the interface of `EmbeddedFirestore`.

    `rules` is a security rules file (None: everything allowed). `RuntimeError` from `start` when it is not
    installed or does not come up.
    """

    def __init__(self, rules: Path | None = None) -> None:
        self._rules = rules
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def find() -> Path | None:
        """The emulator's jar; None when it or Java is missing."""
        if shutil.which("java") is None:
            return None
        return next((root / _JAR for root in _cloud_sdk_roots() if (root / _JAR).is_file()), None)

    @property
    def host(self) -> str:
        """The address for `FIRESTORE_EMULATOR_HOST`."""
        return f"{_LOOPBACK}:{self._port}"

    def start(self) -> GoogleFirestore:
        """Start Java and wait until it answers."""
        jar = self.find()
        if jar is None:
            raise RuntimeError("Google's Firestore emulator is not installed, or Java is missing.")
        self._port = free_port()
        with tempfile.TemporaryFile() as output:
            self._process = subprocess.Popen(
                self._command(jar),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                self._wait_until_ready()
            except BaseException as error:
                self.stop()
                output.seek(0)
                said = output.read().decode(errors="replace")[-2000:]
                if isinstance(error, RuntimeError):
                    raise RuntimeError(f"{error}\n{said}") from None
                raise
        return self

    def stop(self) -> None:
        """Stop the emulator and whatever it started; stopping twice is harmless."""
        process, self._process = self._process, None
        if process is None:
            return
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, signal_number)
                process.wait(_STOP_SECONDS)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue

    def __enter__(self) -> GoogleFirestore:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _command(self, jar: Path) -> list[str]:
        command = ["java", "-Duser.language=en", "-cp", str(jar), _MAIN_CLASS]
        command += [f"--host={_LOOPBACK}", f"--port={self._port}"]
        return command if self._rules is None else [*command, f"--rules={self._rules}"]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError("Google's Firestore emulator ended while starting.")
            if self._answers():
                return
            time.sleep(0.05)
        raise RuntimeError(f"Google's Firestore emulator did not answer within {_START_SECONDS:.0f} s.")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.host}/", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _cloud_sdk_roots() -> Iterator[Path]:
    gcloud = shutil.which("gcloud")
    if gcloud:
        yield Path(gcloud).resolve().parents[1]
    for root in (os.environ.get("CLOUDSDK_ROOT"), os.environ.get("CLOUDSDK_ROOT_DIR"), *_USUAL_ROOTS):
        if root:
            yield Path(root).expanduser()
