"""The line that a chapter shows where its records are not there yet."""

from IPython.display import Markdown


def note_without_records(folder: str, records: list[dict], command: str) -> Markdown | None:
    """What is missing and the command that makes it, in one line; nothing where there are records."""
    return None if records else Markdown(f"*`{folder}` holds no records yet; `{command}` makes them.*")
