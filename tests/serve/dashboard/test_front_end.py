"""What browsers ask and what else may come, against the port of a house with its microphone's run."""

import http.client
import io
import json
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from urllib.parse import quote

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.messages import Activation, Final, Metrics, Partial, Ran, Scores, Suppressed
from edged.serve.dashboard import show
from edged.serve.dashboard.audience import MOST
from edged.serve.dashboard.front_end import VERDICTS, verdict_of
from edged.serve.dashboard.page_files import page_files
from tests.daemon import TEXT

LONG_S = 60
JSON = {"Content-Type": "application/json"}


def ask(served, method: str, path: str, body: bytes = b"", **headers: str):
    """Return status, headers and body."""
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=LONG_S)) as connection:
        connection.request(method, path, body, {"Host": f"127.0.0.1:{served.port}", **headers})
        response = connection.getresponse()
        return response.status, response.headers, response.read()


def told(served, path: str) -> dict:
    status, _, body = ask(served, "GET", path)
    assert status == 200, body
    return json.loads(body)


@contextmanager
def events(served, path: str = "/events") -> Iterator[Iterator[tuple[str, dict]]]:
    """Follow the events: pairs of kind and document, from after the first on."""
    with socket.create_connection(("127.0.0.1", served.port), LONG_S) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        lines = connection.makefile("r", encoding="utf-8")

        def pairs() -> Iterator[tuple[str, dict]]:
            kind = ""
            for line in lines:
                if line.startswith("event: "):
                    kind = line[7:].strip()
                elif line.startswith("data: "):
                    yield kind, json.loads(line[6:])

        following = pairs()
        next(following)  # whoever was told anything is told everything from now on
        yield following


def activation(score: float = 0.9) -> Activation:
    return Activation("hey_jarvis", score, (0.1, score), 0.5, 1280, Ran("cpu", "cpu"), 1.0)


def newest(following, name: str) -> dict:
    return next(body for kind, body in following if kind == "event" and body["event"] == name)


# the page


def test_the_page_comes_from_the_package_and_nothing_of_it_from_elsewhere(served):
    status, headers, body = ask(served, "GET", "/")
    page = body.decode()
    assert status == 200
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    for name in re.findall(r'(?:src|href)="([^"#]+)"', page):
        status, sent, content = ask(served, "GET", f"/{name}")
        assert (status, content != b"") == (200, True)
        assert sent["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", page)
    for file in page_files().values():
        assert not re.findall(rb"https?://(?!www\.w3\.org/2000/svg)", file.content)


def test_every_module_that_a_script_imports_is_served(served):
    files = page_files()
    for name, file in files.items():
        for imported in re.findall(r'from "\./([^"]+)"', file.content.decode()):
            assert imported in files, f"{name} imports {imported}"
            assert ask(served, "GET", f"/page/{imported}")[1]["Content-Type"].startswith("text/javascript")


