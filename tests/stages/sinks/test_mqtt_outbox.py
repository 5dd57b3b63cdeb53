"""What waits for a broker: bounded, momentary things only while it is there, what was said for a minute."""

from hypothesis import given
from hypothesis import strategies as st

from edged.stages.sinks.mqtt_outbox import DEPTH, KEEP_S, Message, Outbox


def momentary(n: int) -> Message:
    return Message("edged/x/event/activation", b"%d" % n)


def lasting(n: int) -> Message:
    return Message("edged/x/event/final", b"%d" % n, lasting=True)


def taken(box: Outbox, now: float = 0.0) -> list[bytes]:
    found = []
    while (message := box.take(now)) is not None:
        found.append(message.payload)
    return found


def test_while_the_broker_is_away_only_what_lasts_waits():
    box = Outbox()
    for n in range(4):
        box.put(momentary(n), 0.0, online=False)
        box.put(lasting(n), 0.0, online=False)
    assert taken(box) == [b"0", b"1", b"2", b"3"]
    assert box.dropped == 4


def test_a_text_that_is_older_than_a_minute_is_dropped_and_counted():
    box = Outbox()
    box.put(lasting(1), 0.0, online=False)
    box.put(lasting(2), 50.0, online=False)
    assert taken(box, now=KEEP_S + 1) == [b"2"]
    assert box.dropped == 1


def test_of_partials_and_counters_only_the_newest_waits_in_its_place():
    box = Outbox()
    box.put(Message("partial", b"turn", latest_only=True), 0.0, online=True)
    box.put(momentary(1), 0.0, online=True)
    box.put(Message("partial", b"turn on", latest_only=True), 0.0, online=True)
    assert taken(box) == [b"turn on", b"1"]


def test_what_a_broken_connection_did_not_get_through_comes_first_again_where_it_lasts():
    box = Outbox()
    box.put(momentary(3), 0.0, online=True)
    box.put(lasting(4), 0.0, online=True)
    box.put_back([lasting(1), momentary(2)], 0.0)
    assert taken(box) == [b"1", b"4"]
    assert box.dropped == 2


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=3 * DEPTH))
def test_it_never_holds_more_than_it_may_loses_no_text_for_a_moment_and_counts_every_loss(puts):
    box = Outbox()
    for n, (lasts, online) in enumerate(puts):
        box.put(lasting(n) if lasts else momentary(n), 0.0, online)
        assert len(box) <= DEPTH
    texts = [b"%d" % n for n, (lasts, _) in enumerate(puts) if lasts]
    found = taken(box)
    assert [payload for payload in found if payload in texts] == texts[-DEPTH:]
    assert len(found) + box.dropped == len(puts)
    assert found == sorted(found, key=int)
