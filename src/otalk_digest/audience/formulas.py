"""Cells that a spreadsheet would run, and the mark that keeps it from doing so. Pure."""

from typing import Final

# Spreadsheets run cells that begin so; what we write has an apostrophe before them.
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def defused(cell: str) -> str:
    """Mark what would be run."""
    return f"'{cell}" if cell.startswith(_STARTS) else cell


def safe(cell: str) -> str:
    """Also mark what begins with the mark itself, so that `unsafe` gives it back."""
    return f"'{cell}" if cell.startswith("'") else defused(cell)


def unsafe(cell: str) -> str:
    """Take the mark off."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith((*_STARTS, "'")) else cell
