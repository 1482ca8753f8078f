"""A new study's folder: what is laid down, what is refused, and that a key file alone is enough."""

import subprocess
import tomllib

import pytest
from made_exports import BRS_REVERSED, hand_score

from imp_helpers import cleaning, scoring
from imp_helpers.__main__ import main
from imp_helpers.check import new_study
from imp_helpers.study.errors import InputError
from imp_helpers.study.study import read_study


def test_it_lays_down_settings_key_stub_checklist_and_gitignore(tmp_path, capsys):
    assert main(["new-study", str(tmp_path / "new")]) == 0
    made = {p.relative_to(tmp_path / "new").as_posix() for p in (tmp_path / "new").rglob("*")}
    assert made == {
        ".gitignore", "CHECKLIST.md", "corrections.csv", "instruments",
        "instruments/empty.toml.txt", "raw", "study.toml",
    }  # fmt: skip
    assert "/raw/" in (tmp_path / "new" / ".gitignore").read_text().splitlines()
    settings = tomllib.loads((tmp_path / "new" / "study.toml").read_text(encoding="utf-8"))
    assert settings["study"]["kind"] == "participants"
    tomllib.loads((tmp_path / "new/instruments/empty.toml.txt").read_text(encoding="utf-8"))
    assert "CHECKLIST.md" in capsys.readouterr().out


def test_a_folder_that_holds_something_is_refused(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["new-study", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    assert main(["new-study", str(tmp_path / "mine.txt")]) == 1


def test_a_fresh_study_waits_for_its_files(tmp_path, capsys):
    main(["new-study", str(tmp_path / "new")])
    assert main(["check", "--study", str(tmp_path / "new"), "--out", str(tmp_path)]) == 1
    assert "Put the file there" in capsys.readouterr().out


@pytest.fixture
def own(tmp_path):
    """Return a new study with an export of its own, four people of one group, BRS and PHQ-9."""
    folder = tmp_path / "own"
    new_study.lay_down(folder)
    settings = (folder / "study.toml").read_text(encoding="utf-8").replace('"..."', '"Filled in"')
    settings = settings.replace(
        'pss = "PSS_{item}_{time}"', 'brs = "b{item}{time}"\nphq_9 = "p{item}{time}"'
    )
    settings = settings.replace('"pss_total"', '"brs_total"').replace('"lower"', '"higher"')
    control = settings.index("[groups.control]")
    settings = settings[:control] + settings[settings.index("# In chronological order") :]
    (folder / "study.toml").write_text(settings, encoding="utf-8")
    header, rows = ["id", "group"], [[str(n), "1"] for n in range(1, 5)]
    for time, shift in (("T1", 0), ("T2", 1)):
        for name, count, low, width in (("b", 6, 1, 5), ("p", 9, 0, 4)):
            for item in range(1, count + 1):
                header.append(f"{name}{item}{time}")
                for number, row in enumerate(rows):
                    row.append(str(low + (item * (number + 1) + shift) % width))
    lines = "\n".join(",".join(row) for row in [header, *rows])
    (folder / "raw" / "export.csv").write_text(lines + "\n")
    return folder


def test_instruments_that_are_not_in_the_paper_need_a_key_file_alone(own):
    study = read_study(own)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    scores = scoring.score_all(scoring.points_table(made.answers, study), study)
    scores = scores.set_index(["participant", "time", "scale"])["score"]
    for number in range(1, 5):
        for time, shift in (("baseline", 0), ("post", 1)):
            brs = [1 + (item * number + shift) % 5 for item in range(1, 7)]
            phq = [(item * number + shift) % 4 for item in range(1, 10)]
            by_hand = hand_score(brs, BRS_REVERSED, 6, mean=True)
            assert scores[str(number), time, "brs_total"] == pytest.approx(by_hand, abs=1e-12)
            assert scores[str(number), time, "phq_total"] == sum(phq)


def test_a_key_of_ones_own(own):
    key = (own / "instruments" / "empty.toml.txt").read_text(encoding="utf-8")
    key = key.replace("NAME", "mine").replace("number_of_items = 0", "number_of_items = 3")
    key = key.replace("highest_answer = 0", "highest_answer = 4")
    (own / "instruments" / "mine.toml").write_text(key, encoding="utf-8")
    settings = (own / "study.toml").read_text(encoding="utf-8")
    settings = settings.replace('phq_9 = "p{item}{time}"', 'mine = "p{item}{time}"')
    (own / "study.toml").write_text(settings, encoding="utf-8")
    study = read_study(own)
    made = cleaning.clean(study, cleaning.read_raw_files(study))
    scores = scoring.score_all(scoring.points_table(made.answers, study), study)
    row = scores.set_index(["participant", "time", "scale"]).loc[("1", "baseline", "mine_total")]
    assert row["score"] == 1 + (4 - 2) + 3


def test_an_unconfirmed_assumption_stops_participants_data_and_hides_nothing(own, capsys):
    key = (own / "instruments" / "empty.toml.txt").read_text(encoding="utf-8")
    key = key.replace("NAME", "mine").replace("number_of_items = 0", "number_of_items = 3")
    key = key.replace("highest_answer = 0", "highest_answer = 4")
    key += '\n[[assumptions]]\nid = "order"\nwhat = "w"\nassumed = "a"\nwhy = "y"\nhow = "Look"\n'
    (own / "instruments" / "mine.toml").write_text(key, encoding="utf-8")
    settings = (own / "study.toml").read_text(encoding="utf-8")
    settings = settings.replace('phq_9 = "p{item}{time}"', 'mine = "p{item}{time}"')
    (own / "study.toml").write_text(settings, encoding="utf-8")
    raw = own / "raw" / "export.csv"
    raw.write_text(raw.read_text().replace("\n1,1,2,", "\n1,1,9,"))
    with pytest.raises(InputError, match="unconfirmed assumption"):
        read_study(own)
    assert main(["check", "--study", str(own), "--out", str(own / "out")]) == 1
    said = capsys.readouterr().out
    assert 'unconfirmed assumption "order"' in said
    assert 'found "9"' in said


@pytest.mark.parametrize("name", ["export.csv", "my [first] export.csv", "a#b!.csv"])
def test_git_gets_neither_raw_data_nor_an_export_beside_the_code(name, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    root = tmp_path / "repository"
    root.mkdir()
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    (root / ".gitignore").write_text("/build/")
    lines = [",".join(["id", "time", "PSS_1", "PSS_2", "PSS_3"])]
    lines += [f"P{n},T{t},{n % 5},{t},3" for n in range(10) for t in (1, 2)]
    (root / name).write_text("\n".join(lines))
    new_study.lay_down(root / "trial", [root / name])
    known = ["git", "-C", str(root), "ls-files", "--others", "--exclude-standard"]
    seen = subprocess.run(known, check=True, capture_output=True, text=True).stdout.splitlines()
    assert not [file for file in seen if file.endswith(".csv")]
    assert ".gitignore" in seen
    assert "trial/study.toml" in seen
    assert (root / ".gitignore").read_text().splitlines()[0] == "/build/"
