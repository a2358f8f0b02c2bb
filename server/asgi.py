"""The application as server processes import it."""

from server import logs
from server.app import make_app

logs.set_up()  # server processes beside the first one begin here
litestar = make_app()
app = litestar.state.traffic.counting(litestar)
