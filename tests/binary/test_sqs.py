"""Queues over the wire: boto3 (JSON protocol), the query protocol by hand, the AWS CLI and the SDK for JavaScript v3."""
import hashlib
import json
import re
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from process import REGION

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "000000000000"


@pytest.fixture(scope="session")
def sqs(server):
    return server.client("sqs")


@pytest.fixture
def new_queue(sqs, unique):
    """new_queue(VisibilityTimeout=5) makes a queue for this test and returns its URL."""
    def make(suffix="", **attributes):
        return sqs.create_queue(QueueName=unique("q") + suffix, Attributes={k: str(v) for k, v in attributes.items()})["QueueUrl"]

    return make


@pytest.fixture
def fifo(new_queue):
    return lambda **attributes: new_queue(".fifo", FifoQueue="true", **attributes)


def arn(url):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rsplit('/', 1)[1]}"


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def fails(code, call, **arguments):
    with pytest.raises(ClientError) as failed:
        call(**arguments)
    assert failed.value.response["Error"]["Code"] == code, failed.value
    return failed.value.response["Error"]["Message"]


def receive(sqs, url, count=10, **more):
    return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=count, **more).get("Messages", [])


def test_queues_are_made_found_listed_and_deleted(sqs, server, unique):
    name = unique("q")
    url = sqs.create_queue(QueueName=name, tags={"team": "a"})["QueueUrl"]
    assert url == f"{server.endpoint}/{ACCOUNT}/{name}"
    assert sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30"})["QueueUrl"] == url
    assert "different value for attribute DelaySeconds" in fails("QueueAlreadyExists", sqs.create_queue, QueueName=name, Attributes={"DelaySeconds": "1"})
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert sqs.list_queues(QueueNamePrefix=name)["QueueUrls"] == [url]
    for i in range(3):
        sqs.create_queue(QueueName=f"{name}-{i}")
    pages = list(sqs.get_paginator("list_queues").paginate(QueueNamePrefix=name, PaginationConfig={"PageSize": 2}))
    assert [len(page["QueueUrls"]) for page in pages] == [2, 2]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "a"}
    sqs.tag_queue(QueueUrl=url, Tags={"stage": "b"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["team"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"stage": "b"}
    sqs.delete_queue(QueueUrl=url)
    assert fails("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName=name) == "The specified queue does not exist."
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message(QueueUrl=url, MessageBody="x")
    fails("InvalidParameterValue", sqs.create_queue, QueueName="no spaces")
    fails("InvalidParameterValue", sqs.create_queue, QueueName="not-fifo", Attributes={"FifoQueue": "true"})
    fails("InvalidAttributeName", sqs.create_queue, QueueName=unique("q"), Attributes={"Colour": "red"})


def test_attributes_have_their_defaults_and_come_back_as_they_were_set(sqs, new_queue, fifo):
    url = new_queue()
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert re.fullmatch(r"\d{10}", attributes.pop("CreatedTimestamp")) and re.fullmatch(r"\d{10}", attributes.pop("LastModifiedTimestamp"))
    assert attributes == {"QueueArn": arn(url), "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0", "ApproximateNumberOfMessagesDelayed": "0",
                          "VisibilityTimeout": "30", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600", "DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0",
                          "SqsManagedSseEnabled": "true"}
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url)
    policy = json.dumps({"deadLetterTargetArn": arn(new_queue()), "maxReceiveCount": "4"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "7", "Policy": '{"a": 1}'})
    names = ["RedrivePolicy", "VisibilityTimeout", "Policy"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] == {"RedrivePolicy": policy, "VisibilityTimeout": "7", "Policy": '{"a": 1}'}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert "RedrivePolicy" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    ours = sqs.get_queue_attributes(QueueUrl=fifo(ContentBasedDeduplication="true"), AttributeNames=["All"])["Attributes"]
    assert {k: ours[k] for k in ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")} == {
        "FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}
    for name, value in (("VisibilityTimeout", "43201"), ("DelaySeconds", "-1"), ("MessageRetentionPeriod", "59"), ("MaximumMessageSize", "x"), ("ReceiveMessageWaitTimeSeconds", "21")):
        assert name in fails("InvalidAttributeValue", sqs.set_queue_attributes, QueueUrl=url, Attributes={name: value})
    assert "Dead letter target does not exist" in fails("InvalidParameterValue", sqs.set_queue_attributes, QueueUrl=url,
                                                        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn("x/absent"), "maxReceiveCount": 1})})


