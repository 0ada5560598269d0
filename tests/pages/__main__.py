"""Write what pages of the repository say from its files: ``python -m tests.pages``, or make book.

The parameter book is configs/README.md, the table of studies stands in experiments/README.md.
"""

from __future__ import annotations

from hedging.results.manifest import results_dir
from hedging.settings.compose import config_dir
from tests.pages.book import book
from tests.pages.catalogue import PAGE, written


def main() -> None:
    """Write both pages anew."""
    path = config_dir() / "README.md"
    path.write_text(book(), encoding="utf-8")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), results_dir()), encoding="utf-8")
    for page in (path, PAGE):
        print(f"Written: {page.parent.name}/{page.name}")


if __name__ == "__main__":
    main()
