"""What can be wrong with a study.toml, told all at once."""

from __future__ import annotations

import re
from pathlib import Path

from imp_helpers.study.errors import InputError, Problem
from imp_helpers.study.folders import SHIPPED_KEYS, path_inside
from imp_helpers.study.instruments import (
    Instrument,
    Scale,
    available_instruments,
    find_key_file,
    read_instrument,
)
from imp_helpers.study.privacy_settings import privacy_problems

KINDS = ("synthetic", "participants")
ROLES = ("intervention", "control")
QUESTION_KINDS = ("number", "choice", "several", "sum", "text")
REQUIRED = ("study", "groups", "times", "participants", "questionnaires", "outcomes")
TABLES = ("study", "groups", "times", "raw", "participants", "questionnaires")
TABLES += ("evaluation", "sessions", "instrument_settings", "confirmed_assumptions", "scoring")
LISTS_OF_TABLES = ("outcomes", "areas", "progression", "harm_dimensions", "tidier")
FILES = ("participants", "questionnaires", "evaluation", "sessions")
NEEDED = {
    "participants": ("file", "participant"),
    "questionnaires": ("file", "participant", "instruments"),
    "evaluation": ("file", "participant", "questions"),
    "sessions": (
        "file", "training_group", "session", "date", "planned_hours", "delivered_hours",
        "attended", "status", "status_codes",
    ),
}  # fmt: skip
CODED = {"sex": "sex_codes", "profession": "profession_codes"}
# What a pattern of columns may hold between braces.
PLACEHOLDER = re.compile(r"\{(item(:0?\d)?|time)\}")
ID = re.compile(r"[A-Za-z]\w*")


