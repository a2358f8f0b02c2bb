"""The application as server processes import it."""

from server.app import make_app

app = make_app()
