"""Proves that boto3, the AWS SDK for JavaScript and the AWS CLI can call every operation that a service must have, and understand the answers."""
import base64
import json
import shutil
import subprocess
import sys

import jmespath
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from operations import MUST, SCENARIOS
from test_emitter import ROOT

from test_lambda import NODE, package

CLIENTS = ["boto3", "javascript", "cli"]


class Boto3:
    def __init__(self, server):
        self.server, self.clients = server, {}

    def call(self, service, operation, parameters):
        if service not in self.clients:
            self.clients[service] = self.server.client(service)
        code = parameters.get("Code", parameters)
        if "ZipFile" in code:
            code["ZipFile"] = base64.b64decode(code["ZipFile"])
        try:
            answer = getattr(self.clients[service], xform_name(operation))(**parameters)
        except ClientError as error:
            return {"error": error.response["Error"]["Code"], "message": str(error)}
        if "Payload" in answer:
            answer["Payload"] = json.loads(answer["Payload"].read() or "null")
        return {"answer": answer}

    def close(self):
        pass


class Player:
    """A program that is told on its input what to call, and says on its output what was answered."""

    def __init__(self, server, *command):
        self.process = subprocess.Popen([str(word) for word in command], env=server.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, service, operation, parameters):
        self.process.stdin.write(json.dumps({"service": service, "operation": operation, "parameters": parameters}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the client ended at {operation}"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0


@pytest.fixture(params=CLIENTS)
def player(request, server):
    folder = ROOT / "tests" / "binary"
    made = {"boto3": lambda: Boto3(server), "javascript": lambda: Player(server, shutil.which("node"), folder / "player.mjs"),
            "cli": lambda: Player(server, sys.executable, folder / "cli_player.py")}[request.param]()
    yield made
    made.close()


def filled(value, names):
    """`value` with what was saved."""
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    if isinstance(value, str):
        for name, saved in names.items():
            value = value.replace(f"«{name}»", saved)
        assert "«" not in value, value
    return value


@pytest.mark.parametrize("service", SCENARIOS)
def test_every_operation_with(service, player, server, db, new_table, unique):
    table = new_table("id:S", view="NEW_IMAGE")
    names = {"n": unique("op"), "table": f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}", "bus": "arn:aws:events:us-east-1:000000000000:event-bus/default",
             "stream": db.describe_table(TableName=table)["Table"]["LatestStreamArn"], "zip": base64.b64encode(package(index_js=NODE)).decode()}
    called = set()
    for operation, parameters, expected in SCENARIOS[service]:
        result = player.call(service, operation, filled(parameters, names))
        where = f"{service} {operation} {parameters}: {result}"
        if expected["error"]:
            # Clients name errors by the shape, or by the code of the old query protocol.
            assert any(code in result.get("error", "") for code in expected["error"].split("|")), where
            continue
        assert "answer" in result, where
        called.add(operation)
        for path, value in expected["has"].items():
            assert jmespath.search(filled(path, names), result["answer"]) == filled(value, names), f"{path} of {where}"
        for name, path in expected["save"].items():
            names[name] = jmespath.search(path, result["answer"])
            assert names[name], where
    missing = set(MUST[service].split()) - called
    assert missing <= {"CancelReplay", "CancelMessageMoveTask"}, missing  # what there is to cancel may be done by then