def test_a_message_is_sent_received_and_deleted(sqs, new_queue):
    url = new_queue()
    attributes = {"kind": {"DataType": "String", "StringValue": "grüße"}, "count": {"DataType": "Number.int", "StringValue": "7"}, "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello 😀", MessageAttributes=attributes,
                            MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}})
    assert sent["MD5OfMessageBody"] == md5("hello 😀") and "SequenceNumber" not in sent
    (message,) = receive(sqs, url, MessageAttributeNames=["All"], AttributeNames=["All"])
    assert message["MessageId"] == sent["MessageId"] and message["Body"] == "hello 😀" and message["MD5OfBody"] == md5("hello 😀")
    assert message["MessageAttributes"] == attributes and message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1" and message["Attributes"]["AWSTraceHeader"].startswith("Root=")
    assert message["Attributes"]["SenderId"] and int(message["Attributes"]["SentTimestamp"]) <= int(message["Attributes"]["ApproximateFirstReceiveTimestamp"])
    assert receive(sqs, url) == []
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesNotVisible"]) == ("0", "1")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = receive(sqs, url, MessageAttributeNames=["ki.*"], MessageSystemAttributeNames=["ApproximateReceiveCount"])
    assert again["Attributes"] == {"ApproximateReceiveCount": "2"} and set(again["MessageAttributes"]) == {"kind"}
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    fails("ReceiptHandleIsInvalid", sqs.delete_message, QueueUrl=url, ReceiptHandle="nonsense")
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])["Attributes"] == {"ApproximateNumberOfMessagesNotVisible": "0"}


