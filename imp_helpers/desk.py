"""What a notebook works at: it reads tables here, and shows tables, figures and sentences.

A result is named once, by the id that it has in the ledger. From the id come its format, what it
rests on, its link and its place in the ledger; no cell has to mention them.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from html import escape
from pathlib import Path

import mistune
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure

from imp_common.errors import AnalysisError, write_csv
from imp_helpers import layout
from imp_helpers.contracts import CONTRACTS, read_table, write_table
from imp_helpers.provenance import FROM_PRINT, SIMULATED, Provenance
from imp_helpers.results import read_results, write_results
from imp_helpers.study import read_study
from imp_printed.published import COLUMNS, read_published
from imp_report.exhibits import write_exhibits
from imp_report.html import figure_html, table_html
from imp_report.notebook_style import by_hand, issued
from imp_report.privacy.disclosure import SUPPRESSED, Gate
from imp_report.style import anonymous, svgs_of, use_style, withheld
from imp_report.table import as_record, simulated, table_csv

NAME = re.compile(r"{([a-z][\w.]*)(?::([=\w]+))?}")
# Where a notebook that is run by hand puts what it makes; the build's reports stay as they are.
LAB = "lab"
OUTDATED = "This sentence is not true of these data any more: "


class Desk:
    """The desk of one notebook, such as "05_effectiveness".

    ``study_folder`` holds the study's settings and data, ``out_folder`` the tables of the notebooks
    before this one.
    """

    def __init__(self, notebook: str, study_folder: str | Path, out_folder: str | Path) -> None:
        self.notebook, self.built = notebook, Path(out_folder)
        self.out = self.built / LAB if by_hand() else self.built
        self.study = read_study(study_folder)
        file = self.study.folder / "published" / "statistics.csv"
        empty = pd.DataFrame(columns=COLUMNS, dtype=str)
        self.published = read_published(file) if file.is_file() else empty
        self.provenance = Provenance(self.published, bool(self.study.notice))
        self.gate = Gate(self.study, notebook, self.out)
        self._results: dict[str, dict] = {}
        self._exhibits: dict[str, dict] = {}
        use_style()

    # ------------------------------------------------------------ tables of other notebooks

    def read(self, name: str) -> pd.DataFrame:
        """Read a table that an earlier notebook wrote, by its name ("scores").

        In JupyterLab, one that was made there goes before the build's.
        """
        made_here = (self.out / CONTRACTS[name].file).is_file()
        if by_hand():
            print(f"{name}: made {'here in JupyterLab' if made_here else 'by the last build'}")
        return read_table(name, self.out if made_here else self.built, self.study)

    def write(self, name: str, table: pd.DataFrame) -> None:
        """Write a table for later notebooks under its name."""
        write_table(name, table, self.out)

    @property
    def results(self) -> pd.DataFrame:
        """The results of the notebooks before this one, a row each: id, value, n and more."""
        self.gate.reads_results = True
        return read_results(self.built, before=self.notebook)

    # ------------------------------------------------------------ results

    def record(
        self,
        table: pd.DataFrame,
        ids: str,
        follows: Iterable[str] = (),
        anchor: str = "",
    ) -> None:
        """Keep the cells of a table as results.

        A cell's id is ``ids``, its row and its column: "effectiveness.scs_total.F". The number of
        people behind it is in the column "n" (or "n.training" for "mean.training.post").
        ``follows`` are the ids of results from which all cells follow.
        """
        sizes = [column for column in table if column == "n" or column.startswith("n.")]
        for row, cells in table.iterrows():
            row = row[-1] if isinstance(row, tuple) else row
            for column, value in cells.items():
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

    def _write_results(self) -> None:
        if not self._results:
            return
        printed = set(self.published["id"])
        table = pd.DataFrame(self._results.values())
        labels = ["as published" if name in printed else "exploratory" for name in table["id"]]
        table = table.assign(notebook=self.notebook, label=labels).astype({"value": object})
        table["n"] = pd.to_numeric(table["n"]).astype("Int64")
        write_results(self.gate.results(table), self.out, self.notebook)

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
            Its index names the rows, a first level of two the groups of rows.
        title, note : str
            The finding and how to read it; with results in braces, see ``say``.
        ids : str
            With it the cells are results, see ``record``.
        labels, headings : mapping, optional
            Names of rows and columns for readers, where the study and the register have none.
        printed : bool
            Whether all numbers come from print, where they are no results.
        filters : DataFrame, optional
            By what readers can choose rows: a page then searches, filters and sorts.
        saved : DataFrame, optional
            What the CSV holds, where it is more than what is shown.
        """
        anchor = number.lower().replace(" ", "-").replace(".", "-")
        if ids:
            self.record(table, ids, follows, anchor)
        table = self._passed(table, anchor)
        of_data = "derived" if printed else self.provenance.of_data
        cells = layout.cells_of(table, ids, self._results, self.provenance.printed, of_data)
        shown = layout.lay_out(
            table, cells, anchor, self._plain(title, holds),
            " ".join(filter(None, [self._plain(note), self.gate.remark(anchor)])),
            labels=layout.labels_of(self.study) | dict(labels or {}),
            headings=layout.headings_of(self.study) | dict(headings or {}),
            file=f"{file or 'tables/' + anchor.replace('-', '', 1).replace('-', '_')}.csv",
            filters=filters, origin=layout.origin_of(cells),
        )  # fmt: skip
        path = self.out / "reports" / shown.file
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.gate.is_open:
            names = [row[-1] if isinstance(row, tuple) else row for row in table.index]
            write_csv(table.assign(row=names) if saved is None else saved, path)
        else:
            # With all its digits a number could tell more than the one that is shown.
            path.write_text(table_csv(shown.without_html()), encoding="utf-8", newline="\n")
        self._remember(as_record(shown), holds)
        return issued(table_html(shown))

    def _passed(self, table: pd.DataFrame, anchor: str) -> pd.DataFrame:
        """Return a table as others may see it; what it leaves out, results leave out as well."""
        if self.gate.is_open:
            return table
        plain = table.rename(columns=lambda name: name.replace(".", "_"))
        plain.insert(0, "row", [row[-1] if isinstance(row, tuple) else row for row in table.index])
        seen = self.gate.table(plain.assign(place=range(len(table))), anchor)
        kept = table.iloc[seen["place"].to_numpy(int)]
        hidden = seen[plain.columns[1:]].isna().to_numpy()
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

        Its alternative text is made from ``data``, the table behind it, and ``alt``.
        """
        figure = getattr(figure, "figure", figure)
        anchor = number.lower().replace(" ", "-").replace(".", "-")
        if not isinstance(figure, Figure):
            raise AnalysisError(f"{number}: {type(figure).__name__} is no figure.")
        words = [self._plain(alt), layout.in_words(data, self.study) if data is not None else ""]
        if self.gate.shows_few(getattr(figure, "people", []), anchor):
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

    def say(self, text: str, holds: bool = True) -> HTML:
        """Show a paragraph of Markdown in which braces name results: {scs_total.F}.

        A name is an id or the end of one. Behind a colon may stand how the number is written:
        decimals ({alpha:1}), or = for a *p* that may be below .001 ({p:=}).

        ``holds`` is what the sentence rests on. Where the data do not bear it out any more, a build
        names the sentence, so that a person rewrites it.
        """
        filled = self._fill(" ".join(text.split()) if "\n\n" not in text else text)
        if filled is None:
            return issued("")
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
        if any(result["value"] in (SUPPRESSED, None) for result in results.values()):
            return None

        def written(match: re.Match) -> str:
            result = self._result(match[1])
            number = escape(layout.written(result, self.provenance.printed, match[2] or ""))
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
