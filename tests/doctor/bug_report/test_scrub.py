"""What is private does not survive, wherever it stands; what is not private does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.doctor.bug_report.gather import line_of
from edged.doctor.bug_report.private import private_words
from edged.doctor.bug_report.scrub import Scrubber, secrets_in
from tests.machines import put

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=4, max_size=20)


@given(words, st.text(max_size=50), st.text(max_size=50))
def test_a_secret_survives_nowhere(secret, before, after):
    assert secret not in Scrubber([secret]).clean(f"{before}{secret}{after}").replace("<secret>", "")


@given(st.text(max_size=200))
def test_cleaning_twice_is_cleaning_once(text):
    scrubber = Scrubber(["hunter2"], {"kitchen-box": "<host>", "/home/anna": "~"})
    once = scrubber.clean(text)
    assert scrubber.clean(once) == once


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("box kitchen-box, KITCHEN-BOX.", "box <host>, <host>."),
        ("kitchen-boxes", "kitchen-boxes"),
        ("/home/anna/edged.toml:3", "~/edged.toml:3"),
        ("to 192.168.178.23:80, 10.0.0.1.", "to <ip>:80, <ip>."),
        ("127.0.0.1:9109 0.0.0.0", "127.0.0.1:9109 0.0.0.0"),
        ("fe80::dea6:32ff:fe12:3456 2001:db8:0:1:2:3:4:5", "<ip> <ip>"),
        ("::1 and 12:34:56 and std::move", "::1 and 12:34:56 and std::move"),
        ("dc:a6:32:12:34:56, DC-A6-32-12-34-56", "<mac>, <mac>"),
        ("http://anna:pw@nas.local:80/x", "http://<host>:80/x"),
        ("tcp://127.0.0.1:10300 unix:///run/x", "tcp://127.0.0.1:10300 unix:///run/x"),
        ('token = "abc"  # edged.toml:3', 'token = "<secret>"  # edged.toml:3'),
        ('token = "credential:token"', 'token = "credential:token"'),
        ('token = ""', 'token = ""'),
        ('{"psk": null}', '{"psk": null}'),
        ("password: abc, more", 'password: "<secret>", more'),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "<secret>", "n": 1}'),
        ('key = "abc"\nkeyboard = "x"', 'key = "<secret>"\nkeyboard = "x"'),
        ('host = "nas"\nhost = ""', 'host = "<host>"\nhost = ""'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer <secret>"),
        ("onnxruntime 1.20.1, kernel 6.1.99-rk", "onnxruntime 1.20.1, kernel 6.1.99-rk"),
    ],
)
def test_each_kind(text, clean):
    assert Scrubber(["hunter2"], {"kitchen-box": "<host>", "/home/anna": "~"}).clean(text) == clean


def test_secrets_are_found_in_files_of_any_form():
    text = 'token = "a b"\n  password=\'c\'\nkey = d # no\nbroken = [\n"token" = "credential:x"\n'
    assert list(secrets_in(text)) == ["a b", "c", "d"]


def test_the_words_of_a_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    put(tmp_path, "/etc/hostname", "kitchen-box.fritz.box\n")
    put(tmp_path, "/proc/cpuinfo", "processor\t: 0\nSerial\t\t: 00aabbccddeeff11\n")
    put(tmp_path, "/etc/wpa_supplicant/wpa_supplicant.conf", 'network={\n  ssid="Home Sweet"\n}\n')
    put(
        tmp_path,
        "/etc/netplan/1.yaml",
        'wifis:\n  w:\n    access-points:\n      "Attic":\n        password: "x"\n',
    )
    words = private_words()
    assert words["kitchen-box.fritz.box"] == words["kitchen-box"] == "<host>"
    assert words["00aabbccddeeff11"] == "<serial>"
    assert words["Home Sweet"] == words["Attic"] == "<network>"
    assert "root" not in words


def test_a_board_called_by_its_own_name_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    put(tmp_path, "/etc/hostname", "rock-5b\n")
    assert "rock-5b" not in private_words()


@pytest.mark.parametrize("line", ["", "no json", "[]", '{"MESSAGE": "x"}', '{"__REALTIME_TIMESTAMP": "x"}'])
def test_a_line_of_the_journal_that_is_none_is_left_out(line):
    assert line_of(line) == ""


def test_a_message_of_bytes_is_read():
    entry = {"__REALTIME_TIMESTAMP": "0", "MESSAGE": list("ä".encode()), "PRIORITY": "3", "_HOSTNAME": "h"}
    assert line_of(json.dumps(entry)) == "1970-01-01T00:00:00Z <3> ä\n"