def test_batches_fail_in_part(sqs, new_queue):
    url = new_queue()
    entries = [{"Id": str(i), "MessageBody": f"m{i}"} for i in range(4)]
    entries[1]["MessageBody"] = "bad \x01"
    entries[2]["DelaySeconds"] = 901
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [(entry["Id"], entry["MD5OfMessageBody"]) for entry in answer["Successful"]] == [("0", md5("m0")), ("3", md5("m3"))]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [("1", "InvalidMessageContents", True), ("2", "InvalidParameterValue", True)]
    messages = receive(sqs, url)
    assert [message["Body"] for message in messages] == ["m0", "m3"]
    changes = [{"Id": "a", "ReceiptHandle": messages[0]["ReceiptHandle"], "VisibilityTimeout": 100}, {"Id": "b", "ReceiptHandle": "x", "VisibilityTimeout": 1}]
    answer = sqs.change_message_visibility_batch(QueueUrl=url, Entries=changes)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"] and [entry["Code"] for entry in answer["Failed"]] == ["ReceiptHandleIsInvalid"]
    answer = sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(messages)])
    assert len(answer["Successful"]) == 2 and "Failed" not in answer
    one = {"Id": "a", "MessageBody": "x"}
    fails("AWS.SimpleQueueService.EmptyBatchRequest", sqs.send_message_batch, QueueUrl=url, Entries=[])
    assert fails("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": "x"} for i in range(20)]) == \
        "Maximum number of entries per request are 10. You have sent 20."
    fails("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", sqs.send_message_batch, QueueUrl=url, Entries=[one, one])
    fails("AWS.SimpleQueueService.InvalidBatchEntryId", sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": "a b", "MessageBody": "x"}])
    half = {"MessageBody": "x" * 524_288}
    assert fails("AWS.SimpleQueueService.BatchRequestTooLong", sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": "a", **half}, {"Id": "b", **half}, {"Id": "c", "MessageBody": "x"}]) == \
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."


def test_what_does_not_fit_is_refused_in_the_words_of_sqs(sqs, new_queue, fifo):
    url = new_queue(MaximumMessageSize=1024)
    assert fails("InvalidParameterValue", sqs.send_message, QueueUrl=url, MessageBody="x" * 1025) == \
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."
    sqs.send_message(QueueUrl=url, MessageBody="x" * 1024)
    assert fails("InvalidParameterValue", sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11) == \
        "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
    fails("InvalidParameterValue", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=21)
    fails("InvalidParameterValue", sqs.send_message, QueueUrl=url, MessageBody="x", MessageDeduplicationId="d")
    fails("InvalidMessageContents", sqs.send_message, QueueUrl=url, MessageBody="\x00")
    fails("InvalidParameterValue", sqs.send_message, QueueUrl=url, MessageBody="x", MessageAttributes={"a": {"DataType": "Colour", "StringValue": "red"}})
    ordered = fifo()
    assert fails("MissingParameter", sqs.send_message, QueueUrl=ordered, MessageBody="x") == "The request must contain the parameter MessageGroupId."
    fails("InvalidParameterValue", sqs.send_message, QueueUrl=ordered, MessageBody="x", MessageGroupId="g")
    fails("InvalidParameterValue", sqs.send_message, QueueUrl=ordered, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d", DelaySeconds=1)


def test_fifo_keeps_groups_in_order_and_takes_a_message_once(sqs, fifo):
    url = fifo(ContentBasedDeduplication="true")
    sent = [sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0]) for body in ("a1", "a2", "b1", "a1")]
    assert sent[3]["MessageId"] == sent[0]["MessageId"] and sent[3]["SequenceNumber"] == sent[0]["SequenceNumber"]
    assert all(re.fullmatch(r"\d{20}", each["SequenceNumber"]) for each in sent) and sent[0]["SequenceNumber"] < sent[1]["SequenceNumber"] < sent[2]["SequenceNumber"]
    (first,) = receive(sqs, url, 1, AttributeNames=["All"])
    assert first["Body"] == "a1" and first["Attributes"]["MessageGroupId"] == "a"
    assert first["Attributes"]["MessageDeduplicationId"] == hashlib.sha256(b"a1").hexdigest()
    assert [message["Body"] for message in receive(sqs, url)] == ["b1"], "group a is locked"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert [message["Body"] for message in receive(sqs, url)] == ["a2"]


def test_a_receive_attempt_is_repeated_and_quiet_groups_go_before_a_noisy_one(sqs, fifo, new_queue):
    url = fifo(ContentBasedDeduplication="true")
    for body in ("a1", "b1"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0])
    first = receive(sqs, url, 1, ReceiveRequestAttemptId="try-1")
    assert [each["ReceiptHandle"] for each in receive(sqs, url, 10, ReceiveRequestAttemptId="try-1")] == [first[0]["ReceiptHandle"]]
    assert [each["Body"] for each in receive(sqs, url, 10, ReceiveRequestAttemptId="try-2")] == ["b1"]
    fails("InvalidParameterValue", sqs.receive_message, QueueUrl=url, ReceiveRequestAttemptId="no spaces")
    url = new_queue()
    for batch in range(5):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": f"noisy {batch} {i}", "MessageGroupId": "noisy"} for i in range(10)])
    assert len(receive(sqs, url, 10)) == 10
    sqs.send_message(QueueUrl=url, MessageBody="quiet", MessageGroupId="quiet")
    (message,) = receive(sqs, url, 1, AttributeNames=["MessageGroupId"])
    assert (message["Body"], message["Attributes"]["MessageGroupId"]) == ("quiet", "quiet")


