"""A new study's folder: what is laid down, what is refused, and that a key file alone is enough."""

import subprocess
import tomllib

import pytest
from made_exports import BRS_REVERSED, hand_score

from imp_commands.__main__ import main
from imp_common.errors import AnalysisError, InputError
from imp_helpers import cleaning, scoring
from imp_intake.proposing import new_study
from imp_intake.settings.study import read_study


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
    settings = (folder / "study.toml").read_text(encoding="utf-8")
    settings = settings.replace('\nallocation = "..."\n', "\n").replace('"..."', '"Filled in"')
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


def test_exports_are_found_whatever_spaces_their_names_have(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("pre.csv", "my pre.csv", "my pre.csv copy.csv"):
        (tmp_path / name).write_text("id\n1\n")
    found = new_study.files_of("my pre.csv pre.csv")
    assert [path.name for path in found] == ["my pre.csv", "pre.csv"]
    assert [path.name for path in new_study.files_of("'pre.csv'  my pre.csv copy.csv")] == [
        "pre.csv", "my pre.csv copy.csv"]  # fmt: skip
    with pytest.raises(AnalysisError, match=r"no file my post\.csv"):
        new_study.files_of("my post.csv")


def test_two_exports_of_one_name_are_refused(tmp_path, capsys):
    for folder in ("pre", "post"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "export.csv").write_text("id\n1\n")
    files = [str(tmp_path / folder / "export.csv") for folder in ("pre", "post")]
    assert main(["new-study", str(tmp_path / "new"), *files]) == 1
    assert "2 exports are called export.csv" in capsys.readouterr().err


SEXES = [("Male", "Female"), ("man", "vrouw"), ("M", "F"), ("1", "2")]


@pytest.mark.parametrize("words", SEXES, ids=" ".join)
def test_proposed_sexes_are_those_that_are_counted_or_left_open(words, tmp_path):
    lines = ["id,group,sex,time,PSS_1,PSS_2,PSS_3"]
    lines += [f"P{n:02d},{'ab'[n % 2]},{words[n % 3 == 0]},T{t},{n % 5},{(n + t) % 5},3"
              for n in range(20) for t in (1, 2)]  # fmt: skip
    (tmp_path / "export.csv").write_text("\n".join(lines))
    new_study.lay_down(tmp_path / "new", [tmp_path / "export.csv"])
    settings = tomllib.loads((tmp_path / "new" / "study.toml").read_text(encoding="utf-8"))
    expected = ["man", "woman"] if words != ("1", "2") else ["...", "..."]
    assert [settings["participants"]["sex_codes"][word] for word in words] == expected
    assert settings["study"]["allocation"] == "..."


PERSON = "person,group,time,q1,q2,q3\n" + "".join(
    f"{n},{'ab'[n % 2]},{t},{n % 4},{t},{(n + t) % 4}\n" for n in range(20) for t in (1, 2)
)
OPEN = {
    "no number": (PERSON.replace("person", "x"), "None is named as one"),
    "empty numbers": (PERSON.replace("person", "id").replace("\n3,", "\n,").replace("\n4,", "\n,"),
                      "id is empty in 4 of 40 rows"),
}  # fmt: skip


def test_a_column_called_person_numbers_the_participants(tmp_path):
    (tmp_path / "export.csv").write_text(PERSON)
    new_study.lay_down(tmp_path / "new", [tmp_path / "export.csv"])
    assert 'participant = "person"' in (tmp_path / "new" / "study.toml").read_text()


@pytest.mark.parametrize("name", OPEN)
def test_where_no_column_is_a_number_the_participant_is_left_open_with_the_reason(name, tmp_path):
    text, expected = OPEN[name]
    (tmp_path / "export.csv").write_text(text)
    new_study.lay_down(tmp_path / "new", [tmp_path / "export.csv"])
    lines = (tmp_path / "new" / "study.toml").read_text().splitlines()
    assert [line for line in lines if line.startswith('participant = "..."') and expected in line]


def test_a_name_that_is_there_twice_is_said(tmp_path):
    (tmp_path / "export.csv").write_text(
        "id,PSS_1,PSS_2,PSS_3,BRS_1,BRS_2,BRS_4,BRS_4,BRS_6\n"
        + "".join(f"{n},{n % 5},1,3,{n % 5},2,{n % 4},{n % 3},1\n" for n in range(20))
    )
    new_study.lay_down(tmp_path / "new", [tmp_path / "export.csv"])
    text = (tmp_path / "new" / "study.toml").read_text()
    assert "BRS_4 stands in the header twice" in text
