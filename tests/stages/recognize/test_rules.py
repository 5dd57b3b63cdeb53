"""Rules for numbers: what they write is what sherpa-onnx writes with them."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import ModelError
from edged.stages.recognize.rules import RulesFailed, read_rules
from tests.assets import asset
from tests.stages.recognize.tiny import rules as tiny
from tests.stages.recognize.tiny.network import BANDS, INT64, Network

ENGLISH = ["set it to twenty five", "ten", "two at ten", "often", "turn on the kitchen light", "十点 ten"]
CHINESE = ["二十五", "今天是二零二四年十二月三十一日", "百分之二十", "我有三千零五个苹果，两点五公斤", "负五"]


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    return read_rules(tiny.make(tmp_path_factory.mktemp("itn")).files["model"].path)


def by_sherpa(folder, path, text):
    """The text of sherpa-onnx for a model that says `text` whatever it hears."""
    import sherpa_onnx

    letters = text.replace(" ", "▁")
    units = ["<blk>", *sorted(set(letters))]
    ids = [unit for letter in letters for unit in (units.index(letter), 0)]
    scores = np.full((1, len(ids), len(units)), -30, np.float32)
    scores[0, range(len(ids)), ids] = 0
    network = Network()
    network.input("x", ["n", "t", BANDS])
    network.input("x_lens", ["n"], INT64)
    network.constant("said", scores)
    network.constant("frames", [len(ids)], "int64")
    network.constant("nothing", 0.0)
    network.add("ReduceMean", ["x"], "mean", keepdims=0)
    network.add("Mul", ["mean", "nothing"], "silence")
    network.add("Add", ["said", "silence"], "log_probs")
    network.add("Identity", ["frames"], "lengths")
    network.output("log_probs", ["n", "frames", len(units)])
    network.output("lengths", ["n"], INT64)
    network.save(folder / "model.onnx")
    lines = [f"{unit} {index}\n" for index, unit in enumerate(units)]
    (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")
    recognizer = sherpa_onnx.OfflineRecognizer.from_zipformer_ctc(
        tokens=str(folder / "tokens.txt"), model=str(folder / "model.onnx"), rule_fsts=str(path)
    )
    stream = recognizer.create_stream()
    stream.accept_waveform(16_000, np.full(8000, 1e-4, np.float32))
    recognizer.decode_stream(stream)
    return stream.result.text


@pytest.mark.parametrize("text", ENGLISH)
def test_they_write_what_sherpa_onnx_writes(tmp_path, rules, text):
    model = tiny.make(tmp_path / "itn")
    assert rules.rewrite(text) == by_sherpa(tmp_path, model.files["model"].path, text)


@pytest.mark.parametrize("text", CHINESE)
def test_published_rules_write_what_sherpa_onnx_writes(tmp_path, text):
    path = asset("asr/itn/itn_zh_number.fst")
    assert read_rules(path).rewrite(text) == by_sherpa(tmp_path, path, text)


def test_words_become_numbers_and_all_else_stays(rules):
    assert rules.rewrite("set it to twenty five at ten") == "set it to 25 at 10"
    assert rules.rewrite("二十五 and 十") == "25 and 10"


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=60))
def test_a_text_without_numbers_stays_as_it_is(rules, text):
    if not any(said in text for said in tiny.NUMBERS):
        assert rules.rewrite(text) == text


def test_of_two_ways_the_cheaper_is_taken(tmp_path):
    dear, cheap = (ord("t"), ord("D"), 0.7, 0), (ord("t"), ord("C"), 0.3, 0)
    path = tmp_path / "two.fst"
    path.write_bytes(tiny.openfst([[dear, cheap]], [0.0]))
    assert read_rules(path).rewrite("tt") == "CC"


def test_a_text_that_they_do_not_fit_is_left_to_the_caller(tmp_path):
    path = tmp_path / "only_a.fst"
    path.write_bytes(tiny.openfst([[(97, 98, 0.0, 0)]], [0.0]))
    assert read_rules(path).rewrite("aa") == "bb"
    with pytest.raises(RulesFailed, match="do not fit"):
        read_rules(path).rewrite("ac")


def test_rules_that_go_round_in_circles_end(tmp_path):
    path = tmp_path / "circle.fst"
    path.write_bytes(tiny.openfst([[(0, 97, -1.0, 0)]], [0.0]))
    with pytest.raises(RulesFailed, match="circles"):
        read_rules(path).rewrite("a")


def test_rules_that_write_no_text_are_left_to_the_caller(tmp_path):
    path = tmp_path / "bytes.fst"
    path.write_bytes(tiny.openfst([[(97, 0xFF, 0.0, 0)]], [0.0]))
    with pytest.raises(RulesFailed, match="no text"):
        read_rules(path).rewrite("a")


GOOD = tiny.transducer(tiny.NUMBERS)
HEADER = 4 + 4 + 6 + 4 + 8


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "cut short"),
        (GOOD[:3], "cut short"),
        (GOOD[:60], "cut short"),
        (GOOD[:-1], "cut short"),
        (b"RIFF" + GOOD[4:], "magic"),
        (tiny.openfst([[]], [0.0], kind="const"), "a const of standard"),
        (tiny.openfst([[]], [0.0], weights="log"), "a vector of log"),
        (tiny.openfst([[]], [0.0], flags=1), "not a plain vector"),
        (tiny.openfst([[]], [0.0], start=1), "state 1 of 1"),
        (tiny.openfst([[]], [0.0], start=-1), "state -1 of 1"),
        (tiny.openfst([[(300, 97, 0.0, 0)]], [0.0]), "no bytes"),
        (tiny.openfst([[(97, 97, 0.0, 5)]], [0.0]), "leads nowhere"),
        (tiny.openfst([[(97, 97, float("nan"), 0)]], [0.0]), "leads nowhere"),
        (GOOD[: HEADER + 16] + struct.pack("<q", 1 << 60) + GOOD[HEADER + 24 :], "is its start"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(tmp_path, raw, said):
    path = tmp_path / "bad.fst"
    path.write_bytes(raw)
    with pytest.raises(ModelError, match=said) as caught:
        read_rules(path)
    assert str(path) in str(caught.value)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_any_byte_may_be_wrong(tmp_path_factory, at, byte):
    path = tmp_path_factory.getbasetemp() / "mutant.fst"
    path.write_bytes(GOOD[:at] + bytes([byte]) + GOOD[at + 1 :])
    try:
        read_rules(path).rewrite("set it to twenty five")
    except (ModelError, RulesFailed):
        return


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"absent\.fst: no such file"):
        read_rules(tmp_path / "absent.fst")
