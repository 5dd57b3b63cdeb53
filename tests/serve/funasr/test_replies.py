"""Answers have the types that clients of five languages parse."""

import json

from edged.messages import Word
from edged.serve.funasr.replies import done, partial, sentence

WORDS = (Word("turn", 0.1, 0.4), Word("on.", 0.5, 0.9))


def test_times_are_json_within_a_text_in_milliseconds_from_the_first_sound():
    answer = sentence("2pass", "x", "turn on.", WORDS, 2.0, final=False)
    assert answer["mode"] == "2pass-offline"
    assert answer["timestamp"] == "[[2100,2400],[2500,2900]]"
    assert answer["stamp_sents"] == [
        {
            "text_seg": "turn on.",
            "punc": ".",
            "start": 2100,
            "end": 2900,
            "ts_list": [[2100, 2400], [2500, 2900]],
        }
    ]
    assert answer["is_final"] is False


def test_without_times_both_are_left_out():
    assert sentence("offline", "x", "turn on", (), 0.0, final=True).keys() == {
        "mode",
        "wav_name",
        "text",
        "is_final",
    }


def test_partials_say_their_pass():
    assert partial("2pass", "x", "on")["mode"] == "2pass-online"
    assert partial("online", "x", "on")["mode"] == "online"


def test_the_last_word_tells_what_went_wrong():
    assert done("offline", "x", "") == {
        "mode": "offline",
        "wav_name": "x",
        "text": "",
        "is_final": True,
        "is_end": True,
    }
    failed = done("offline", "x", "no")
    assert (failed["is_final"], failed["error"]) == (False, "no")
    assert json.dumps(failed)
