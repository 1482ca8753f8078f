"""What a build says of its own making, for those who check it."""

import yaml


def test_codecheck_names_the_paper_and_every_table_and_figure_that_was_made(build, study):
    reports = build / "reports"
    made = yaml.safe_load((reports / "codecheck.yml").read_text(encoding="utf-8"))
    files = {entry["file"] for entry in made["manifest"]}
    assert made["version"] == "https://codecheck.org.uk/spec/config/1.0/"
    assert made["paper"]["title"] == study.title
    assert made["paper"]["reference"].endswith("https://doi.org/10.1007/s12671-020-01477-5")
    assert all((reports / file).is_file() for file in files)
    assert {f"figures/{path.name}" for path in (reports / "figures").iterdir()} <= files
    assert {"tables/table3.csv", "tables/table5.csv", "ledger.csv"} <= files