def test_a_long_poll_ends_with_the_message_and_is_woken_by_time(sqs, new_queue):
    url = new_queue()
    answers = []
    began = time.monotonic()
    waiting = [threading.Thread(target=lambda: answers.append((receive(sqs, url, 1, WaitTimeSeconds=20), time.monotonic() - began))) for _ in range(3)]
    for thread in waiting:
        thread.start()
    sqs.send_message(QueueUrl=url, MessageBody="now")
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
    deadline = time.monotonic() + 15
    while len(answers) < 2 and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert [answer[0][0]["Body"] for answer in answers[:2]] == ["now", "later"]
    assert answers[1][1] >= 1
    # The lease of the first is cut short: the third gets it.
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=answers[0][0][0]["ReceiptHandle"], VisibilityTimeout=1)
    for thread in waiting:
        thread.join()
    assert answers[2][0][0]["Body"] == "now" and answers[2][1] < 15
    began = time.monotonic()
    assert receive(sqs, new_queue(ReceiveMessageWaitTimeSeconds=1)) == []
    assert 1 <= time.monotonic() - began < 10


def test_what_fails_too_often_goes_to_the_dead_letters_and_back(sqs, new_queue):
    dead = new_queue()
    url = new_queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": 2}))
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    sent = sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        assert len(receive(sqs, url, VisibilityTimeout=0)) == 1
    assert receive(sqs, url) == []
    (message,) = receive(sqs, dead, AttributeNames=["All"], VisibilityTimeout=0)
    assert message["MessageId"] == sent["MessageId"] and message["Attributes"]["DeadLetterQueueSourceArn"] == arn(url)
    assert "must be configured as a Dead Letter Queue" in fails("InvalidParameterValue", sqs.start_message_move_task, SourceArn=arn(url))
    fails("ResourceNotFoundException", sqs.start_message_move_task, SourceArn=arn("x/absent"))
    assert sqs.start_message_move_task(SourceArn=arn(dead))["TaskHandle"]
    assert [message["Body"] for message in receive(sqs, url, WaitTimeSeconds=10)] == ["poison"]
    deadline = time.monotonic() + 10
    while (task := sqs.list_message_move_tasks(SourceArn=arn(dead))["Results"][0])["Status"] == "RUNNING" and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert task["Status"] == "COMPLETED" and task["ApproximateNumberOfMessagesMoved"] == 1 and "TaskHandle" not in task
    fails("ResourceNotFoundException", sqs.cancel_message_move_task, TaskHandle="none")


