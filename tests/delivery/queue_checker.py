"""QueueChecker holds a queue to its promises, from what its senders and receivers saw: times are theirs, so a fault is
told only where no order of events at the server explains it.

Bodies are "GROUP/NUMBER"; the senders of a group send its numbers in order, from 1, each until it was acknowledged.

Threads: thread-safe.
"""
import threading

KINDS = ("lost", "twice", "zombie", "disorder", "stranger")


class QueueChecker:
    """
    lost      acknowledged as sent, and never received; a deletion whose answer was lost may have taken place
    twice     given out while somebody holds it
    zombie    given out after its deletion was acknowledged
    disorder  FIFO: given out before an earlier one of its group that is neither deleted nor just before it
    stranger  nobody sent it
    """

    def __init__(self, groups, each, fifo):
        self.fifo, self.each = fifo, each
        self.groups = set(groups)
        self.faults = []
        self.received = 0
        self.lock = threading.Lock()
        self.held = {}  # message id: until when it is certainly held
        self.deleted = {}  # message id: when its deletion was acknowledged
        self.attempted = {group: set() for group in groups}  # numbers whose deletion was asked for
        self.first = dict.fromkeys(groups, 1)  # all before it were

    def fault(self, kind, what):
        assert kind in KINDS
        self.faults.append((kind, what))

    def receive(self, messages, asked, answered, visibility):
        """`messages`: (message id, body) in the order of the answer; asked and answered: when the receiver did."""
        with self.lock:
            self.received += len(messages)
            before = {}  # numbers of each group earlier in this answer
            for message, body in messages:
                group, _, number = body.partition("/")
                if group not in self.groups or not number.isdigit() or not 1 <= int(number) <= self.each:
                    self.fault("stranger", body)
                    continue
                if (early := self.held.get(message, 0) - answered) > 0:
                    self.fault("twice", f"{body}, {early:.4f} s too early")
                if self.deleted.get(message, asked) < asked:
                    self.fault("zombie", body)
                if self.fifo:
                    self._order(group, int(number), before.setdefault(group, set()))
                self.held[message] = max(self.held.get(message, 0), asked + visibility)

    def _order(self, group, number, here):
        missing = [n for n in range(self.first[group], number) if n not in self.attempted[group] and n not in here]
        if missing:
            self.fault("disorder", f"{group}/{number} before {group}/{missing[0]}")
        here.add(number)

    def give_back(self, message):
        """Asked for, whether it was done or not."""
        with self.lock:
            self.held.pop(message, None)

    def delete_asked(self, message, body):
        with self.lock:
            self.held.pop(message, None)
            group, _, number = body.partition("/")
            self.attempted[group].add(int(number))
            while self.first[group] in self.attempted[group]:
                self.first[group] += 1

    def delete_answered(self, message, answered):
        with self.lock:
            self.deleted[message] = answered

    def done(self):
        with self.lock:
            return all(first > self.each for first in self.first.values())

    def finish(self):
        with self.lock:
            for group in self.groups:
                for number in range(1, self.each + 1):
                    if number not in self.attempted[group]:
                        self.fault("lost", f"{group}/{number}")
            return self.faults
