"""The two worlds an installation may live in: SQLite and files, or PostgreSQL and S3."""

import os
from dataclasses import dataclass
from pathlib import Path

from postgres import Cluster
from s3 import Store

SECRET = "only-for-tests " * 4


@dataclass(frozen=True)
class World:
    """Where an installation keeps what it remembers; empty at the start."""

    name: str  # embedded | production
    database_url: str
    media_url: str
    data_dir: Path

    @property
    def secret_file(self) -> Path:
        return self.data_dir / "secret"

    def share_secret(self) -> None:
        """The copied database was signed under the secret of the template: this world has the same."""
        self.secret_file.write_text(SECRET)
        self.secret_file.chmod(0o600)

    @property
    def env(self) -> dict[str, str]:
        """The environment of an installation in this world, for child processes."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("SOTAY_")},
            "SOTAY_DATABASE_URL": self.database_url,
            "SOTAY_MEDIA_URL": self.media_url,
            "SOTAY_DATA_DIR": str(self.data_dir),
            "SOTAY_QUOTA": "1000000/100000000",  # counted, never met: phones of load tests are not honest ones
        }


def embedded_world(folder: Path) -> World:
    """SQLite and files, as `make run` has it."""
    return World("embedded", f"sqlite:///{folder / 'sotay.db'}", f"file://{folder / 'media'}", folder)


def production_world(folder: Path, postgres: Cluster, s3: Store, template: str = "template0") -> World:
    """PostgreSQL and S3; the database is fresh, or a copy of `template`."""
    database = postgres.create_database(template)
    return World("production", postgres.url(database), s3.url(s3.create_bucket()), folder)