def test_purge_takes_everything_once_a_minute(sqs, new_queue):
    url = new_queue()
    for body in ("1", "2"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    receive(sqs, url, 1)
    sqs.purge_queue(QueueUrl=url)
    assert receive(sqs, url) == []
    fails("AWS.SimpleQueueService.PurgeQueueInProgress", sqs.purge_queue, QueueUrl=url)


def query(url, **parameters):
    data = urllib.parse.urlencode({"Version": "2012-11-05", **parameters}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=60) as answer:
            assert answer.headers["Content-Type"] == "text/xml"
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_query_protocol_speaks_xml(sqs, server, unique):
    name = unique("q")
    status, text = query(server.endpoint, Action="CreateQueue", QueueName=name, **{"Attribute.1.Name": "VisibilityTimeout", "Attribute.1.Value": "9"})
    url = f"{server.endpoint}/{ACCOUNT}/{name}"
    assert status == 200 and f"<CreateQueueResult><QueueUrl>{url}</QueueUrl></CreateQueueResult>" in text and "<RequestId>" in text
    status, text = query(url, Action="SendMessage", MessageBody="a < b & c", **{"MessageAttribute.1.Name": "k", "MessageAttribute.1.Value.DataType": "String", "MessageAttribute.1.Value.StringValue": "v"})
    assert status == 200 and f"<MD5OfMessageBody>{md5('a < b & c')}</MD5OfMessageBody>" in text
    status, text = query(url, Action="SendMessageBatch", **{"SendMessageBatchRequestEntry.1.Id": "one", "SendMessageBatchRequestEntry.1.MessageBody": "x",
                                                            "SendMessageBatchRequestEntry.2.Id": "two", "SendMessageBatchRequestEntry.2.MessageBody": "y", "SendMessageBatchRequestEntry.2.DelaySeconds": "1000"})
    assert "<SendMessageBatchResultEntry><Id>one</Id>" in text and "<BatchResultErrorEntry><Id>two</Id><SenderFault>true</SenderFault><Code>InvalidParameterValue</Code>" in text
    status, text = query(url, Action="ReceiveMessage", MaxNumberOfMessages="10", **{"AttributeName.1": "ApproximateReceiveCount", "MessageAttributeName.1": "All"})
    assert "<Body>a &lt; b &amp; c</Body>" in text and "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>" in text
    assert "<MessageAttribute><Name>k</Name><Value><StringValue>v</StringValue><DataType>String</DataType></Value></MessageAttribute>" in text
    receipt = re.search(r"<ReceiptHandle>([^<]+)</ReceiptHandle>", text)[1]
    status, text = query(url, Action="DeleteMessage", ReceiptHandle=receipt)
    assert status == 200 and "<DeleteMessageResponse" in text and "Result" not in text.replace("ResponseMetadata", "")
    status, text = query(url, Action="GetQueueAttributes", **{"AttributeName.1": "VisibilityTimeout"})
    assert "<Attribute><Name>VisibilityTimeout</Name><Value>9</Value></Attribute>" in text
    status, text = query(server.endpoint, Action="GetQueueUrl", QueueName="absent")
    assert status == 400 and "<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist.</Message>" in text
    status, text = query(server.endpoint, Action="Nonsense")
    assert status == 400 and "<Code>InvalidAction</Code>" in text
    sqs.send_message(QueueUrl=url, MessageBody="by hand")
    with urllib.request.urlopen(f"{url}?Action=ReceiveMessage&Version=2012-11-05", timeout=60) as answer:
        assert "<Body>by hand</Body>" in answer.read().decode()


def test_everything_survives_kill_nine(new_server):
    server = new_server().start()
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    first = sqs.send_message(QueueUrl=url, MessageBody="a1", MessageGroupId="a", MessageDeduplicationId="1")
    sqs.send_message(QueueUrl=url, MessageBody="a2", MessageGroupId="a", MessageDeduplicationId="2")
    sqs.send_message(QueueUrl=url, MessageBody="b1", MessageGroupId="b", MessageDeduplicationId="3")
    (held,) = receive(sqs, url, 1)
    server.kill()
    server.start()
    sqs = server.client("sqs")
    url = sqs.get_queue_url(QueueName="q.fifo")["QueueUrl"]
    assert sqs.send_message(QueueUrl=url, MessageBody="again", MessageGroupId="a", MessageDeduplicationId="1")["MessageId"] == first["MessageId"]
    assert [message["Body"] for message in receive(sqs, url)] == ["b1"], "a1 is still leased, and locks its group"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    assert [message["Body"] for message in receive(sqs, url)] == ["a2"]
    # A long poll does not hold up the end.
    waiting = threading.Thread(target=lambda: receive(sqs, url, WaitTimeSeconds=20))
    waiting.start()
    deadline = time.monotonic() + 10
    while "ESTAB" not in subprocess.run(["ss", "-tn", f"sport = :{server.port}"], capture_output=True, text=True, check=False).stdout and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 5
    waiting.join()


def test_with_the_aws_cli(server, unique):
    aws = shutil.which("aws")
    assert aws, "the AWS CLI is on the PATH of these tests"

    def run(*arguments):
        # Version 1 of the CLI does not look at AWS_ENDPOINT_URL for SQS.
        done = subprocess.run([aws, "--endpoint-url", server.endpoint, "sqs", *arguments, "--output", "json"], env=server.environment(), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    url = run("create-queue", "--queue-name", unique("cli"))["QueueUrl"]
    run("send-message", "--queue-url", url, "--message-body", "from the command line")
    message = run("receive-message", "--queue-url", url, "--wait-time-seconds", "5")["Messages"][0]
    assert message["Body"] == "from the command line"
    run("delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
    assert run("get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]["ApproximateNumberOfMessages"] == "0"
    run("delete-queue", "--queue-url", url)


def test_with_the_sdk_for_javascript(server, unique):
    node = shutil.which("node")
    assert node, "Node is what the SDK for JavaScript runs on"
    done = subprocess.run([node, "--test", str(ROOT / "tests" / "binary" / "sqs.test.mjs")], env={**server.environment(), "QUEUE": unique("js")}, capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
