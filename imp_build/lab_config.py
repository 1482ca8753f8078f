"""Settings of JupyterLab for `make lab`: a notebook is saved as it was written, without outputs."""


def without_outputs(model: dict, **_: object) -> None:
    """Take outputs out of a notebook before it is written, so that git shows edits alone."""
    if model["type"] != "notebook" or model["content"] is None:
        return
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    # The version of Python is the machine's, not the notebook's.
    model["content"]["metadata"].get("language_info", {}).pop("version", None)


c = get_config()  # noqa: F821
c.FileContentsManager.pre_save_hook = without_outputs
