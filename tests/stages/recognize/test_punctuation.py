"""Punctuation models: real ones of sherpa-onnx, as small as they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import ModelError
from edged.stages.recognize.punctuation import LATIN, LONGEST_WORD, marked, open_punctuation
from tests.stages.recognize.tiny import punctuation as tiny


def files(folder, kind="ct-transformer"):
    return {role: str(file.path) for role, file in tiny.make(folder, kind).files.items()}


@pytest.fixture(scope="module")
def ct_transformer(tmp_path_factory):
    return open_punctuation(files(tmp_path_factory.mktemp("ct")), 1)


@pytest.fixture(scope="module")
def bilstm(tmp_path_factory):
    return open_punctuation(files(tmp_path_factory.mktemp("bilstm"), "bilstm"), 1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("turn on the light is it on", "turn on the light, is it on."),
        ("it's 25% lights", "it's 25% lights."),  # sherpa-onnx itself makes `25 %` of it
        ("打开灯好吗", "打开灯，好吗？"),
        ("打开 light 灯", "打开 light， 灯。"),
        ("a", "a."),
    ],
)
def test_marks_are_written_into_the_text_and_nothing_else(ct_transformer, text, shown):
    assert ct_transformer.add(text) == shown


def test_capitals_come_with_the_model_that_knows_them(bilstm):
    assert bilstm.add("turn on the light is it on") == "Turn on the light, Is it on"
    assert bilstm.add("TURN ON THE LIGHTS") == "Turn on the lights."


def test_a_text_longer_than_the_model_sees_is_punctuated_to_its_end(bilstm):
    text = "turn on the lights " * 60
    assert bilstm.add(text.strip()) == ("Turn on the lights. " * 60).strip()


def test_a_word_longer_than_the_model_sees_never_reaches_it(bilstm):
    assert bilstm.add("a" * LONGEST_WORD + " lights") == "a" * LONGEST_WORD + " lights."
    with pytest.raises(RuntimeError, match="more than 100 letters"):
        bilstm.add("a" * (LONGEST_WORD + 1))


@given(st.lists(st.sampled_from(["light", "lights", "灯", "吗", "it's", "on"]), min_size=1, max_size=60))
def test_letters_stay_in_order_however_long_the_text(ct_transformer, words):
    text = " ".join(words)
    shown = ct_transformer.add(text)
    marks = set(LATIN) | set(LATIN.values())
    assert "".join(letter for letter in shown if letter not in marks) == text


@pytest.mark.parametrize(
    ("text", "punctuated", "shown"),
    [
        ("hello world", "Hello，world。", "Hello, world."),
        ("你好 world", "你好，world。", "你好， world。"),
        ("a, b", "a，, b", "a,, b"),
        ("", "。", "."),
    ],
)
def test_spaces_are_those_of_the_text(text, punctuated, shown):
    assert marked(text, punctuated) == shown


@pytest.mark.parametrize(("text", "punctuated", "why"), [("ab", "axb", "'x'"), ("ab c", "ab", "'c'")])
def test_a_model_that_changes_the_text_is_not_believed(text, punctuated, why):
    with pytest.raises(RuntimeError, match=why):
        marked(text, punctuated)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tokens": None}, "'tokens' is missing"),
        ({"vocab_size": None}, "'vocab_size' is missing"),
        ({"vocab_size": 7}, "holds 8 tokens"),
        ({"vocab_size": "many"}, "holds 8 tokens"),
        ({"punctuations": None}, "'punctuations' is missing"),
        ({"punctuations": "<unk>|_|，|。|？"}, "lacks 、"),
        ({"punctuations": "<unk>|_|，|。|？|、|！"}, "6 outputs, but 7 punctuations"),
        ({"unk_symbol": None}, "'unk_symbol' is missing"),
        ({"unk_symbol": "<nk>"}, "none of its tokens"),
    ],
)
def test_what_ends_sherpa_onnx_in_a_ct_transformer_is_a_sentence(tmp_path, changes, said):
    tiny.ct_transformer(tmp_path / "model.onnx", **changes)
    with pytest.raises(ModelError, match=said):
        open_punctuation({"model": str(tmp_path / "model.onnx")}, 1)


@pytest.mark.parametrize(
    ("changes", "said"), [({"COMMA": None}, "'COMMA' is None"), ({"UPPER": 2}, "'UPPER' is '2', not 1")]
)
def test_what_ends_sherpa_onnx_in_a_bilstm_is_a_sentence(tmp_path, changes, said):
    tiny.bilstm(tmp_path / "model.onnx", **changes)
    tiny.write_vocabulary(tmp_path / "bpe.vocab")
    with pytest.raises(ModelError, match=said):
        open_punctuation({"model": str(tmp_path / "model.onnx"), "bpe_vocab": str(tmp_path / "bpe.vocab")}, 1)


def test_one_model_for_the_other_is_a_sentence(tmp_path):
    ct, bilstm = files(tmp_path / "ct"), files(tmp_path / "bilstm", "bilstm")
    with pytest.raises(ModelError, match="is no CNN-BiLSTM"):
        open_punctuation({"model": ct["model"], "bpe_vocab": bilstm["bpe_vocab"]}, 1)
    with pytest.raises(ModelError, match="is no CT-Transformer"):
        open_punctuation({"model": bilstm["model"]}, 1)


def test_another_vocabulary_is_a_sentence(tmp_path):
    paths = files(tmp_path, "bilstm")
    tiny.write_vocabulary(tmp_path / "bpe.vocab", tiny.PIECES[3:])
    with pytest.raises(ModelError, match="second and third piece"):
        open_punctuation(paths, 1)


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_file_that_is_no_model_is_a_sentence(tmp_path, damage):
    path = tmp_path / "model.onnx"
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(ModelError, match=r"model\.onnx"):
        open_punctuation({"model": str(path)}, 1)
