"""Calls operations with the AWS CLI: reads {service, operation, parameters} and writes {answer} or {error}, one JSON text per line.

It is the CLI's own program, once for all commands: to start it for each takes longer than all else.
"""
import base64
import contextlib
import io
import json
import os
import re
import sys
import tempfile
from pathlib import Path

from awscli.clidriver import create_clidriver
from botocore import xform_name


def play(directory, service, operation, parameters):
    more, out = [], None
    code = parameters.get("Code", parameters)
    if archive := code.pop("ZipFile", None):
        path = directory / "code.zip"
        path.write_bytes(base64.b64decode(archive))
        more += ["--zip-file", f"fileb://{path}"]
        if code is not parameters:
            del parameters["Code"]
    if operation == "Invoke":
        if payload := parameters.pop("Payload", None):
            path = directory / "payload.json"
            path.write_text(payload, encoding="utf-8")
            more += ["--payload", f"fileb://{path}"]
        out = directory / "out.json"
        out.unlink(missing_ok=True)
        # It wants a file for the answer, and then the name as an option.
        for name, value in parameters.items():
            more += [f"--{xform_name(name, '-')}", value]
        more += [str(out)]
    else:
        more += ["--cli-input-json", json.dumps(parameters)]
    said, failed = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(failed):
        try:
            # For SQS, this version of the CLI does not look at AWS_ENDPOINT_URL.
            status = create_clidriver().main([service, xform_name(operation, "-"), "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "--output", "json", *more])
        except SystemExit as end:
            status = end.code
    if status:
        # An error occurred (CODE) when calling the X operation: …
        code = re.search(r"\((\S+?)\)", failed.getvalue())
        return {"error": code.group(1) if code else "", "message": failed.getvalue()}
    answer = json.loads(said.getvalue() or "{}")
    if out is not None and out.exists() and out.stat().st_size:
        answer["Payload"] = json.loads(out.read_text(encoding="utf-8"))
    return {"answer": answer}


def main():
    answers = sys.stdout
    with tempfile.TemporaryDirectory() as directory:
        for line in sys.stdin:
            answers.write(json.dumps(play(Path(directory), **json.loads(line))) + "\n")
            answers.flush()


main()
