"""No option does nothing: each key has a test that shows what it changes, or is refused as not built."""

import ast
import os
from dataclasses import replace
from pathlib import Path

import pytest

from edged.config.keys import KEYS
from edged.config.load import load
from edged.config.schema import Later
from edged.errors import ConfigError

ROOT = Path(__file__).parents[2]

ACTIVATION = "tests/stages/heads/test_activation.py"
RULE = "tests/stages/heads/test_rule.py"
ENDPOINT = "tests/stages/listen/test_endpoint.py"
LISTENING = "tests/runtime/test_listening.py"
UTTERANCE = "tests/stages/listen/test_utterance.py"
SPEECH = "tests/stages/listen/test_speech.py"
RECORDING = "tests/stages/audio/test_recording.py"
CHAINS = "tests/runtime/test_chains.py"
TELEMETRY = "tests/runtime/test_telemetry.py"
CLIPS = "tests/runtime/clips/test_witness.py"
KEEPER = "tests/runtime/clips/test_keeper.py"
BOARD = "tests/config/test_board.py"
WRITING = "tests/runtime/test_writing.py"
JOBS = "tests/runtime/jobs/test_pool.py"
RECOGNIZERS = "tests/runtime/test_recognizers.py"
HOOKS = "tests/stages/sinks/test_hooks.py"
MQTT = "tests/stages/sinks/test_mqtt.py"
PIPELINE = "tests/runtime/test_every_key.py"
"""Keys that only the wiring obeys."""

