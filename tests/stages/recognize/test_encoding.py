import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import ModelError
from edged.stages.recognize.encoding import Spelling, read_vocabulary, spelling
from edged.stages.recognize.preflight import read_tokens
from edged.stages.recognize.recognizer import Hotword
from tests.assets import asset
from tests.stages.recognize.tiny.network import UNITS

PIECES = UNITS[1:]
CHARACTERS = ["<blk>", "<unk>", "开", "灯", "厨", "房", "的", "HELLO", "5"]


@pytest.mark.parametrize(
    ("phrase", "spelled"),
    [
        ("red light", "red light"),
        ("kitchen timer", "kitchen timer"),
        ("Red LIGHT", "red light"),  # all tokens are lower case
        ("as", "as"),
        ("light red lamp", None),
        ("chen", None),  # a piece, but not the beginning of a word
        ("red/light", None),
        ("red :5", None),
        ("rouge", None),
    ],
)
def test_pieces_make_up_a_phrase_or_do_not(phrase, spelled):
    assert Spelling("bpe", UNITS, PIECES).spelled(Hotword(phrase)) == spelled


@pytest.mark.parametrize(
    ("phrase", "spelled"),
    [
        ("开灯", "开灯"),
        ("厨房 的 灯", "厨房 的 灯"),
        ("开门", None),
        ("hello", "HELLO"),
        ("开hello", "开HELLO"),
        ("5", "5"),
    ],
)
def test_characters_are_units_of_their_own(phrase, spelled):
    assert Spelling("cjkchar", CHARACTERS).spelled(Hotword(phrase)) == spelled


def test_both_together():
    both = Spelling("cjkchar+bpe", ["开", "灯", *UNITS], PIECES)
    assert both.spelled(Hotword("开 red 灯")) == "开 red 灯"
    assert both.spelled(Hotword("开red灯")) == "开red灯"
    assert both.spelled(Hotword("关 red")) is None


def test_pieces_that_are_no_tokens_of_the_model_do_not_count():
    assert Spelling("bpe", ["▁a"], ["▁a", "s"]).spelled(Hotword("as")) is None


BEGINS = [piece.removeprefix("▁") for piece in PIECES if piece.startswith("▁")]
GOES_ON = [piece for piece in PIECES if not piece.startswith("▁")]
WORDS = st.builds(
    lambda first, rest: first + "".join(rest),
    st.sampled_from(BEGINS),
    st.lists(st.sampled_from(GOES_ON), max_size=3),
)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_whatever_is_made_of_pieces_is_spelled(words):
    assert Spelling("bpe", UNITS, PIECES).spelled(Hotword(" ".join(words))) == " ".join(words)


def test_the_tokens_of_a_published_model_spell_chinese_phrases():
    tokens = read_tokens(asset("asr/sherpa-bilingual-zh-en-2023-02-20/tokens.txt"))
    found = spelling("cjkchar", tokens, None)
    assert found.spelled(Hotword("打开 厨房的灯")) == "打开 厨房的灯"
    assert found.spelled(Hotword("阿里巴巴")) == "阿里巴巴"
    assert found.spelled(Hotword("ぁ")) is None


TOKENS = dict(enumerate(UNITS))


def write_vocabulary(path, pieces=("<unk>", "<s>", "</s>", *PIECES)):
    path.write_text("".join(f"{piece}\t{-n}\n" for n, piece in enumerate(pieces)), encoding="utf-8")
    return path


def test_a_vocabulary_of_the_model_is_taken(tmp_path):
    found = spelling("bpe", TOKENS, write_vocabulary(tmp_path / "bpe.vocab"))
    assert found.spelled(Hotword("kitchen light")) == "kitchen light"


@pytest.mark.parametrize(
    ("unit", "lines", "said"),
    [
        ("", None, "its model.toml has no modeling_unit"),
        ("bbpe", None, "modeling_unit in its model.toml is 'bbpe'"),
        ("bpe", None, "needs a file of role 'bpe_vocab'"),
        ("bpe", "▁on\t0\n▁xyz\t-1\n", "'▁xyz' is no token of the model"),
        ("bpe", "▁on 0\n", "bpe.vocab:1: '▁on 0' is not `PIECE<TAB>SCORE`"),
        ("bpe", "▁on\t0\n\n", "bpe.vocab:2: '' is not"),
        ("bpe", "▁on\tzero\n", "is not `PIECE<TAB>SCORE`"),
        ("cjkchar+bpe", "", "bpe.vocab:1: '' is not"),
    ],
)
def test_what_sherpa_onnx_would_not_survive_is_a_sentence(tmp_path, unit, lines, said):
    path = None
    if lines is not None:
        path = tmp_path / "bpe.vocab"
        path.write_text(lines, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        spelling(unit, TOKENS, path)
    assert said in str(caught.value)


def test_an_absent_or_binary_vocabulary_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        read_vocabulary(tmp_path / "absent")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="cannot be read"):
        read_vocabulary(tmp_path / "binary")