class SettingsChecker:
    """Collects the problems of one study.toml.

    Parameters
    ----------
    folder : Path
        Where it stands.
    text : str
        Its text, to find the lines of what is wrong.
    settings : dict
        What it says.
    """

    def __init__(self, folder: Path, text: str, settings: dict) -> None:
        self.folder, self.lines, self.settings = folder, text.splitlines(), settings
        self.problems: list[Problem] = []

    def add(self, column: str, found: object, allowed: str, cure: str) -> None:
        """Note a problem, with the line where the value stands if it can be found."""
        rows = [i for i, line in enumerate(self.lines, 1) if str(found) in line.split("#")[0]]
        row = rows[0] if found not in ("", None) and rows else None
        shown = f'"{found}"' if found not in ("", None) else "nothing"
        self.problems.append(Problem("study.toml", shown, allowed, cure, row=row, column=column))

    def check_shape(self) -> None:
        """Check that the sections are there and are sections: without that nothing can be read."""
        for name in REQUIRED:
            if name not in self.settings:
                problem = Problem(
                    "study.toml", "no such section", "a section", f"Add [{name}].", column=name
                )
                self.problems.append(problem)
        for name in TABLES:
            if not isinstance(self.settings.get(name, {}), dict):
                self.add(name, self.settings[name], "a section", f"Write it as [{name}].")
        for name in ("groups", "times"):
            entries = self.settings.get(name)
            for key, entry in entries.items() if isinstance(entries, dict) else ():
                if not isinstance(entry, dict):
                    self.add(f"{name}.{key}", entry, "a section", f"Write it as [{name}.{key}].")
        for name in LISTS_OF_TABLES:
            self._list_of_tables(name, self.settings.get(name, []))
        form = self.settings.get("evaluation", {})
        if isinstance(form, dict):
            self._list_of_tables("evaluation.questions", form.get("questions", []))
        instruments = self.settings.get("questionnaires")
        if isinstance(instruments, dict):
            patterns = instruments.get("instruments")
            if not isinstance(patterns, dict) or not patterns:
                cure = "Name each instrument with the pattern of its columns."
                self.add("questionnaires.instruments", patterns, "a section", cure)

    def _list_of_tables(self, name: str, entries: object) -> None:
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            self.add(name, entries, "entries", f"Write each as [[{name}]].")

    def check_all(self, scales: dict[str, Scale]) -> None:
        """Check every section."""
        self.check_head()
        self.problems += privacy_problems(self.settings)
        self.check_groups_and_times()
        self.check_columns()
        self.check_files()
        self.check_patterns()
        self.check_outcomes(scales)
        self.check_questions()

    def check_head(self) -> None:
        """Check [study] and the form of participants' numbers."""
        head = self.settings["study"]
        if not head.get("title"):
            self.add("study.title", "", "a title", "Give the study a title.")
        if head.get("kind") not in KINDS:
            cure = 'Write "participants" if people gave these answers.'
            self.add("study.kind", head.get("kind"), " or ".join(KINDS), cure)
        head.setdefault("significance_level", 0.05)
        pattern = self.settings["raw"].get("participant_pattern")
        form = self.settings["raw"].get("participant_format", "{}")
        try:
            if pattern is not None and re.compile(pattern).groups != 1:
                raise ValueError
            form.format(1)
        except (re.error, ValueError, LookupError, TypeError, AttributeError):
            allowed = "a pattern with the number in brackets, and a format such as P{:02d}"
            self.add("raw.participant_pattern", pattern, allowed, "Correct pattern and format.")

    def check_groups_and_times(self) -> None:
        """Check [groups] and [times]."""
        groups, times = self.settings["groups"], self.settings["times"]
        for name, group in groups.items():
            if group.get("role") not in ROLES:
                allowed = " or ".join(ROLES)
                self.add(f"groups.{name}.role", group.get("role"), allowed, "Correct the role.")
        if not 1 <= len(groups) <= 2:
            cure = "Analyse two groups at a time: make a folder for each comparison."
            self.add("groups", ", ".join(groups), "one or two groups", cure)
        if len(times) < 2:
            cure = "Add the time before and the time after."
            self.add("times", ", ".join(times), "at least two times", cure)
        for section, entries in (("groups", groups), ("times", times)):
            codes = [str(entry.get("code", name)) for name, entry in entries.items()]
            for code in sorted({c for c in codes if codes.count(c) > 1}):
                self.add(f"{section}.code", code, "a code each", "Give each a code of its own.")
        named = self.settings.get("analysed_times")
        if named is not None and (
            not isinstance(named, list) or len(named) != 2 or not set(named) <= set(times)
        ):
            cure = "Name the time before and the time after."
            self.add("analysed_times", named, f"two of {', '.join(times)}", cure)

    def check_columns(self) -> None:
        """Check that each file's section names the columns that are needed, and their codes."""
        for section in FILES:
            if section not in self.settings:
                continue
            settings = self.settings[section]
            for name in NEEDED[section]:
                if not settings.get(name) and name != "file":
                    self.add(f"{section}.{name}", "", "a column", f"Add it to [{section}].")
            for name, codes in CODED.items():
                if name in settings and not isinstance(settings.get(codes), dict):
                    cure = f"Add [{section}.{codes}]."
                    self.add(f"{section}.{codes}", "", "codes and their ids", cure)
        people = self.settings["participants"]
        if len(self.settings["groups"]) > 1 and not people.get("group"):
            self.add("participants.group", "", "a column", "Name the column of the group.")

    def check_files(self) -> None:
        """Check that every raw file that is named exists inside the study's folder."""
        names = {
            f"{section}.file": self.settings[section].get("file")
            for section in FILES
            if section in self.settings
        }
        if "corrections" in self.settings["raw"]:
            names["raw.corrections"] = self.settings["raw"]["corrections"]
        for setting, name in names.items():
            if not isinstance(name, str) or not name:
                self.add(setting, "", "a file", "Name the file.")
                continue
            try:
                path = path_inside(self.folder, name)
                if not path.is_file():
                    self.add(setting, name, "a file that exists", "Put the file there.")
            except (InputError, ValueError, OSError):
                self.add(setting, name, "a path inside the study's folder", "Move the file there.")

    def check_patterns(self) -> None:
        """Check the patterns of the items' columns: with {item}, and {time} if side by side."""
        settings = self.settings["questionnaires"]
        long = "time" in settings
        for name, pattern in settings["instruments"].items():
            setting = f"questionnaires.instruments.{name}"
            rest = PLACEHOLDER.sub("", str(pattern))
            if "{item" not in str(pattern) or "{" in rest or "}" in rest:
                allowed = "a pattern with {item}, such as PSS_{item} or PSS_{item:02d}_{time}"
                self.add(setting, pattern, allowed, "Correct the pattern.")
            elif long == ("{time}" in pattern):
                found = "{time} in the pattern beside a time column" if long else "no {time} in it"
                cure = "Name the column of the time, or write {time} into the patterns: not both."
                self.problems.append(
                    Problem(
                        "study.toml", found, "time by column or by pattern", cure, None, setting
                    )
                )
        for name in ("labels", "totals"):
            if not isinstance(settings.get(name, {}), dict):
                self.add(f"questionnaires.{name}", settings[name], "a section", "Correct it.")

    def instruments(self) -> tuple[Instrument, ...]:
        """Read the key of every instrument that [questionnaires.instruments] names."""
        keys = []
        own = self.settings.get("instrument_settings", {})
        for name in self.settings["questionnaires"].get("instruments", {}):
            key_file = find_key_file(name, self.folder) if ID.fullmatch(name) else None
            if key_file is None:
                allowed = ", ".join(available_instruments(self.folder))
                cure = f"Correct the name, or add instruments/{name}.toml."
                self.add("questionnaires.instruments", name, allowed, cure)
                continue
            if key_file.parent != SHIPPED_KEYS and self._leaves(key_file):
                found, cure = f"instruments/{key_file.name}", "Put the key itself there."
                self.add(found, found, "a path inside the study's folder", cure)
                continue
            try:
                keys.append(read_instrument(key_file, own.get(name)))
            except InputError as error:
                self.problems += error.problems
            except (TypeError, ValueError, LookupError, AttributeError):
                found, cure = f"instruments/{key_file.name}", "Compare it with a shipped key."
                self.add(found, found, "a key that can be read", cure)
        families = [key.family for key in keys]
        for key in keys:
            if families.count(key.family) > 1:
                cure = "Use one form of an instrument in a study."
                self.add("questionnaires.instruments", key.id, "one form of each", cure)
        return tuple(keys)

    def _leaves(self, file: Path) -> bool:
        """Tell whether a file is a link out of the study's folder."""
        return not file.resolve().is_relative_to(self.folder.resolve())

    def check_outcomes(self, scales: dict[str, Scale]) -> None:
        """Check [[outcomes]] and the totals that the export carries."""
        for entry in self.settings["outcomes"]:
            name, better = entry.get("scale", ""), entry.get("better")
            if name not in scales:
                self.add("outcomes.scale", name, ", ".join(scales), "Name a scale of a key.")
            elif better not in ("higher", "lower"):
                cure = f"Say which direction of {name} is an improvement."
                self.add("outcomes.better", better, "higher or lower", cure)
        for name in self.settings["questionnaires"].get("totals", {}):
            if name not in scales:
                cure = "Name a scale of a key."
                self.add("questionnaires.totals", name, ", ".join(scales), cure)

    def check_questions(self) -> None:
        """Check the evaluation form's questions."""
        questions = self.settings.get("evaluation", {}).get("questions", [])
        known = {question.get("id") for question in questions}
        for question in questions:
            name, kind = question.get("id", "?"), question.get("kind")
            if not isinstance(name, str) or not ID.fullmatch(name):
                self.add("question", name, "an id of letters and digits", "Give it an id.")
            if kind not in QUESTION_KINDS:
                self.add(f"question {name}", kind, ", ".join(QUESTION_KINDS), "Correct the kind.")
            if kind in ("choice", "several") and not isinstance(question.get("choices"), dict):
                self.add(f"question {name}", "", "choices", "List the answers under choices.")
            if kind == "number" and not {"lowest", "highest"} <= set(question):
                cure = "Give the lowest and the highest answer."
                self.add(f"question {name}", "", "lowest and highest", cure)
            if kind != "sum" and not question.get("column"):
                self.add(f"question {name}", "", "a column", "Name its column.")
            for part in question.get("of", []):
                if part not in known:
                    self.add(f"question {name}", part, "a question's id", "Correct the sum.")
            question.setdefault("label", name)
            question.setdefault("area", "")