SHOWN_BY = {
    "audio.source": (PIPELINE, "test_the_source_of_the_file_is_heard"),
    "audio.channel": (RECORDING, "test_stereo_is_mixed_or_one_channel_is_picked"),
    "audio.gain_db": (RECORDING, "test_gain_is_in_decibels_and_saturates"),
    "audio.remove_dc": (
        "tests/cli/test_run_microphone.py",
        "test_what_a_microphone_delivers_is_tidied_unless_that_is_not_wanted",
    ),
    "audio.dither": (
        "tests/cli/test_run_microphone.py",
        "test_what_a_microphone_delivers_is_tidied_unless_that_is_not_wanted",
    ),
    "denoise.path": (
        "tests/runtime/test_ear.py",
        "test_each_branch_hears_cleaned_sound_where_it_is_asked_for",
    ),
    "audio.mixer": (
        "tests/stages/audio/test_mixer.py",
        "test_the_mixer_of_the_card_is_set_before_it_is_opened",
    ),
    "features.backend": (PIPELINE, "test_a_named_features_backend_is_that_or_an_error"),
    "features.fallback": (PIPELINE, "test_a_written_features_fallback_is_taken"),
    "features.order": (CHAINS, "test_the_order_of_the_configuration_decides_between_equals"),
    "features.device": (PIPELINE, "test_the_gpu_is_opened_as_asked"),
    "features.precision": (PIPELINE, "test_the_gpu_is_opened_as_asked"),
    "features.mem_limit_mb": (PIPELINE, "test_the_gpu_is_opened_as_asked"),
    "features.threads": (PIPELINE, "test_the_embedding_gets_as_many_threads_as_asked"),
    "features.melspectrogram": (PIPELINE, "test_the_named_feature_models_are_opened"),
    "features.embedding": (PIPELINE, "test_the_named_feature_models_are_opened"),
    "heads.backend": (PIPELINE, "test_a_named_heads_backend_is_that_or_an_error"),
    "heads.fallback": (PIPELINE, "test_a_written_heads_fallback_is_taken"),
    "heads.order": (CHAINS, "test_the_order_of_the_configuration_decides_between_equals"),
    "heads.npu_core": (
        "tests/runtime/test_compiled.py",
        "test_the_core_of_the_configuration_is_the_one_that_runs",
    ),
    "heads.threshold": (ACTIVATION, "test_the_threshold_itself_counts"),
    "heads.rearm_below": (ACTIVATION, "test_a_wobble_around_the_threshold_is_not_a_second_word"),
    "heads.patience": (ACTIVATION, "test_patience_is_met_by_n_of_the_last_m_hops"),
    "heads.patience_window": (ACTIVATION, "test_patience_is_met_by_n_of_the_last_m_hops"),
    "heads.refractory_s": (ACTIVATION, "test_refractory_time_is_counted_in_audio_and_per_word"),
    "heads.vad_threshold": (
        ACTIVATION,
        "test_without_speech_the_rise_is_held_and_reported_once_with_its_peak",
    ),
    "heads.vad_lookback_s": (SPEECH, "test_the_gate_finds_speech_within_its_look_back_and_none_before"),
    "heads.word[].name": (RULE, "test_a_key_left_out_takes_the_common_value"),
    "heads.word[].model": (PIPELINE, "test_the_model_of_a_word_is_opened"),
    "heads.word[].output": (PIPELINE, "test_the_output_of_a_head_with_several_is_listened_to"),
    "heads.word[].role": (LISTENING, "test_a_stop_word_of_a_head_cancels_the_command_in_its_hop"),
    "heads.word[].threshold": (RULE, "test_a_key_of_the_word_wins_even_where_it_is_zero"),
    "heads.word[].rearm_below": (
        RULE,
        "test_a_rule_that_could_never_work_is_refused_with_the_word_and_the_way_out",
    ),
    "heads.word[].patience": (
        RULE,
        "test_a_rule_that_could_never_work_is_refused_with_the_word_and_the_way_out",
    ),
    "heads.word[].patience_window": (RULE, "test_a_key_of_the_word_wins_even_where_it_is_zero"),
    "heads.word[].refractory_s": (RULE, "test_a_key_of_the_word_wins_even_where_it_is_zero"),
    "heads.word[].vad_threshold": (RULE, "test_a_key_of_the_word_wins_even_where_it_is_zero"),
    "heads.word[].lag_ms": (RULE, "test_a_negative_lag_is_kept"),
    "listen.trailing_silence": (
        ENDPOINT,
        "test_silence_after_speech_ends_the_command_after_the_time_asked_for",
    ),
    "listen.no_speech_timeout_s": (ENDPOINT, "test_nobody_speaks"),
    "listen.max_length_s": (UTTERANCE, "test_the_longest_command_is_cut_at_its_length"),
    "listen.min_speech_ms": (ENDPOINT, "test_a_click_is_no_command"),
    "listen.pre_roll_ms": (UTTERANCE, "test_pre_roll_is_handed_on_and_not_listened_to"),
    "listen.vad_threshold": (ENDPOINT, "test_speech_goes_on_until_it_falls_well_below_the_threshold"),
    "listen.stable_s": (ENDPOINT, "test_a_text_that_stands_ends_a_command_that_noise_keeps_open"),
    "listen.follow_up_s": (LISTENING, "test_after_a_text_another_command_needs_no_wake_word"),
    "listen.follow_up_max": (LISTENING, "test_a_follow_up_follows_a_follow_up_but_not_for_ever"),
    "listen.stop_words": (LISTENING, "test_a_text_that_is_a_stop_word_is_not_a_command"),
    "listen.on_wake": (LISTENING, "test_a_second_wake_word_begins_anew_where_that_is_asked_for"),
    "listen.vad": (PIPELINE, "test_the_named_vad_is_opened"),
    "recognize.enabled": (PIPELINE, "test_without_a_recognizer_wake_words_are_still_heard"),
    "recognize.model": (PIPELINE, "test_the_named_recognizer_is_opened"),
    "recognize.mode": (PIPELINE, "test_the_recognizer_decodes_as_asked"),
    "recognize.threads": (PIPELINE, "test_the_recognizer_has_the_threads_asked_for"),
    "recognize.nice": (PIPELINE, "test_the_recognizer_is_as_nice_as_asked"),
    "recognize.memory_mb": (PIPELINE, "test_a_recognizer_larger_than_its_memory_is_refused"),
    "recognize.hotwords_file": (WRITING, "test_hotwords_of_the_file_are_heard_and_bad_lines_named"),
    "recognize.decoding": (WRITING, "test_hotwords_of_one_recording_need_the_search_that_can"),
    "recognize.language": (WRITING, "test_the_language_is_the_configured_one_unless_another_is_asked_for"),
    "recognize.itn": (
        WRITING,
        "test_numbers_are_written_by_the_named_rules_unless_that_is_not_asked_for",
    ),
    "recognize.punctuation": (
        WRITING,
        "test_punctuation_is_added_by_the_named_model_unless_that_is_not_asked_for",
    ),
    "recognize.min_confidence": (
        WRITING,
        "test_text_of_little_confidence_is_withheld_where_that_is_asked_for",
    ),
    "recognize.filter": (
        WRITING,
        "test_text_that_nobody_can_have_said_is_withheld_where_that_is_asked_for",
    ),
    "recognize.accelerated": (
        RECOGNIZERS,
        "test_a_model_for_the_npu_is_not_tried_on_a_sherpa_onnx_without_one",
    ),
    "recognize.npu_core": (
        "tests/stages/recognize/test_accelerated.py",
        "test_a_choice_of_cores_is_what_sherpa_onnx_takes_for_threads",
    ),
    "recognize.smaller": (RECOGNIZERS, "test_a_board_that_is_too_hot_is_answered_by_the_smaller_model"),
    "recognize.smaller_above_c": (
        RECOGNIZERS,
        "test_a_board_that_is_too_hot_is_answered_by_the_smaller_model",
    ),
    "recognize.remote": (
        RECOGNIZERS,
        "test_a_remote_server_answers_what_no_model_of_this_board_can_and_the_result_says_so",
    ),
    "sinks.jsonl.path": (PIPELINE, "test_events_are_appended_to_the_file"),
    "sinks.jsonl.scores": (PIPELINE, "test_scores_are_sent_when_asked_for"),
    "sinks.socket.path": (
        "tests/cli/test_orders.py",
        "test_a_box_is_muted_unmuted_and_told_to_listen_from_the_command_line",
    ),
    "sinks.hooks.commands": (HOOKS, "test_a_hook_gets_its_event_on_standard_input"),
    "sinks.hooks.timeout_s": (HOOKS, "test_a_hook_that_takes_too_long_is_ended_with_all_it_started"),
    "sinks.hooks.max_running": (HOOKS, "test_no_more_run_at_a_time_than_asked_for_and_all_get_their_turn"),
    **{
        f"sinks.mqtt.{key}": (MQTT, test)
        for key, test in {
            "host": "test_a_broker_hears_every_event_and_how_things_are",
            "port": "test_a_broker_hears_every_event_and_how_things_are",
            "username": "test_a_broker_that_asks_for_a_password_gets_it",
            "password": "test_a_broker_that_asks_for_a_password_gets_it",
            "tls": "test_over_tls_the_broker_has_to_prove_who_it_is",
            "ca": "test_over_tls_the_broker_has_to_prove_who_it_is",
            "site_id": "test_a_broker_hears_every_event_and_how_things_are",
            "prefix": "test_a_broker_hears_every_event_and_how_things_are",
            "qos": "test_messages_have_the_quality_asked_for",
            "retain": "test_only_where_asked_for_is_the_state_kept",
            "hermes": "test_rhasspys_services_are_told_and_obeyed_where_asked_for",
        }.items()
    },
    "telemetry.stats_s": (PIPELINE, "test_stats_come_as_often_as_asked"),
    "service.stall_s": (
        PIPELINE,
        "test_the_path_may_be_silent_for_as_long_as_asked_and_a_recording_played_fast_for_ever",
    ),
    "telemetry.metrics": (PIPELINE, "test_metrics_are_served_while_it_hears"),
    "telemetry.metrics_file": (PIPELINE, "test_metrics_are_left_in_a_file"),
    "telemetry.sample_s": (TELEMETRY, "test_the_machine_is_looked_at_as_often_as_asked"),
    "telemetry.power_sensor": (PIPELINE, "test_a_command_costs_what_the_named_sensor_says"),
    "board.name": (BOARD, "test_a_named_board_is_taken_whatever_the_machine_says"),
    "board.compatible": (BOARD, "test_names_in_the_users_file_are_taken_instead_of_the_machines"),
    "board.microphones": (BOARD, "test_the_boards_own_microphone_is_taken_before_other_cards"),
    "clips.enabled": (CLIPS, "test_switched_off_nothing_is_kept"),
    "clips.dir": (PIPELINE, "test_clips_are_kept_in_the_named_folder"),
    "clips.quota_mb": (KEEPER, "test_the_quota_holds"),
    "clips.max_age_days": (
        KEEPER,
        "test_a_start_clears_away_what_a_crash_left_and_what_is_too_old_or_too_much",
    ),
    "clips.kinds": (CLIPS, "test_kinds_that_were_not_asked_for_are_not_kept_and_not_told"),
    "clips.commands": (CLIPS, "test_where_commands_are_kept_a_wake_goes_on_to_the_end_of_its_command"),
    "clips.before_s": (CLIPS, "test_the_curve_is_as_long_as_asked"),
    "clips.after_s": (CLIPS, "test_no_sound_follows_where_none_is_to"),
    "clips.near_miss_from": (CLIPS, "test_how_close_a_near_miss_is_can_be_chosen"),
    "models.dir": ("tests/catalog/test_search.py", "test_models_go_to_the_named_folder_or_the_users_data"),
    "models.accept_licences": (
        "tests/catalog/test_licence.py",
        "test_a_non_commercial_model_waits_for_acceptance",
    ),
    "models.mirror": ("tests/cli/test_models.py", "test_the_mirror_of_the_configuration_is_asked_first"),
    "audio.others": (
        "tests/runtime/test_capture.py",
        "test_another_microphone_is_taken_while_the_preferred_is_away_and_left_between_commands",
    ),
    "serve.workers": (JOBS, "test_more_workers_are_started_only_while_more_jobs_wait"),
    "serve.queue": (JOBS, "test_a_full_queue_says_when_to_come_back_and_keeps_a_place_for_others"),
    "serve.worker_memory_mb": (JOBS, "test_a_process_that_has_grown_is_replaced_between_two_jobs"),
    "service.realtime": (
        "tests/runtime/test_realtime.py",
        "test_live_sound_passes_only_through_threads_that_go_before_all_others",
    ),
    "service.placement": (
        "tests/runtime/test_placement.py",
        "test_placement_is_for_machines_with_two_kinds_of_cores_and_can_be_switched_off",
    ),
    **{
        f"serve.{name}.{key}": ("tests/serve/test_daemon.py", "test_every_front_end_that_is_enabled_listens")
        for name in ("wyoming", "funasr", "sherpa", "openai", "dashboard")
        for key in ("enabled", "bind", "port")
    },
    "serve.dashboard.transcripts": (
        "tests/serve/dashboard/test_front_end.py",
        "test_what_was_said_is_told_only_where_that_was_asked_for",
    ),
    "serve.dashboard.names": (
        "tests/serve/dashboard/test_front_end.py",
        "test_a_name_of_the_configuration_is_one_of_this_machine",
    ),
    "serve.wyoming.microphone": (
        "tests/serve/wyoming/test_mic.py",
        "test_who_asks_nothing_is_sent_what_is_heard_and_info_says_so",
    ),
    **{
        f"serve.wyoming.{key}": (
            "tests/serve/wyoming/satellite/test_satellite.py",
            "test_it_says_that_it_is_a_satellite_on_a_port_that_is_nothing_else",
        )
        for key in ("satellite", "satellite_port", "area")
    },
    "serve.wyoming.end_stage": (
        "tests/serve/wyoming/satellite/test_satellite.py",
        "test_what_is_done_with_a_command_in_the_end_is_what_was_configured",
    ),
    **{
        f"serve.wyoming.{key}": (
            "tests/serve/wyoming/test_announce.py",
            "test_what_is_announced_is_found_where_it_listens_and_withdrawn_at_the_end",
        )
        for key in ("announce", "name")
    },
    "serve.funasr.default_mode": (
        "tests/serve/funasr/test_front_end.py",
        "test_a_client_that_names_no_mode_gets_the_one_of_the_configuration",
    ),
    "serve.sherpa.offline_port": (
        "tests/serve/sherpa/test_front_end.py",
        "test_files_one_after_the_other_get_an_answer_each",
    ),
    "serve.max_upload_mb": (
        "tests/serve/openai/test_front_end.py",
        "test_a_recording_that_is_too_large_is_refused",
    ),
    "serve.token": ("tests/serve/test_access.py", "test_the_token_opens_and_nothing_else_does"),
    "serve.allow_plain": ("tests/serve/test_house.py", "test_a_token_consent_or_loopback_is_enough"),
    "serve.tls_cert": ("tests/serve/test_access.py", "test_a_certificate_with_its_key_is_used"),
    "serve.tls_key": ("tests/serve/test_access.py", "test_a_certificate_with_its_key_is_used"),
    "serve.max_connections": ("tests/serve/test_site.py", "test_one_connection_too_many_is_refused_in_words"),
    "serve.max_streams": ("tests/serve/test_reception.py", "test_one_stream_too_many_is_refused_in_words"),
    "serve.idle_s": ("tests/serve/test_site.py", "test_a_request_that_never_ends_is_let_go"),
}
"""Key to the file and the name of the test that shows it."""

