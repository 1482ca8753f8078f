"""The keys against facts about the instruments that do not come from the key files."""

import re

import pytest

from imp_common.design import Item
from imp_common.errors import InputError
from imp_common.folders import SHIPPED_KEYS
from imp_intake.settings.instruments import find_key_file, parse_items, read_instrument

# Number of items, range of the answers, reversed items, and scales with items and range of scores:
# Baer et al. (2006), Neff (2003), Baron-Cohen & Wheelwright (2004), Cohen & Williamson (1988),
# Stamm (2009); not in the paper: Smith et al. (2008), Kroenke et al. (2001).
FACTS = {
    "ffmq": (39, (1, 5), 19, {"ffmq_total": (39, 39, 195), "ffmq_nonreactivity": (7, 7, 35)}),
    "scs_26": (26, (1, 5), 13, {"scs_total": (26, 1, 5), "scs_isolation": (4, 1, 5)}),
    "scs_24": (24, (1, 5), 12, {"scs_total": (24, 1, 5), "scs_self_kindness": (4, 1, 5)}),
    "eq": (40, (0, 3), 19, {"eq_total": (40, 0, 80)}),
    "pss": (10, (0, 4), 4, {"pss_total": (10, 0, 40)}),
    "brs": (6, (1, 5), 3, {"brs_total": (6, 1, 5)}),
    "phq_9": (9, (0, 3), 0, {"phq_total": (9, 0, 27)}),
    "proqol": (30, (1, 5), 5, {"proqol_compassion_fatigue": (20, 20, 100)}),
}


@pytest.mark.parametrize("name", FACTS)
def test_key_has_the_published_counts_and_ranges(study, name):
    items, answers, reversed_items, scales = FACTS[name]
    key = read_instrument(find_key_file(name, study.folder))
    by_id = {scale.id: scale for scale in key.scales}
    assert key.number_of_items == items
    assert (key.lowest_answer, key.highest_answer) == answers
    assert len(key.reverse_keyed) == reversed_items
    for scale, facts in scales.items():
        assert (len(by_id[scale].items), by_id[scale].lowest, by_id[scale].highest) == facts


def test_left_out_items_go_and_the_others_move_up():
    assert parse_items("5 12 26R", left_out=(5, 21)) == (
        Item(11, reverse_keyed=False),
        Item(24, reverse_keyed=True),
    )


def test_every_key_ships_its_sources_and_no_wording(study):
    for key in study.instruments:
        assert key.sources
        longest = max(len(scale.label) for scale in key.scales)
        assert longest < 40


def test_all_problems_of_a_key_are_told_at_once(tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text(
        'id = "wrong"\nname = "Wrong"\nnumber_of_items = 4\nlowest_answer = 1\nhighest_answer = 5\n'
        'points_by_answer = [1, 2]\n[scales]\nfirst = "1 2 2 9"\nsecond = "x3"\n'
        '[scoring]\nscale_rule = "median"\n[composites.total]\nof = ["third"]\nrule = "sum"\n'
    )
    with pytest.raises(InputError) as raised:
        read_instrument(file)
    text = str(raised.value)
    for found in ("item 9", "item 2 twice", '"x3"', "items 3, 4", "2 points", "median", '"third"'):
        assert found in text


def test_a_key_without_scales_says_what_to_add(tmp_path):
    file = tmp_path / "empty.toml"
    file.write_text('id = "empty"\n')
    with pytest.raises(InputError, match="Add scales to the key"):
        read_instrument(file)


@pytest.mark.parametrize("number", ["9" * 30, "10001"])
@pytest.mark.parametrize(
    "setting", ["number_of_items", "lowest_answer", "highest_answer", "points_by_answer"]
)
def test_a_slip_of_a_number_cannot_fill_the_memory(tmp_path, setting, number):
    text = SHIPPED_KEYS.joinpath("brs.toml").read_text(encoding="utf-8")
    text = text.replace("[scales]", "points_by_answer = [1, 2, 3, 4, 5]\n[scales]")
    number = f"[1, 2, 3, 4, {number}]" if setting == "points_by_answer" else number
    file = tmp_path / "brs.toml"
    file.write_text(re.sub(rf"(?m)^{setting} = .*$", f"{setting} = {number}", text))
    with pytest.raises(InputError, match=setting):
        read_instrument(file)