def test_a_file_that_did_not_change_is_not_sent_again(served):
    _, headers, _ = ask(served, "GET", "/page/app.js")
    status, _, body = ask(served, "GET", "/page/app.js", **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.js", "..%2f__init__.py", "%2e%2e/front_end.py", "app.js/x"])
def test_nothing_else_is_served(served, name):
    assert ask(served, "GET", f"/page/{name}")[0] == 404


# how things are


def test_the_state_tells_words_backends_stages_level_and_what_happened(served):
    state = told(served, "/state")
    assert state["state"] == "stopping"  # the recording is over
    assert [word["word"] for word in state["words"]] == ["hey_jarvis", "alexa"]
    assert {word["threshold"] for word in state["words"]} == {0.5}
    assert {"features", "heads", "listen"} <= state["stages_ms"].keys()
    serving = {one["stage"]: one["provider"] for one in state["backends"] if one["state"] == "serving"}
    assert serving["features"] == state["ran"]["features"] == "cpu"
    assert -120 <= state["level_dbfs"] < 0
    assert [event["event"] for event in state["history"]][:2] == ["ready", "activation"]


def test_events_are_told_as_they_happen_and_scores_to_those_who_look(served):
    with events(served) as following:
        served.run.emit("mic", None, 1280, Scores({"hey_jarvis": 0.25}, warming=False))
        assert next(body for kind, body in following if kind == "scores")["scores"] == {"hey_jarvis": 0.25}
        served.run.emit("mic", 7, 1280, activation(0.875))
        assert newest(following, "activation")["score"] == 0.875
    assert told(served, "/state")["history"][-1]["score"] == 0.875


def said(text: str) -> Final:
    return Final(text, (), Metrics(1.0, 0.1, 0.1, "cpu", "cpu"))


def test_what_was_said_is_told_only_where_that_was_asked_for(served, serve):
    with events(served) as following:
        served.run.emit("mic", 1, 1280, Partial("secret"))
        served.run.emit("mic", 1, 1280, said("secret words"))
        event = newest(following, "final")
        assert (event["text"], event["words"]) == (None, [])
    assert b"secret" not in ask(served, "GET", "/state")[2]
    assert TEXT.encode() not in ask(served, "GET", "/state")[2]
    with serve("transcripts = true") as open_hearted, events(open_hearted) as following:
        open_hearted.run.emit("mic", 1, 1280, said("loud words"))
        assert newest(following, "final")["text"] == "loud words"
        assert TEXT.encode() in ask(open_hearted, "GET", "/state")[2]


def test_one_browser_too_many_is_refused_in_words_and_comes_in_once_another_left(served):
    with ExitStack() as open_ones:
        for _ in range(MOST):
            open_ones.enter_context(events(served))
        status, _, body = ask(served, "GET", "/events")
        assert status == 429
        assert f"{MOST} dashboards are open" in json.loads(body)["error"]
    while refused_now(served):  # that somebody left is seen when something is told
        served.run.emit("mic", 7, 1280, activation())


def test_a_browser_that_takes_nothing_is_let_go_and_costs_the_others_no_event(served, monkeypatch, caplog):
    monkeypatch.setattr(show, "SLOW_S", 0.2)
    with socket.create_connection(("127.0.0.1", served.port), LONG_S) as stuck:
        stuck.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in stuck.makefile("rb").readline()
        with events(served) as following:
            for number in range(5000):  # far more than the kernel keeps for anybody
                served.run.emit("mic", None, number, Suppressed("x" * 20_000, 0.7, "vad"))
                assert newest(following, "suppressed")["sample"] == number
                if "too slow" in caplog.text:
                    break
            else:
                raise AssertionError("it was not let go")
        with suppress(ConnectionResetError):
            while stuck.recv(1 << 20):
                pass


def refused_now(served) -> bool:
    with socket.create_connection(("127.0.0.1", served.port), LONG_S) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return b" 429 " in connection.makefile("rb").readline()


# clips


def test_a_clip_is_listed_explained_and_played(served):
    (row,) = [row for row in told(served, "/clips")["clips"] if row["id"] == served.wake]
    assert (row["kind"], row["word"], row["threshold"], row["verdict"]) == ("wake", "hey_jarvis", 0.5, None)
    clip = told(served, f"/clips/{served.wake}")
    curve = clip["curve"]["scores"][clip["column"]]
    assert len(curve) == len(clip["curve"]["ends"])
    assert max(curve) >= 0.5
    assert "history" not in clip["sound"]
    status, headers, body = ask(served, "GET", f"/clips/{served.wake}/sound")
    pcm, rate = soundfile.read(io.BytesIO(body), dtype="int16")
    assert (status, headers["Content-Type"], rate) == (200, "audio/flac", 16_000)
    assert len(pcm) == clip["sound"]["samples"]
    assert np.abs(pcm).max() > 1000
    assert ask(served, "GET", f"/clips/{served.wake}/sound", Range="bytes=0-3")[2] == b"fLaC"


@pytest.mark.parametrize("verdict", ["wrong", "right"])
def test_a_mark_is_kept_on_disk_shown_and_taken_back(served, verdict):
    path, kept = f"/clips/{served.wake}/mark", served.clips / served.wake / "verdict"
    before = told(served, "/state")["clips"]["edition"]
    assert ask(served, "POST", path, json.dumps({"verdict": verdict}).encode(), **JSON)[0] == 200
    assert kept.read_text().strip() == verdict
    assert told(served, "/state")["clips"]["edition"] != before
    (row,) = [row for row in told(served, "/clips")["clips"] if row["id"] == served.wake]
    assert row["verdict"] == verdict
    assert ask(served, "POST", path, b'{"verdict": null}', **JSON)[0] == 200
    assert not kept.exists()
    (row,) = [row for row in told(served, "/clips")["clips"] if row["id"] == served.wake]
    assert row["verdict"] is None


def copied(served, id: str) -> str:
    shutil.copytree(served.clips / served.wake, served.clips / id)
    return id


def test_a_deleted_clip_is_gone_and_a_second_time_is_answered_so(served):
    id = copied(served, "20200101T000000.000Z-wake-0123ab")
    assert ask(served, "DELETE", f"/clips/{id}")[0] == 200
    assert not (served.clips / id).exists()
    for method, path in (("DELETE", f"/clips/{id}"), ("GET", f"/clips/{id}"), ("GET", f"/clips/{id}/sound")):
        status, _, body = ask(served, method, path)
        assert status == 404
        assert "no such clip" in json.loads(body)["error"]


def test_a_damaged_clip_says_so_and_costs_the_others_nothing(served):
    id = copied(served, "20200101T000000.000Z-wake-0123ac")
    (served.clips / id / "clip.json").write_text("{")
    rows = told(served, "/clips")["clips"]
    assert "is no clip of this version" in next(row for row in rows if row["id"] == id)["problem"]
    assert served.wake in {row["id"] for row in rows}
    assert ask(served, "GET", f"/clips/{id}")[0] == 422
    assert ask(served, "DELETE", f"/clips/{id}")[0] == 200


# orders


def test_it_is_muted_and_unmuted_and_says_why_it_does_not_listen(served):
    def order(name: str) -> tuple[int, dict]:
        status, _, body = ask(served, "POST", f"/orders/{name}", **JSON)
        return status, json.loads(body)

    assert order("mute") == (200, {"done": "mute"})
    status, said = order("trigger")
    assert (status, said["error"]) == (409, "it is muted; unmute it first")
    assert order("unmute") == (200, {"done": "unmute"})
    assert order("stop") == (409, {"error": "no command is being listened to"})
    status, said = order("reload")
    assert (status, said["error"]) == (404, "there is no such order; there are mute, unmute, trigger, stop")
    assert ask(served, "POST", "/orders/mute")[0] == 415
    assert ask(served, "POST", "/orders/mute", Origin="http://evil.example", **JSON)[0] == 403


# what may not come in


@pytest.mark.parametrize("path", ["/", "/state", "/clips", "/events", "/page/app.js"])
def test_a_name_of_elsewhere_is_refused_everywhere(served, path):
    status, _, body = ask(served, "GET", path, Host="evil.example")
    assert status == 403
    assert "[serve.dashboard] names" in json.loads(body)["error"]


def test_a_name_of_the_configuration_is_one_of_this_machine(served, serve):
    assert ask(served, "GET", "/state", Host="ear.example.org")[0] == 403
    with serve("names = ['ear.example.org']") as called:
        assert ask(called, "GET", "/state", Host="ear.example.org")[0] == 200


def test_another_page_can_neither_mark_nor_delete_nor_read(served):
    theirs = {"Origin": "http://evil.example"}
    mark, body = f"/clips/{served.wake}/mark", b'{"verdict": "wrong"}'
    assert ask(served, "POST", mark, body, **JSON, **theirs)[0] == 403
    assert ask(served, "DELETE", f"/clips/{served.wake}", **theirs)[0] == 403
    assert ask(served, "GET", f"/clips/{served.wake}/sound", **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert ask(served, "POST", mark, body, **{"Content-Type": "text/plain"})[0] == 415  # what a form can send
    assert not (served.clips / served.wake / "verdict").exists()
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert ask(served, "GET", "/", **link)[0] == 200  # a person follows a link


def test_where_there_is_a_token_only_the_page_itself_comes_without(serve):
    with serve(serve="token = 'hush'") as guarded:
        assert ask(guarded, "GET", "/")[0] == 200
        assert ask(guarded, "GET", "/page/app.js")[0] == 200
        for path in ("/state", "/events", "/clips", f"/clips/{guarded.wake}/sound"):
            assert ask(guarded, "GET", path)[0] == 401
        assert ask(guarded, "DELETE", f"/clips/{guarded.wake}")[0] == 401
        assert ask(guarded, "GET", "/state", Authorization="Bearer hush")[0] == 200
        with events(guarded, "/events?token=hush"):
            pass


def test_a_mark_that_never_comes_is_let_go(served):
    with socket.create_connection(("127.0.0.1", served.port), LONG_S) as connection:
        head = f"POST /clips/{served.wake}/mark HTTP/1.1\r\nHost: localhost\r\n"
        connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{{".encode())
        assert b" 408 " in connection.makefile("rb").readline()


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_what_is_no_mark_is_answered_by_one_sentence(body):
    with pytest.raises(ValueError, match="a mark is"):
        verdict_of(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"verdict": "maybe"}',
        b'{"verdict": true}',
        b'{"verdict": ["wrong"]}',
        b"[" * 5000,
        b'{"verdict": "wrong", "more": 1}',
        b'{"verdict": {"verdict": "wrong"}}',
    ],
)
def test_what_is_nearly_a_mark_is_none(body):
    with pytest.raises(ValueError, match="a mark is"):
        verdict_of(body)


def test_a_mark_is_right_wrong_or_none():
    for verdict in (*VERDICTS, None):
        assert verdict_of(json.dumps({"verdict": verdict}).encode()) == verdict


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD"]),
    st.sampled_from(["/clips/{}", "/clips/{}/mark", "/clips/{}/sound", "/page/{}", "/{}"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40),
    st.binary(max_size=300),
    st.sampled_from(["", "?token=x", "?id=../..", "?%00", "?a=b&a=b"]),
)
def test_whatever_comes_is_answered_without_a_fault(served, method, form, name, body, query):
    path = form.format(quote(name, safe="")) + query
    status, _, answer = ask(served, method, path, body, **JSON)
    assert status in (200, 304, 400, 403, 404, 405, 413, 415, 422), (status, answer)
    assert b"Traceback" not in answer
    assert served.kept("wake")


def test_a_body_that_is_too_large_is_refused(served):
    assert ask(served, "POST", f"/clips/{served.wake}/mark", b" " * 5000, **JSON)[0] == 413
