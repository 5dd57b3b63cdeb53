"""What was kept, heard again, gives the same scores and the same decisions, and what changed is named."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.errors import AudioInputError
from edged.geometry import HOP
from edged.runtime.clips.clip import as_plain
from edged.runtime.clips.document import Document, from_json, to_json
from edged.runtime.clips.replay import replay
from tests.runtime.clips.clip import MADE_BY
from tests.runtime.clips.rig import Rig, kit_of, planned

ROOM = (np.random.default_rng(11).normal(size=400 * HOP) * 100).astype(np.int16)

pieces = st.lists(
    st.tuples(
        st.integers(1, 45 * HOP),
        st.sampled_from([5, 30, 300, 3000, 20_000]),
        st.sampled_from([0, 0, 0, 1, 700, 3 * HOP]),
        st.sampled_from(["", "", "", "rules", "off and on", "away"]),
    ),
    min_size=2,
    max_size=9,
)


@settings(max_examples=40)
@given(
    pieces,
    st.booleans(),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from(["off", "off", "wake"]),
    st.sampled_from([(1, 1), (2, 3)]),
    st.floats(0.5, 4.0),
)
def test_whatever_was_heard_every_clip_gives_the_same_again(parts, commands, gate, denoise, patience, before):
    rig = Rig(
        words=("one", "two"),
        windows=[16, 34],
        clips={"commands": commands, "before_s": before},
        rules={
            "vad_threshold": gate,
            "patience": patience[0],
            "patience_window": patience[1],
            "refractory_s": 0.4,
        },
        listen={"trailing_silence": 0.3, "no_speech_timeout_s": 1.0},
        denoise=denoise,
    )
    rng = np.random.default_rng(3)
    for length, level, lost, turn in parts:
        if turn == "rules":
            rig.obey(after_s=0.2)
        elif turn == "off and on":
            rig.obey(enabled=False)
            rig.feed(ROOM[: 4 * HOP + 17])
            rig.obey(enabled=True)
        elif turn == "away":
            rig.ear.cut("device_lost")
        rig.feed((rng.normal(size=length) * level).clip(-32768, 32767).astype(np.int16), skip=lost)
    rig.end()
    for document, sound in rig.clips:
        assert from_json(to_json(document), "here") == document
        if sound is None or document.curve is None:
            continue
        found = rig.replay((document, sound))
        assert found.differences == {"one": 0.0, "two": 0.0}, document.sound.begins
        assert found.run.decisions == document.decisions
        assert found.same
        assert found.changes == ()


def test_in_the_middle_of_a_stream_the_sound_alone_is_enough():
    rig = Rig(words=("one", "two"), windows=[16, 34], clips={"commands": True})
    rng = np.random.default_rng(3)
    for level in (9000, 30, 3000, 300) * 8:
        rig.feed((rng.normal(size=11 * HOP) * level).clip(-32768, 32767).astype(np.int16))
    rig.end()
    middle = [clip for clip in rig.clips if clip[0].sound is not None and clip[0].sound.begins == "middle"]
    assert len(middle) >= 3
    for clip in middle:
        assert rig.replay(clip).differences == {"one": 0.0, "two": 0.0}


def kept(**rules: object) -> tuple[Rig, Document, np.ndarray]:
    """A clip of a wake whose scores depend on the sound."""
    rig = Rig(words=("one", "two"), rules=rules)
    rng = np.random.default_rng(4)
    for level in (9000, 500, 9000, 4000):
        rig.feed((rng.normal(size=20 * HOP) * level).clip(-32768, 32767).astype(np.int16))
    document, sound = next(clip for clip in rig.clips if clip[0].kind == "wake")
    assert sound is not None
    return rig, document, sound


def test_a_rule_that_changed_is_named_and_so_is_what_it_changes():
    rig, document, sound = kept()
    heads = rig.config.heads.model_copy(update={"threshold": 1.0, "refractory_s": 9.0})
    config = rig.config.model_copy(update={"heads": heads})
    found = replay(document, sound, config, kit_of(heads), MADE_BY)
    assert (found.same_scores, found.same_decisions, found.same) == (True, False, False)
    assert "one: threshold 0.5 then, 1 now" in found.changes
    assert "two: refractory 32000 then, 144000 now" in found.changes
    assert found.run.decisions == ()


def test_other_models_settings_and_versions_are_named():
    _, document, sound = kept()
    rig, _, _ = kept()
    models = {"head:computer": "d" * 64, "vad": "e" * 64}
    now = dataclasses.replace(MADE_BY, edged="0.2.0", models=models, settings={"heads.vad_lookback_s": "0.5"})
    found = replay(document, sound, rig.config, rig.kit, now)
    assert found.changes == (
        "edged: 0.1.0 then, 0.2.0 now",
        f"model head:computer: another file: sha256 {'a' * 12} then, {'d' * 12} now",
        "model embedding: not used now",
        "heads.vad_lookback_s: 1 then, 0.5 now",
    )


def test_other_scores_are_different():
    rig, document, sound = kept()
    found = replay(document, sound, rig.config, kit_of(rig.config.heads, windows=[15, 16]), MADE_BY)
    assert found.differences["one"] > 1e-6
    assert found.differences["two"] == 0.0
    assert (found.same_scores, found.same) == (False, False)


def test_words_that_came_and_went_are_named():
    rig, document, sound = kept()
    heads = rig.config.heads.model_copy(
        update={
            "word": tuple(word.model_copy(update={"name": "three"}) for word in rig.config.heads.word[:1])
        }
    )
    config = rig.config.model_copy(update={"heads": heads})
    found = replay(document, sound, config, kit_of(heads), MADE_BY)
    assert not found.same
    assert set(found.changes) >= {
        "one: is no wake word now",
        "two: is no wake word now",
        "three: was no wake word then",
    }


def test_the_gate_goes_by_what_it_was_told_then_and_is_asked_anew_where_it_was_not():
    rig, document, sound = kept(vad_threshold=0.5)
    assert document.curve is not None
    word = document.word
    told = [speech for speech in document.curve.speech[word] if speech is not None]
    assert told
    deaf = dataclasses.replace(
        document.curve, speech={name: tuple(0.0 if s is not None else None for s in row)
                                for name, row in document.curve.speech.items()}
    )  # fmt: skip
    found = rig.replay((dataclasses.replace(document, curve=deaf), sound))
    assert found.run.measured == ()
    assert not any(each.reason is None for each in found.run.decisions)
    unasked = dataclasses.replace(
        document.curve, speech={name: (None,) * len(row) for name, row in document.curve.speech.items()}
    )
    found = rig.replay((dataclasses.replace(document, curve=unasked), sound))
    assert word in found.run.measured
    assert found.same_decisions


def test_a_clip_without_sound_has_nothing_to_hear_again():
    rig = Rig(planned({12: 0.9, 20: 0.9}))
    rig.feed(np.concatenate([ROOM[: 14 * HOP], ROOM[: 60 * HOP]]))
    silent = next(document for document, sound in rig.clips if sound is None)
    with pytest.raises(AudioInputError, match=r"nothing to hear again: a command was being spoken"):
        replay(silent, np.zeros((0, 1), np.int16), rig.config, kit_of(rig.config.heads), MADE_BY)


def test_sound_that_is_not_the_clips_is_refused():
    rig, document, sound = kept()
    with pytest.raises(AudioInputError, match="its sound is not the one"):
        rig.replay((document, sound[:-1]))


def test_embeddings_that_are_damaged_are_refused():
    rig, document, sound = kept()
    assert document.sound is not None
    facts = dataclasses.replace(document.sound, begins="history", history="AAAA")
    with pytest.raises(AudioInputError, match="its embeddings are damaged"):
        rig.replay((dataclasses.replace(document, sound=facts), sound))


def test_json_of_a_clip_is_plain():
    _, document, _ = kept()
    plain = as_plain(document)
    assert isinstance(plain, dict)
    assert plain["made_by"]["models"] == MADE_BY.models
    assert plain["words"]["one"]["rule"]["threshold"] == 0.5
