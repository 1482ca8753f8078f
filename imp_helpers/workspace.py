"""What every notebook works with: the study, the tables it reads and makes, its output."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from html import escape
from pathlib import Path

import pandas as pd
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure

from imp_common.errors import AnalysisError, write_csv
from imp_common.register import in_words
from imp_common.sentences import sentence
from imp_helpers.basis import FILLED, MIXED, ORIGINS, Bases, origin
from imp_helpers.contracts import PARTS, empty_table, read_table, write_table
from imp_helpers.results import COLUMNS as RESULT_COLUMNS
from imp_helpers.results import LABELS, read_results, write_results
from imp_helpers.study import read_study
from imp_intake.reading.cleaner import ONE_FORM
from imp_printed.published import COLUMNS, read_published
from imp_report.exhibits import write_exhibits
from imp_report.html import figure_html, paragraph, picture_html, table_html
from imp_report.notebook_style import ISSUED, issued, styled
from imp_report.privacy.disclosure import Gate
from imp_report.privacy.pseudonyms import pseudonyms, read_key
from imp_report.style import anonymous, svg_of, use_style, withheld
from imp_report.table import Table, as_record, table_file, table_of, with_row_anchors

# Columns whose cells are ids that read as words, and those that a label makes superfluous.
ID_COLUMNS = ("area", "choice", "kind", "profession", "rule", "setting", "topic", "verdict")
SAID_BY_LABEL = ["scale", "question", "family", "measure"]


class Workspace:
    """The desk of one notebook ("05_effectiveness").

    ``study_folder`` is where study.toml stands, ``out_folder`` where ``processed`` and ``reports``
    go; the settings are in ``study``.
    """

    def __init__(self, notebook: str, study_folder: str | Path, out_folder: str | Path) -> None:
        self.notebook, self.out = notebook, Path(out_folder)
        self.study = read_study(study_folder)
        self.gate = Gate(self.study, notebook, self.out)
        self._results: list[pd.DataFrame] = []
        self._exhibits: dict[str, dict] = {}
        use_style()

    @cached_property
    def published(self) -> pd.DataFrame:
        """The table of published numbers; without rows where the study has none."""
        file = self.study.folder / "published" / "statistics.csv"
        return read_published(file) if file.is_file() else pd.DataFrame(columns=COLUMNS, dtype=str)

    @property
    def printed(self) -> dict[str, str]:
        """What the paper prints for each statistic, by id."""
        return dict(zip(self.published["id"], self.published["printed"], strict=True))

    @cached_property
    def bases(self) -> Bases:
        """What the numbers of this notebook rest on."""
        return Bases(lambda: self.published, bool(self.study.notice))

    def read(self, name: str) -> pd.DataFrame:
        """Read a table of an earlier notebook by its name ("scores").

        Of a file that the study does not have, the table is empty.
        """
        if name in PARTS and getattr(self.study.settings, name) is None:
            return empty_table(name, self.study)
        return read_table(name, self.out, self.study)

    def results(self) -> pd.DataFrame:
        """Read what the notebooks before this one recorded, with the row that shows each."""
        self.gate.reads_results = True
        results = read_results(self.out, before=self.notebook)
        return with_row_anchors(results, self.out / "reports" / "tables")

    def write(self, name: str, table: pd.DataFrame | None) -> None:
        """Write a table for later notebooks under its name; None where the study has none."""
        if table is None:
            return
        write_table(name, table, self.out)

    @property
    def recorded(self) -> pd.DataFrame:
        """What this notebook has recorded so far, as ``results.COLUMNS`` names it."""
        columns = RESULT_COLUMNS
        return pd.concat([pd.DataFrame(columns=columns), *self._results], ignore_index=True)

    def record(
        self, results: Iterable[dict], shown_in: str, label: str = "as published"
    ) -> pd.DataFrame:
        """Keep results for the ledger, and return them as a table.

        Parameters
        ----------
        results : iterable of dict
            As ``results.result`` and ``results.results_of`` give them.
        shown_in : str
            The anchor of the table or figure that shows them, "table-5".
        label : {"as published", "sensitivity", "exploratory"}
        """
        if label not in LABELS:
            raise AnalysisError(f'"{label}" is no label of a result; known: {", ".join(LABELS)}.')
        results = list(results)
        table = pd.DataFrame(results, columns=["id", "value", "n", "label"])
        table["basis"] = self.bases.of_results(results, shown_in)
        table = table.astype({"value": object, "n": "Int64"})
        table["label"] = table["label"].where(table["label"].notna(), label)
        table = table.assign(notebook=self.notebook, anchor=shown_in)
        self._results.append(table)
        self._write_results()
        return table

    def _write_results(self) -> None:
        """Write what was recorded, without the values that may not be known."""
        if self._results:
            results = pd.concat(self._results, ignore_index=True)
            write_results(self.gate.results(results), self.out, self.notebook)

    def words(self, name: str, **values: object) -> str:
        """Fill a sentence of this notebook by its macro; the gate sees the values first.

        A sentence that compares or computes with what the gate has withheld cannot be said.
        """
        file = self.notebook.partition("_")[2]
        values = self.gate.values(values, "text")
        try:
            return sentence(f"{file}.{name}", self.bases.marks, **values)
        except TypeError:
            if self.gate.is_open:
                raise
            return "Disclosure control has left out the numbers on which this sentence rests."

    def say(self, name: str, **values: object) -> Markdown:
        """Show a sentence; see ``words``."""
        said = self.words(name, **values)
        self._remember({"anchor": f"said-{name}", "said": said})
        return Markdown(said, metadata=ISSUED)

    def table(
        self,
        table: pd.DataFrame,
        anchor: str,
        caption: str,
        *,
        file: str | None = None,
        shown: pd.DataFrame | None = None,
        basis: str = "data",
        **layout: object,
    ) -> HTML:
        """Show a table and save it.

        The CSV holds every column, ids and full precision. The page shows the study's labels
        instead of ids, without the columns that a label stands for.

        Parameters
        ----------
        table : DataFrame
        anchor, caption : str
            See ``display.table.table_of``, which also takes the rest of the layout.
        meaning : str, optional
            What the result means for the question asked; a paragraph below the table.
        file : str, optional
            The CSV's place below ``reports``, where it is not among the tables.
        shown : DataFrame, optional
            What the page shows, where it is not the table in words.
        basis : str
            What its numbers rest on (``study.results.BASES``). "data" of a synthetic study are
            simulated, except in cells that show a result from print. What is "derived" from
            printed numbers alone needs no disclosure control.
        """
        from_print, basis = basis == "derived", self.bases.of_all(basis)
        table = self.bases.of_cells(table, anchor)
        if file is None and not from_print:
            table = self._for_publication(table, anchor)
        file = file or f"tables/{table_file(anchor)}"
        path = self.out / "reports" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        marked = basis == "data" or "basis" in table
        write_csv(table if marked else table.assign(basis=basis), path)
        meaning = str(layout.pop("meaning", ""))
        notes = [str(layout.pop("note", "")), self.study.settings.notes.get(anchor, "")]
        shown = self._in_words(table) if shown is None else shown
        notes += [self.gate.remark(anchor), origin(basis, shown)]
        note = " ".join(part for part in notes if part)
        layout = {"names": table.iloc[:, 0], "file": file, "basis": basis} | layout
        laid_out = self._as_in_paper(table_of(shown, anchor, caption, note=note, **layout))
        self._remember(as_record(laid_out) | {"basis": basis})
        return issued(f"{table_html(laid_out)}\n{paragraph(meaning)}")

    def _as_in_paper(self, table: Table) -> Table:
        """Mark a table that the paper has under the same number; numbers with a dot are our own."""
        own = "." in table.number
        return replace(table, in_paper=not own and table.number in set(self.published["place"]))

    def _remember(self, record: dict) -> None:
        """Record what this notebook shows, for Word, LaTeX and the front page."""
        self._exhibits[record["anchor"]] = record
        write_exhibits(list(self._exhibits.values()), self.out, self.notebook)

    def _for_publication(self, table: pd.DataFrame, anchor: str) -> pd.DataFrame:
        """Return a table as others may see it; what it leaves out, results leave out as well."""
        if self.gate.privacy.pseudonyms and "participant" in table:
            table = self._with_pseudonyms(table)
        table = self.gate.table(table, anchor)
        if not self.gate.is_open:
            self._write_results()
        return table

    def _with_pseudonyms(self, table: pd.DataFrame) -> pd.DataFrame:
        """Replace participant numbers, also where the log of changes says how one was typed."""
        key = read_key(self.study.folder)
        table = table.assign(participant=pseudonyms(table["participant"], key))
        if {"rule", "before", "after"} <= set(table):
            about_number = table["rule"] == ONE_FORM
            table.loc[about_number, ["before", "after"]] = "a number"
        return table

    def _in_words(self, table: pd.DataFrame) -> pd.DataFrame:
        """Replace ids by labels, and drop what the column "label" says already."""
        scales = {name: scale.label for name, scale in self.study.scales.items()}
        labels = {"group": {"total": "Everyone"} | self.study.group_labels}
        labels |= {"time": self.study.time_labels, "scale": scales}
        shown = table.replace({c: names for c, names in labels.items() if c in table})
        ids = [column for column in ID_COLUMNS if column in shown]
        shown[ids] = shown[ids].map(in_words, na_action="ignore")
        return shown.drop(columns=SAID_BY_LABEL, errors="ignore") if "label" in shown else shown

    def figure(
        self,
        figure: Figure,
        anchor: str,
        caption: str,
        alt: str,
        *,
        basis: str = "data",
        meaning: str = "",
    ) -> HTML:
        """Show a figure and save it as SVG; see ``table``.

        A figure that knows the bases of its points has filled and hollow markers.
        """
        from_print, basis = basis == "derived", self.bases.of_all(basis)
        bases = getattr(figure, "bases", None) or {basis}
        if "simulated" not in bases and "data" not in bases:
            basis = "derived" if len(bases) > 1 else min(bases)
        elif len(bases) > 1:
            caption = f"{caption}. {FILLED}"
        caption = ". ".join(filter(None, [caption, getattr(figure, "sampled", "")]))
        if not from_print:
            figure, alt = self._passed(figure, anchor, alt)
        svg = svg_of(figure)
        folder = self.out / "reports" / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{anchor}.svg").write_bytes(svg)
        said = MIXED if len(bases) > 1 and basis == "simulated" else ORIGINS.get(basis, "")
        alt = f"{said} {alt}".strip()
        file = f"figures/{anchor}.svg"
        record = {"anchor": anchor, "caption": caption, "file": file, "basis": basis}
        self._remember(record | {"alt": alt})
        shown = figure_html(svg, anchor=anchor, caption=escape(caption), alt=alt, file=file)
        return issued(f"{shown}\n{paragraph(meaning)}")

    def sketch(self, figure: Figure | None, anchor: str, words: str) -> str:
        """Return a figure with words below as HTML for a control to show: gated, saved nowhere.

        ``anchor`` is of the figure that the controls belong to. Participants' data are marked as
        not for publication: who moves a control far enough can tell from two figures what each
        keeps.
        """
        picture = ""
        if figure:
            figure, words = self._passed(figure, anchor, words)
            picture = picture_html(svg_of(figure), "Described in the words below.")
        said = ORIGINS.get(self.bases.of_data, "For exploring, not for publication.")
        return styled(
            f'<figure class="plot">\n{picture}\n'
            f"<figcaption>{escape(f'{words} {said}')}</figcaption>\n</figure>"
        )

    def _passed(self, figure: Figure, anchor: str, words: str) -> tuple[Figure, str]:
        """Return a figure and its words as the gate lets them pass."""
        if self.gate.shows_few(getattr(figure, "people", []), anchor):
            return withheld(figure), "Withheld by disclosure control."
        if not self.gate.is_open:
            anonymous(figure)
        return figure, words
