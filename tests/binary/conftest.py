"""What the tests of the whole binary share: a server, and tables of their own."""
import contextlib
import itertools
import os
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "binary"), str(ROOT / "examples" / "emitter"), str(ROOT / "tests" / "kafka")]

from broker import Broker  # noqa: E402
from process import Server  # noqa: E402
from tables import create_table  # noqa: E402

_names = (f"{os.getpid()}-{number}" for number in itertools.count(1))


def pytest_addoption(parser):
    parser.addoption("--url", help="test what answers there instead of the binary, e.g. a DynamoDB of somebody else")


@pytest.fixture(scope="session")
def server(tmp_path_factory, request):
    """One durable server with no configuration, shared by all tests that need nothing special."""
    if url := request.config.getoption("--url"):
        other = Server(tmp_path_factory.mktemp("server"))
        other.endpoint, other.port = url, int(url.rsplit(":", 1)[1])
        yield other
        return
    shared = Server(tmp_path_factory.mktemp("server")).start()
    yield shared
    assert shared.alive(), f"the server died during the tests:\n{shared.log()[-4000:]}"
    assert shared.stop() == 0, shared.log()[-4000:]
    if report := shared.sanitizer_report():
        pytest.fail(report[:8000])


@pytest.fixture
def new_server(tmp_path, request):
    """Makes servers of the test's own; each is ended after the test and must not have left a sanitizer's report."""
    if request.config.getoption("--url"):
        pytest.skip("needs the binary")
    servers = []

    def make(name="server", **arguments):
        servers.append(Server(tmp_path / name, **arguments))
        return servers[-1]

    yield make
    for each in servers:
        if each.process is not None:
            each.kill()
            if report := each.sanitizer_report():
                pytest.fail(report[:8000])


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    """One Kafka broker, shared by all tests that need one; each has topics of its own."""
    shared = Broker(tmp_path_factory.mktemp("kafka")).start()
    yield shared
    shared.stop()


@pytest.fixture(scope="session")
def db(server):
    return server.client()


@pytest.fixture(scope="session")
def streams(server):
    return server.client("dynamodbstreams")


@pytest.fixture
def unique():
    """Names that no other test uses."""
    return lambda prefix="t": f"{prefix}-{next(_names)}"


@pytest.fixture
def new_table(db, unique):
    """new_table("pk:S", "sk:N", view="NEW_IMAGE") makes a table for this test and returns its name."""
    made = []

    def make(*key, **more):
        made.append(unique())
        create_table(db, made[-1], *key, **more)
        return made[-1]

    yield make
    for name in made:
        with contextlib.suppress(ClientError):
            db.delete_table(TableName=name)


@pytest.fixture
def table(new_table):
    """A table whose key is the string `pk`."""
    return new_table("pk:S")


@pytest.fixture
def pairs(new_table):
    """A table whose key is the strings `pk` and `sk`."""
    return new_table("pk:S", "sk:S")
