"""What a notebook works at: it reads tables here, and shows tables, figures and sentences.

A result is named once, by the id that it has in the ledger. From the id come its format, what it
rests on, its link and its place in the ledger; no cell has to mention them.
"""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path

import markupsafe
import mistune
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure

from imp_common.errors import AnalysisError, write_csv
from imp_helpers import layout
from imp_helpers.contracts import CONTRACTS, PARTS, empty_table, read_table, write_table
from imp_helpers.provenance import FROM_PRINT, SIMULATED, Provenance
from imp_helpers.results import read_results, write_results
from imp_helpers.study import FILE as FACTS
from imp_helpers.study import Study, read_facts
from imp_printed.published import COLUMNS, read_published
from imp_report.exhibits import write_exhibits
from imp_report.html import figure_html, table_html
from imp_report.notebook_style import by_hand, issued
from imp_report.privacy.disclosure import SUPPRESSED, Gate, places_left_out
from imp_report.privacy.pseudonyms import read_key, with_pseudonyms
from imp_report.style import anonymous, svgs_of, use_style, withheld
from imp_report.table import Table, as_record, simulated, table_csv

NAME = re.compile(r"{([A-Za-z][\w.]*)(?::([=\w]+))?}")
# Where a notebook that is run by hand puts what it makes; the build's reports stay as they are.
LAB = "lab"
OUTDATED = "This sentence is not true of these data any more: "


