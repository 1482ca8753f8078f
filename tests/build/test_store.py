"""What notebooks have given before is kept, found again, and not kept for ever."""

import os

from imp_build.store import KEPT, Store


def made(folder, text):
    file = folder / "processed" / "scores.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return [file]


def test_outputs_come_back_under_their_key_alone(tmp_path):
    store = Store(tmp_path / "store")
    for text in ("one", "other"):
        store.keep("02_scoring", f"key of {text}", tmp_path, made(tmp_path, text))
    staged = tmp_path / "staged"
    assert store.restore("02_scoring", "key of one", staged)
    assert (staged / "processed" / "scores.csv").read_text() == "one"
    assert not store.restore("02_scoring", "another key", staged)
    assert not store.restore("03_reliability", "key of one", staged)


def test_what_is_kept_does_not_change_with_the_outputs(tmp_path):
    store = Store(tmp_path / "store")
    (file,) = made(tmp_path, "as computed")
    store.keep("02_scoring", "key", tmp_path, [file])
    file.write_text("edited by hand")
    store.restore("02_scoring", "key", tmp_path)
    assert file.read_text() == "as computed"


def test_the_oldest_go_first_and_use_keeps_young(tmp_path):
    store = Store(tmp_path / "store")
    for number in range(KEPT):
        store.keep("n", str(number), tmp_path, made(tmp_path, str(number)))
        _set_age(tmp_path / "store" / "n" / str(number), KEPT - number)
    store.restore("n", "0", tmp_path / "staged")
    store.keep("n", "new", tmp_path, made(tmp_path, "new"))
    kept = {entry.name for entry in (tmp_path / "store" / "n").iterdir()}
    assert kept == {"0", "new", *(str(number) for number in range(2, KEPT))}


def test_what_was_kept_only_in_part_goes(tmp_path):
    unfinished = tmp_path / "store" / "new-abc" / "processed"
    unfinished.mkdir(parents=True)
    Store(tmp_path / "store")
    assert not unfinished.exists()


def _set_age(entry, hours):
    now = entry.stat().st_mtime
    os.utime(entry, (now, now - 3600 * hours))
