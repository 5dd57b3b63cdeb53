"""`edged report-bug`: one file, shown first, without secrets, names or sound that nobody asked for."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from edged.runtime.clips.store import Store
from tests.daemon import models, run, write_config
from tests.machines import put
from tests.runtime.clips.clip import clip_id, document, sound

__all__ = ["models"]

SECRET = "hunter2-correct-horse"
SERIAL = "SN-4711-0815"
NETWORK = "Villa Kunterbunt 5G"
MACHINE = "0123456789abcdef0123456789abcdef"
MAC = "dc:a6:32:12:34:56"


@pytest.fixture
def home(models, tmp_path, monkeypatch) -> Path:
    """A machine full of what is nobody's business, in every place that a report looks at."""
    machine = tmp_path / "machine"
    wifi = f"[wifi]\nssid={NETWORK}\npsk={SECRET}\n"
    put(machine, "/etc/hostname", "kitchen-box\n")
    put(machine, "/etc/machine-id", f"{MACHINE}\n")
    put(machine, "/proc/device-tree/serial-number", f"{SERIAL}\0")
    put(machine, "/etc/NetworkManager/system-connections/wifi.nmconnection", wifi)
    monkeypatch.setenv("EDGED_SYSROOT", str(machine))
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("EDGED__AUDIO__SOURCE", "wyoming:tcp://kitchen-nas.fritz.box:10300")
    (tmp_path / "cache").mkdir()
    said = {"x": {"error": "", "reason": f"on kitchen-box at 192.168.178.23 ({MAC}), serial {SERIAL}"}}
    (tmp_path / "cache" / "trials.json").write_text(json.dumps(said))
    program = tmp_path / "bin" / "journalctl"
    program.parent.mkdir()
    lines = [
        {
            "__REALTIME_TIMESTAMP": "1795000000000000",
            "_HOSTNAME": "kitchen-box",
            "_MACHINE_ID": MACHINE,
            "PRIORITY": "4",
            "MESSAGE": f"sink: http://me:{SECRET}@kitchen-nas.fritz.box/x, token={SECRET}, in {NETWORK}",
            "EDGED_STAGE": "features",
        }
    ]
    text = "\n".join(map(json.dumps, lines))
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nnot json\nEND\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    clips = Store(tmp_path / "clips")
    clips.put(document(clip_id(1), 4000), sound(4000), 10**6)
    write_config(tmp_path / "edged.toml", models, f'[clips]\ndir = "{tmp_path / "clips"}"\n')
    return tmp_path


def texts(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        files = {member.name.removeprefix("edged-report/"): opened.extractfile(member) for member in opened}
        return {name: file.read() for name, file in files.items() if file}


def test_it_shows_what_is_in_it_and_nothing_private_is(home):
    out_file = home / "report.tar.gz"
    code, out, err = run(
        "report-bug", "-c", home / "edged.toml", "--yes", "--out", out_file, "--clip", clip_id(1)
    )
    assert (code, err) == (0, "")
    found = texts(out_file)
    clip = f"clips/{clip_id(1)}/clip.json"
    assert set(found) == {
        *("config.toml", "doctor.json", "log.txt", "status.json", "trials.json", "versions.json"),
        clip,
    }
    for name, content in found.items():
        assert f"{len(content):,} bytes  {name}" in out
    assert "no sound is in it" in out
    everything = b"\n".join(found.values()).decode()
    private = [
        SECRET,
        SERIAL,
        NETWORK,
        MACHINE,
        MAC,
        "kitchen-box",
        "kitchen-nas",
        "fritz.box",
        "192.168.178.23",
    ]
    for word in private:
        assert word not in everything, word
    assert found["log.txt"].decode() == (
        '2026-11-18T11:06:40Z <4> sink: http://<host>/x, token="<secret>", in <network>'
        " EDGED_STAGE=features\n"
    )
    assert json.loads(found["doctor.json"])["findings"]
    assert json.loads(found["trials.json"])["x"]["reason"] == "on <host> at <ip> (<mac>), serial <serial>"
    assert json.loads(found["status.json"])["health"] == "absent"
    assert json.loads(found[clip])["words"]["computer"]
    assert b"wyoming:tcp://<host>:10300" in found["config.toml"]
    assert out_file.stat().st_mode & 0o777 == 0o600


def test_it_is_written_only_when_it_was_seen_and_never_over_another(home):
    out_file = home / "report.tar.gz"
    code, out, _ = run("report-bug", "-c", home / "edged.toml", "--out", out_file, stdin=-3)
    assert (code, out_file.exists()) == (1, False)
    assert "doctor.json" in out
    out_file.write_bytes(b"mine")
    code, _, err = run("report-bug", "-c", home / "edged.toml", "--yes", "--out", out_file)
    assert (code, err) == (74, f"edged: {out_file}: is there already; name another with --out\n")
    assert out_file.read_bytes() == b"mine"


def test_sound_is_in_it_only_when_asked_for_and_told(home):
    out_file = home / "report.tar.gz"
    arguments = ("report-bug", "-c", home / "edged.toml", "--yes", "--out", out_file)
    code, out, err = run(*arguments, "--clip", clip_id(1), "--sound")
    assert (code, err) == (0, "")
    flac = (home / "clips" / clip_id(1) / "sound.flac").read_bytes()
    assert texts(out_file)[f"clips/{clip_id(1)}/sound.flac"] == flac
    assert "SOUND of this home" in out
    assert "no sound is in it" not in out
    code, _, err = run(*arguments, "--sound")
    assert code == 2
    assert "name them with --clip" in err


def test_a_wrong_configuration_is_part_of_it_and_does_not_hide_the_rest(home):
    (home / "edged.toml").write_text(f'[serve]\ntoken = "{SECRET}"\ntreshold = 3\nkey = "{SECRET}\n')
    out_file = home / "report.tar.gz"
    code, _, err = run("report-bug", "-c", home / "edged.toml", "--yes", "--out", out_file)
    assert (code, err) == (0, "")
    found = texts(out_file)
    assert b"edged.toml" in found["config-problems.txt"]
    assert SECRET.encode() not in b"".join(found.values())
    assert "doctor.json" in found


def test_the_same_files_are_the_same_bytes():
    from edged.doctor.bug_report.gather import Part
    from edged.doctor.bug_report.pack import packed

    parts = [Part("b", b"2", ""), Part("a/c", b"1", "")]
    archive = packed(parts)
    assert archive == packed(parts[::-1])
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        assert [(m.name, m.mtime, m.uid, m.uname) for m in opened] == [
            ("edged-report/a/c", 0, 0, ""),
            ("edged-report/b", 0, 0, ""),
        ]