class Desk:
    """The desk of one notebook, such as "05_effectiveness".

    ``study_folder`` holds the study's settings and data, ``out_folder`` the tables of the notebooks
    before this one. ``study`` is given where its facts are not written yet.
    """

    def __init__(
        self,
        notebook: str,
        study_folder: str | Path,
        out_folder: str | Path,
        study: Study | None = None,
    ) -> None:
        self.notebook, self.built = notebook, Path(out_folder)
        self.out = self.built / LAB if by_hand() else self.built
        made_here = (self.out / FACTS).is_file()
        place = self.out if made_here else self.built
        self.study = study or read_facts(study_folder, place)
        file = self.study.folder / "published" / "statistics.csv"
        empty = pd.DataFrame(columns=COLUMNS, dtype=str)
        self.published = read_published(file) if file.is_file() else empty
        self.provenance = Provenance(self.published, bool(self.study.notice))
        self.gate = Gate(self.study, notebook, self.out)
        self._results: dict[str, dict] = {}
        self._withheld: set[str] = set()
        self._exhibits: dict[str, dict] = {}
        if not self.gate.is_open:
            # A warning may quote what participants answered, and would pass no gate.
            warnings.simplefilter("ignore")
        use_style()

    # ------------------------------------------------------------ tables of other notebooks

    def read(self, name: str) -> pd.DataFrame:
        """Read a table that an earlier notebook wrote, by its name ("scores").

        In JupyterLab, one that was made there goes before the build's. Of a file that the study
        does not have, the table is empty.
        """
        if name in PARTS and getattr(self.study.settings, name) is None:
            return empty_table(name, self.study)
        made_here = (self.out / CONTRACTS[name].file).is_file()
        if by_hand():
            print(f"{name}: made {'here in JupyterLab' if made_here else 'by the last build'}")
        return read_table(name, self.out if made_here else self.built, self.study)

    def write(self, name: str, table: pd.DataFrame | None) -> None:
        """Write a table for later notebooks under its name; None where the study has none."""
        if table is not None:
            write_table(name, table, self.out)

    @property
    def results(self) -> pd.DataFrame:
        """The results of the notebooks before this one, a row each: id, value, n and more."""
        self.gate.reads_results = True
        return read_results(self.built, before=self.notebook)

    @property
    def left_out(self) -> pd.DataFrame:
        """What disclosure control left out of the notebooks before this one: places by rule."""
        return places_left_out(self.built)

    # ------------------------------------------------------------ results

    def record(
        self, table: pd.DataFrame, ids: str, follows: Iterable[str] = (), anchor: str = ""
    ) -> None:
        """Keep the cells of a table as results.

        A cell's id is ``ids``, its row and its column: "effectiveness.scs_total.F". The number of
        people behind it is in the column "n" (or "n.training" for "mean.training.post").
        ``follows`` are the ids of results from which all cells follow.
        """
        sizes = [column for column in table if column == "n" or column.startswith("n.")]
        for row, cells in table.iterrows():
            row = row[-1] if isinstance(row, tuple) else row
            for column, value in cells.drop("label", errors="ignore").items():
                name = f"{ids}.{row}.{column}"
                if column in sizes and name not in self.provenance.printed:
                    continue
                part = column.split(".")[1:2]
                size = next((s for s in sizes if part and s == f"n.{part[0]}"), "n")
                if pd.notna(value):
                    known = self._results.get(name, {})
                    basis = self.provenance.of(name, value, follows)
                    # What was recorded before knows more than the table that shows it again.
                    if known.get("value") == value and known["basis"] in FROM_PRINT:
                        basis = known["basis"]
                    about = {"id": name, "value": value, "basis": basis}
                    about["n"] = cells.get(size, known.get("n"))
                    place = f"{anchor}.{row}" if anchor else pd.NA
                    self._results[name] = about | {"anchor": place}
        self._write_results()

    def record_values(
        self, values: Mapping[str, object], n: int | None = None, follows: Iterable[str] = ()
    ) -> None:
        """Keep single results, by their ids; ``n`` is the number of people behind them."""
        for name, value in values.items():
            basis = self.provenance.of(name, value, follows)
            about = {"id": name, "value": value, "n": n, "basis": basis, "anchor": pd.NA}
            self._results[name] = about
        self._write_results()

    def record_results(
        self, results: Iterable[Mapping], number: str = "", follows: Iterable[str] = ()
    ) -> None:
        """Keep results as analyses return them (id, value, n); ``number`` is of their table."""
        anchor = layout.anchor_of(number) or pd.NA
        for result in results:
            basis = self.provenance.of(result["id"], result["value"], follows)
            about = {name: result[name] for name in ("id", "value", "n")}
            self._results[result["id"]] = about | {"basis": basis, "anchor": anchor}
        self._write_results()

    def _write_results(self) -> None:
        if not self._results:
            return
        printed = set(self.published["id"])
        table = pd.DataFrame(self._results.values())
        labels = ["as published" if name in printed else "exploratory" for name in table["id"]]
        table = table.assign(notebook=self.notebook, label=labels).astype({"value": object})
        table["n"] = pd.to_numeric(table["n"]).astype("Int64")
        passed = self.gate.results(table)
        self._withheld = set(passed.loc[passed["value"].map(lambda v: v is SUPPRESSED), "id"])
        write_results(passed, self.out, self.notebook)

    @property
    def recorded(self) -> dict[str, object]:
        """The values of the results of this notebook so far, by their ids."""
        return {name: result["value"] for name, result in self._results.items()}

    def _result(self, name: str) -> dict:
        """Return the one result whose id ends with a name; of this notebook or an earlier one."""
        for read in (lambda: self._results, lambda: self._earlier):
            results = read()
            fits = [known for known in results if f".{known}".endswith(f".{name}")]
            if len(fits) == 1 or name in results:
                return results[name if name in results else fits[0]]
            if fits:
                raise AnalysisError(f"{{{name}}} could be {' or '.join(fits[:5])}.")
        raise AnalysisError(f"{{{name}}} names no result of this notebook or an earlier one.")

    @cached_property
    def _earlier(self) -> dict[str, dict]:
        rows = self.results.to_dict("records")
        return {row["id"]: row | {"value": layout.number_or_text(row["value"])} for row in rows}

    # ------------------------------------------------------------ what readers see

    def show(
        self,
        number: str,
        table: pd.DataFrame,
        title: str,
        ids: str = "",
        *,
        labels: Mapping[str, str] | None = None,
        headings: Mapping[str, str] | None = None,
        note: str = "",
        file: str = "",
        results: Sequence[str] | None = None,
        follows: Iterable[str] = (),
        printed: bool = False,
        filters: pd.DataFrame | None = None,
        saved: pd.DataFrame | None = None,
        holds: bool = True,
    ) -> HTML:
        """Show a table under its number ("Table 5.1") and save it as CSV.

        Parameters
        ----------
        table : DataFrame
            Its index names the rows, a first level of two the groups of rows. A column "label"
            holds what readers call them.
        title, note : str
            The finding and how to read it; with results in braces, see ``say``.
        ids : str
            With it the cells are results, see ``record``; or those of the columns ``results``.
        labels, headings : mapping, optional
            Names of rows and columns for readers, where the study and the register have none.
        printed : bool
            Whether all numbers come from print, where they are no results.
        filters : DataFrame, optional
            By what readers can choose rows: a page then searches, filters and sorts.
        saved : DataFrame, optional
            What the CSV holds, where it is more than what is shown.
        """
        anchor = layout.anchor_of(number)
        if ids and results is None:
            self.record(table, ids, follows, anchor)
        elif ids:
            self.record_results(layout.cells_as_results(table, ids, results), number, follows)
        table = whole = self._passed(table, anchor)
        if "label" in table:
            rows = layout.row_names(table)
            labels = dict(zip(map(str, rows), table["label"], strict=True)) | dict(labels or {})
            table = table.drop(columns="label")
        of_data = "derived" if printed else self.provenance.of_data
        own_note = escape(self.study.settings.notes.get(anchor, ""))
        cells = layout.cells_of(table, ids, self._results, self.provenance.printed, of_data)
        shown = layout.lay_out(
            table, cells, anchor, self._plain(title, holds),
            " ".join(filter(None, [self._plain(note), own_note, self.gate.remark(anchor)])),
            labels=layout.labels_of(self.study) | dict(labels or {}),
            headings=layout.headings_of(self.study) | dict(headings or {}),
            file=f"{file or 'tables/' + anchor.replace('-', '', 1).replace('-', '_')}.csv",
            filters=filters, origin=layout.origin_of(cells),
        )  # fmt: skip
        self._save(shown, whole if saved is None else saved, saved is not None)
        if table.empty:
            reason = self.gate.remark(anchor) or "none."
            return issued(f'<p id="{anchor}">{number}. {shown.caption}: {reason}</p>')
        self._remember(as_record(shown), holds)
        return issued(table_html(shown))

    def _save(self, shown: Table, table: pd.DataFrame, given: bool) -> None:
        """Save a table as CSV; under disclosure control as it is shown."""
        path = self.out / "reports" / shown.file
        path.parent.mkdir(parents=True, exist_ok=True)
        # Results that are read have passed disclosure control where they were computed.
        if self.gate.is_open or (given and self.gate.reads_results):
            write_csv(table if given else layout.with_names(table), path)
        else:
            # With all its digits a number could tell more than the one that is shown.
            path.write_text(table_csv(shown.without_html()), encoding="utf-8", newline="\n")

    def _passed(self, table: pd.DataFrame, anchor: str) -> pd.DataFrame:
        """Return a table as others may see it; what it leaves out, results leave out as well."""
        if self.gate.privacy.pseudonyms and "participant" in table:
            table = with_pseudonyms(table, read_key(self.study.folder))
        if self.gate.is_open:
            return table.copy()
        plain = layout.with_names(table).rename(columns=lambda name: name.replace(".", "_"))
        seen = self.gate.table(plain.assign(place=range(len(table))), anchor)
        kept = table.iloc[seen["place"].to_numpy(int)]
        columns = [name.replace(".", "_") for name in table]
        hidden = seen[columns].isna().to_numpy(bool)
        self._write_results()
        return kept.astype(object).mask(hidden, None)

    def figure(
        self,
        number: str,
        figure: object,
        title: str,
        data: pd.DataFrame | None = None,
        *,
        alt: str = "",
        note: str = "",
        holds: bool = True,
    ) -> HTML:
        """Show a figure (of matplotlib or seaborn) under its number, and save it as SVG.

        Its alternative text is made from ``data``, the table behind it, and ``alt``. Disclosure
        control has to know how many people are behind it: a figure without ``people`` (the count
        and the whole of each bar; none where it shows no counts) is withheld.
        """
        figure = getattr(figure, "figure", figure)
        anchor = layout.anchor_of(number)
        if not isinstance(figure, Figure):
            raise AnalysisError(f"{number}: {type(figure).__name__} is no figure.")
        words, note = [self._plain(alt)], f"{note} {getattr(figure, 'sampled', '')}".strip()
        if data is not None:
            words.append(layout.in_words(self._passed(data, anchor), self.study))
        if data is not None and data.empty:
            figure, words = withheld(figure, "There is nothing to draw."), ["Nothing is drawn."]
        elif self.gate.shows_few(getattr(figure, "people", None), anchor):
            figure, words = withheld(figure), ["Withheld by disclosure control."]
        if not self.gate.is_open:
            anonymous(figure)
        wide, narrow = svgs_of(figure)
        path = self.out / "reports" / "figures" / f"{anchor}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wide)
        title, file = self._plain(title, holds), f"figures/{anchor}.svg"
        alt = re.sub(r"<[^>]+>", "", " ".join(filter(None, words))) or title
        record = {"anchor": anchor, "caption": re.sub(r"<[^>]+>", "", title), "file": file}
        self._remember(record | {"alt": alt}, holds)
        shown = figure_html(
            wide, anchor=anchor, caption=title, alt=alt, file=file, narrow=narrow,
            note=self._plain(note),
        )  # fmt: skip
        return issued(shown)

    def say(self, text: str | Sequence[str], holds: bool = True) -> HTML:
        """Show a paragraph of Markdown in which braces name results: {scs_total.F}.

        Of several sentences, one with a number that disclosure control withholds is left out.

        A name is an id or the end of one. Behind a colon may stand how the number is written:
        decimals ({alpha:1}), or = for a *p* that may be below .001 ({p:=}).

        ``holds`` is what the sentence rests on. Where the data do not bear it out any more, a build
        names the sentence, so that a person rewrites it.
        """
        # Labels of the study in the sentences of an analysis are no HTML.
        sentences = [text] if isinstance(text, str) else [escape(s, quote=False) for s in text]
        filled = [self._fill(" ".join(s.split()) if "\n\n" not in s else s) for s in sentences]
        is_list = all(sentence.startswith("- ") for sentence in sentences)
        filled = ("\n" if is_list else " ").join(filter(None, filled))
        if not filled:
            return issued("")
        text = " ".join(sentences)
        self._remember({"anchor": f"said-{len(self._exhibits)}", "said": text.strip()}, holds)
        warning = "" if holds else f"<p><strong>{OUTDATED}</strong></p>"
        return issued(f'<div class="said">{warning}{mistune.html(filled)}</div>')

    def _plain(self, text: str, holds: bool = True) -> str:
        """Fill a title or a note; without paragraphs."""
        filled = self._fill(text) if text else ""
        html = mistune.html(filled or "").strip()
        return re.sub(r"^<p>|</p>$", "", html) + ("" if holds else f" ({OUTDATED[:-2]})")

    def _fill(self, text: str) -> str | None:
        """Put results in the place of their names; None if one of them is withheld."""
        results = {match: self._result(match[1]) for match in NAME.finditer(text)}
        if any(r["value"] is None or r["value"] == SUPPRESSED for r in results.values()):
            return None
        if self._withheld.intersection(result["id"] for result in results.values()):
            return None

        def written(match: re.Match) -> str:
            result = self._result(match[1])
            number = layout.written(result, self.provenance.printed, match[2] or "")
            number = markupsafe.escape(number)
            return simulated(number) if result["basis"] == SIMULATED else number

        return NAME.sub(written, text)

    def _remember(self, record: dict, holds: bool) -> None:
        """Record what this notebook shows, and whether what it says holds."""
        self._exhibits[record["anchor"]] = record | ({} if holds else {"outdated": True})
        write_exhibits(list(self._exhibits.values()), self.out, self.notebook)

    def is_printed(self, name: str) -> bool:
        """Return whether the paper prints a result."""
        return name in self.provenance.printed

    def is_from_print(self, name: str) -> bool:
        """Return whether a recorded result rests on print: figures fill such points."""
        return self._result(name)["basis"] in FROM_PRINT

    @property
    def labels(self) -> dict[str, str]:
        """What readers call scales, groups, times and questions."""
        return layout.labels_of(self.study)
