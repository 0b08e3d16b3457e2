"""How a test says that a request must be refused, and with which words."""
from botocore.exceptions import ClientError


class refused:  # noqa: N801: reads as a word
    """with refused("ResourceInUseException", "part of the message") as error: …

    Fails unless the block ends in that error with HTTP status 400 and all parts in its message. Afterwards
    `error.response` is the whole answer.
    """

    def __init__(self, code, *parts):
        self.code, self.parts, self.response = code, parts, None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        assert kind is not None, f"was accepted; {self.code} was expected"
        if not issubclass(kind, ClientError):
            return False
        self.response = error.response
        assert error.response["Error"]["Code"] == self.code, error
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error.response
        for part in self.parts:
            assert part in error.response["Error"]["Message"], error
        return True


def invalid(*parts):
    """The commonest refusal."""
    return refused("ValidationException", *parts)
