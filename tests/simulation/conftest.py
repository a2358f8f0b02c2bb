"""The simulated town of these tests, filled once."""

import pytest

from sim_making import make_template
from sim_town import Template


@pytest.fixture(scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return await make_template(tmp_path_factory.mktemp("simulated"))
