#!/usr/bin/env python3
"""./dev demo emitter: the example's whole story on a temporary directory, with a real client, and nothing left to trust.

A table changes, one of the changes is what a rule wants, and an HTTP endpoint gets exactly that one; then the endpoint is
down, a phone number changes, the process is killed with kill -9, started again, and the event still arrives, in order.
One event is poison: the endpoint refuses it. It becomes a dead letter, the later ones of its user wait behind it, those of others
do not; it is redriven, and everything stands in order. At last the archive is replayed.
What was delivered in the moment before the kill may come again, with the same id: a receiver that looks at the id sees each
event once.
Exits with status 1 when anything differs from that.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests" / "binary"), str(HERE.parent)]

from process import Server, binary  # noqa: E402
from reader import arn_of, read_all  # noqa: E402
from receiver import Receiver, with_port  # noqa: E402
from story import expect, failures, say  # noqa: E402

TABLE = "user-table"
KEY = {"id": {"S": "u1"}}
RULE = "rule/phone-changed/endpoint"


def millrace(server, *arguments, code=0):
    """Runs a command against the process, shows and returns what it prints."""
    print(f"  $ millrace {' '.join(arguments)}", flush=True)
    done = subprocess.run([binary(), *arguments, "--endpoint", server.endpoint], capture_output=True, text=True, check=False, timeout=60)
    for line in (done.stdout + done.stderr).splitlines():
        print(f"    {line}", flush=True)
    expect(f"`millrace {arguments[0]}` ends with {code}", done.returncode, code)
    return done.stdout


def set_attribute(db, name, value, user="u1"):
    print(f"  UpdateItem {user}: {name} = {value}", flush=True)
    db.update_item(TableName=TABLE, Key={"id": {"S": user}}, UpdateExpression="SET #n = :v", ExpressionAttributeNames={"#n": name}, ExpressionAttributeValues={":v": {"S": value}})


def show_events(receiver, known=()):
    """Shows all that came; returns each event once."""
    seen = set(known)
    for received in list(receiver.received):
        event = received.event
        print(f"  POST {received.path}{'  (again)' if event['id'] in seen else ''}  {received.body.decode()}", flush=True)
        seen.add(event["id"])
    return receiver.different()


def new(events, known):
    return [event for event in events if event["id"] not in known]


def phones(events):
    return [event["detail"]["Values"]["phone-number"] for event in events]


def main():
    with tempfile.TemporaryDirectory(prefix="millrace-demo-") as directory:
        receiver = Receiver()
        port = receiver.port
        config = Path(directory) / "millrace.yaml"
        config.write_text(with_port((HERE / "millrace.yaml").read_text(encoding="utf-8"), port), encoding="utf-8")
        server = Server(directory, config=config)
        try:
            server.start()
            say(f"1. millrace dev -c examples/emitter/millrace.yaml   at {server.endpoint}, the rule's endpoint at http://127.0.0.1:{port}")
            db = server.client()
            expect("the configuration's table is there", db.list_tables()["TableNames"], [TABLE])

            say("2. a user is made, renamed, and gets a new phone number")
            db.put_item(TableName=TABLE, Item={**KEY, "name": {"S": "Ada"}, "phone-number": {"S": "+44 1"}})
            print("  PutItem u1: name = Ada, phone-number = +44 1", flush=True)
            set_attribute(db, "name", "Ada Lovelace")
            set_attribute(db, "name", "Ada Lovelace")  # changes nothing
            set_attribute(db, "phone-number", "+44 2")

            say("3. what the table's stream recorded: three changes, for one write changed nothing")
            records = read_all(server.client("dynamodbstreams"), arn_of(db, TABLE))
            for record in records:
                print(f"  {record['eventName']:<7}{record['dynamodb']['SequenceNumber']}  {record['dynamodb'].get('NewImage')}", flush=True)
            expect("one INSERT and two MODIFY", [record["eventName"] for record in records], ["INSERT", "MODIFY", "MODIFY"])

            say("4. what the rule let through to the endpoint: the change of the phone number")
            receiver.wait_for(1)
            events = show_events(receiver)
            expect("the event is a MODIFY of user-table", [(event["detail-type"], event["source"]) for event in events], [("MODIFY", TABLE)])
            expect("it names what changed", [event["detail"]["UpdatedFields"] for event in events], [["phone-number"]])
            expect("it holds the new values", [event["detail"]["Values"] for event in events], [{"id": "u1", "name": "Ada Lovelace", "phone-number": "+44 2"}])

            say("5. the endpoint goes down, the phone number changes twice, the process is killed with kill -9")
            receiver.close()
            set_attribute(db, "phone-number", "+44 3")
            set_attribute(db, "phone-number", "+44 4")
            server.kill()
            print("  kill -9", flush=True)

            say("6. the process is started again, then the endpoint comes back")
            server.start()
            db = server.client()
            expect("the acknowledged changes are there", db.get_item(TableName=TABLE, Key=KEY)["Item"]["phone-number"], {"S": "+44 4"})
            known = [event["id"] for event in events]
            receiver = Receiver(port)
            set_attribute(db, "phone-number", "+44 5")
            receiver.wait_until(lambda events: "+44 5" in phones(events))
            events = show_events(receiver, known)
            expect("every change arrived, in order", phones(new(events, known)), ["+44 3", "+44 4", "+44 5"])

            say("7. one event is poison: the endpoint refuses it, again and for ever")
            known = {*known, *(event["id"] for event in receiver.different())}
            receiver.answer = lambda request: 400 if request.event["detail"]["Values"]["phone-number"] == "poison" else 200
            for user, phone in (("u1", "poison"), ("u1", "+44 7"), ("u2", "+1 1"), ("u2", "+1 2")):
                set_attribute(db, "phone-number", phone, user)
            receiver.wait_until(lambda events: "+1 2" in phones(events))
            events = show_events(receiver, known)
            expect("the other user's change went through, the later one of this user waits", phones(new(events, known)), ["+1 2"])
            millrace(server, "status", code=1)  # 1: somebody should look
            millrace(server, "dlq", "ls", RULE)
            letter = millrace(server, "dlq", "show", RULE, "1")
            expect("the dead letter has the reason", "answered 400" in letter, True)
            expect("and the whole event", '"poison"' in letter, True)

            say("8. the endpoint is mended, the dead letter redriven: nothing overtook it")
            receiver.answer = None
            millrace(server, "dlq", "redrive", RULE, "1")
            receiver.wait_until(lambda events: "+44 7" in phones(events))
            show_events(receiver, [event["id"] for event in events])
            expect("first it, then what waited behind it", [phone for phone in phones(new(receiver.different(), known)) if not phone.startswith("+1")], ["poison", "+44 7"])

            say("9. the archive is replayed to the rule: every event once more, in order, with its old id")
            before = {*known, *(event["id"] for event in receiver.different())}
            received = len(receiver.events())
            millrace(server, "replay", "crm", "--from", "trim-horizon", "--rule", "phone-changed", "--name", "again")
            receiver.wait_until(lambda events: len(events) >= received + len(before))
            again = receiver.events()[received:]
            for event in again:
                print(f"  POST replay-name {event.get('replay-name')}  {event['id']}  {event['detail']['Values']['phone-number']}", flush=True)
            expect("the events are the old ones", {event["id"] for event in again}, before)
            expect("they say that they come again", {event.get("replay-name") for event in again}, {"again"})
            expect("those of the user in their order", [phone for phone in phones(again) if not phone.startswith("+1")], ["+44 2", "+44 3", "+44 4", "+44 5", "poison", "+44 7"])

            say("10. the process is stopped")
            received = len(receiver.events())
            expect("it ends by itself", server.stop(), 0)
            expect("the endpoint got nothing else", len(receiver.events()), received)
        except Exception as error:  # whatever went wrong, the demo has failed and says so
            print(f"  NOT {type(error).__name__}: {error}", flush=True)
            failures.append(str(error))
        finally:
            server.kill()
            receiver.close()
        if failures:
            print(f"\nthe process said:\n{server.log()}", flush=True)
    print(f"\n{len(failures)} of the demo's expectations failed" if failures else "\nall as it should be", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
