"""Make the synthetic raw data anew: ``python -m synthetic``."""

import argparse
from pathlib import Path

from imp_common.errors import AnalysisError
from synthetic import make_study


def main() -> None:
    """Run the generator from the command line."""
    parser = argparse.ArgumentParser(description=make_study.__doc__.splitlines()[0])
    parser.add_argument("--study", default="data", type=Path, help="the study's folder")
    folder = parser.parse_args().study
    try:
        make_study(folder)
    except AnalysisError as error:
        raise SystemExit(str(error)) from None
    print(f"Synthetic raw data written to {folder / 'raw'}")


if __name__ == "__main__":
    main()
