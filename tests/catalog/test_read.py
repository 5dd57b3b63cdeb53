from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.catalog.manifest import Model
from edged.catalog.read import MAX_BYTES, parse_model, read_model
from edged.catalog.write import model_toml
from edged.errors import ModelError
from tests.catalog.sheets import RECOGNIZER_TOML, head_toml

AT = Path("/models/hey_you/model.toml")


def refused(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        parse_model(text.encode(), AT)
    sentence = str(caught.value)
    assert sentence.startswith(f"{AT}: ")
    assert "\n" not in sentence
    return sentence


def test_a_head_says_all_it_has():
    model = parse_model(head_toml().encode(), AT)
    assert (model.name, model.kind, model.version, model.licence) == ("hey_you", "head", "0.1", "MIT")
    assert (model.languages, model.lag_ms, model.labels) == (("en",), 80, ("none", "some"))
    assert (model.source, model.description, model.attribution) == ("a test", "Wake word", "nobody")
    assert model.files["model"].path == Path("/models/hey_you/hey_you.onnx")
    assert model.files["model"].size == 45
    assert model.recognizer is None


def test_a_recognizer_has_roles_and_facts():
    model = parse_model(RECOGNIZER_TOML.encode(), AT)
    assert list(model.files) == ["streaming", "tokens"]
    assert model.files["tokens"].path == AT.parent / "text/tokens.txt"
    facts = model.recognizer
    assert facts is not None
    assert (facts.family, facts.modes, facts.self_test) == ("nemo-ctc", ("streaming", "offline"), True)
    assert (facts.tail_padding_s, facts.vocabulary) == (0.5, "closed")
    assert (facts.decoding, facts.modeling_unit) == ("modified_beam_search", "bpe")


BARE_HEAD = head_toml().replace("lag_ms = 80", "").replace('labels = ["none", "some"]', "")


def test_a_head_that_does_not_say_gets_the_defaults():
    model = parse_model(BARE_HEAD.encode(), AT)
    assert (model.lag_ms, model.labels) == (160, ())


KEYWORDS_TOML = RECOGNIZER_TOML.partition("[recognizer]")[0].replace(
    'kind = "recognizer"', 'kind = "keywords"\nsuits = "any RK3588"\nunverified = true'
)


def test_keywords_have_roles_of_their_own_and_an_unverified_model_says_so():
    model = parse_model(KEYWORDS_TOML.encode(), AT)
    assert (model.kind, list(model.files)) == ("keywords", ["streaming", "tokens"])
    assert (model.suits, model.unverified) == ("any RK3588", True)
    assert "the role [files.model] is missing" in refused(KEYWORDS_TOML.replace('"keywords"', '"itn"'))


@pytest.mark.parametrize("text", [head_toml(), RECOGNIZER_TOML, BARE_HEAD, KEYWORDS_TOML])
def test_what_is_written_reads_the_same(text):
    model = parse_model(text.encode(), AT)
    assert parse_model(model_toml(model).encode(), AT) == model


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("lag_ms", "lag_mss"), "lag_mss: unknown key, did you mean 'lag_ms'?"),
        (("sha256", "sha265"), "files.model.sha265: unknown key, did you mean 'sha256'?"),
        (("sha256", "sha265"), "files.model.sha256: missing"),
        (('licence = "MIT"', ""), "licence: missing"),
        (("files.model", "files.modell"), "the role [files.model] is missing"),
        (
            ('"hey_you.onnx"', '"../hey_you.onnx"'),
            "files.model.path = '../hey_you.onnx': must be a path inside",
        ),
        (('"hey_you.onnx"', '"/etc/passwd"'), "files.model.path = '/etc/passwd': must be a path inside"),
        (('"hey_you.onnx"', '"a\\u0000b"'), "must be a path inside"),
        (("bytes = 45", "bytes = -1"), "files.model.bytes = -1"),
        (("bytes = 45", "bytes = true"), "files.model.bytes = True"),
        (('kind = "head"', 'kind = "heads"'), "kind = 'heads'"),
        (('kind = "head"', 'kind = "vad"'), "lag_ms and labels belong to heads, not to kind 'vad'"),
        (('kind = "head"', 'kind = "recognizer"'), "a recognizer needs the table [recognizer]"),
        (('name = "hey_you"', 'name = "../x"'), "name = '../x'"),
        (("lag_ms = 80", 'lag_ms = "80"'), "lag_ms = '80'"),
        (("[files.model]", "[files.model"), "not TOML"),
        (
            ("[files.model]", "[recognizer]\nfamily = 'x'\nmodes = ['streaming']\n[files.model]"),
            "does not belong",
        ),
    ],
)
def test_a_wrong_key_is_named(change, said):
    assert said in refused(head_toml().replace(*change))


def test_a_bad_sha256_is_named():
    text = RECOGNIZER_TOML.replace("0" * 64, "0" * 63 + "G")
    assert "files.streaming.sha256" in refused(text)


def test_numbers_out_of_any_range_are_refused():
    assert "recognizer.min_audio_s" in refused(
        RECOGNIZER_TOML.replace("min_audio_s = 0.2", "min_audio_s = inf")
    )
    assert "not TOML" in refused(head_toml().replace("bytes = 45", "bytes = " + "9" * 5000))


def test_nesting_without_end_is_refused():
    assert "not TOML" in refused("a = " + "[" * 30_000)


def test_a_file_without_end_is_not_read(tmp_path):
    (tmp_path / "model.toml").write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ModelError, match="longer than"):
        read_model(tmp_path)


def test_absent_and_unreadable_manifests_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"model\.toml: No such file"):
        read_model(tmp_path)
    (tmp_path / "model.toml").mkdir()
    with pytest.raises(ModelError, match=r"model\.toml: Is a directory"):
        read_model(tmp_path)


def test_many_problems_stay_one_line():
    text = "\n".join(f"extra{n} = 1" for n in range(40)) + "\n" + head_toml()
    assert "and 35 more" in refused(text)


pieces = st.lists(st.tuples(st.integers(0, 700), st.integers(0, 12), st.binary(max_size=8)), max_size=6)


@given(st.sampled_from([head_toml(), RECOGNIZER_TOML]), pieces)
def test_mutated_files_give_a_model_or_a_model_error(text, cuts):
    raw = text.encode()
    for at, length, filling in cuts:
        raw = raw[:at] + filling + raw[at + length :]
    try:
        model = parse_model(raw, AT)
    except ModelError as exc:
        assert str(exc).startswith(f"{AT}: ")
    else:
        assert isinstance(model, Model)
        assert all(file.path.is_relative_to(AT.parent) for file in model.files.values())


toml_values = st.recursive(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8).map(repr),
        st.integers(-(2**70), 2**70).map(str),
        st.sampled_from(["true", "inf", "-nan", "1e400", "1979-05-27", "{}", "'../..'", '"\\u0007"', "''"]),
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
    max_leaves=4,
)


@given(st.sampled_from([head_toml(), RECOGNIZER_TOML]), st.data())
def test_wrong_values_give_a_model_or_a_model_error(text, data):
    lines = text.splitlines()
    at = data.draw(st.sampled_from([n for n, line in enumerate(lines) if "=" in line]))
    lines[at] = lines[at].partition("=")[0] + "= " + data.draw(toml_values)
    try:
        assert isinstance(parse_model("\n".join(lines).encode(), AT), Model)
    except ModelError as exc:
        assert str(exc).startswith(f"{AT}: ")
        assert "\n" not in str(exc)