VALUES = {"string": "x", "boolean": True, "integer": 7, "number": 7.5, "array": ["x"], "object": {"x": "y"}}
"""A value other than the default for each form."""


def names_of_tests(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_key_is_refused_as_not_built_or_has_a_test_that_shows_it():
    built = {name for name, key in KEYS.items() if key.later is None} - {"heads.word"}
    assert built == set(SHOWN_BY)


@pytest.mark.parametrize("key", SHOWN_BY)
def test_the_test_that_shows_a_key_exists(key):
    file, test = SHOWN_BY[key]
    assert test in names_of_tests(ROOT / file)


NOT_BUILT = {"serve.dashboard.port", *(name for name, key in KEYS.items() if key.later is not None)}
"""One is made by the test: a version may come in which all is built."""


@pytest.mark.parametrize("name", sorted(NOT_BUILT))
def test_a_key_of_a_part_not_built_is_refused_by_name(name, monkeypatch):
    monkeypatch.setitem(KEYS, name, replace(KEYS[name], later=Later("a thing")))
    form = KEYS[name].form
    others = form.get("enum") or ([True, False] if form["type"] == "boolean" else [VALUES[form["type"]]])
    value = next(v for v in others if v != form.get("default"))
    with pytest.raises(ConfigError) as caught:
        load(Path(os.devnull), {}, {name: value})
    (problem,) = caught.value.problems
    assert problem.startswith(f"command line: {name}: ")
    assert problem.endswith("not built yet in this version; remove the key")
