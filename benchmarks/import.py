"""A list of a million rows into the store, against reading it with `csv.reader` and no more.

    .venv/bin/python benchmarks/import.py [ROWS]

Whole processes, taken in turn: the loop, email-validator on every address, and `subscribers
import` into an empty store. Of the rows, 2.5 % are no address, 0.5 % have a domain that is not
ASCII, and 2 % are somebody's second.
"""

import csv
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import Cost, command, cost_of, print_table, python

ROWS = 1_000_000
GOAL = 15
GOAL_OF_VALIDATOR = 0.3
GOAL_MIB = 96

LOOP = """
import csv, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    for row in csv.reader(file):
        pass
"""
VALIDATOR = """
import csv, sys
from email_validator import EmailNotValidError, validate_email
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    for row in csv.reader(file):
        try:
            validate_email(row[0], check_deliverability=False)
        except EmailNotValidError:
            pass
"""


def main() -> None:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([*command("init"), name], check=True, capture_output=True)
        people = folder / "people.csv"
        write_list(people, rows)
        loops = [cost_of([*python(LOOP), str(people)])]
        validator = cost_of([*python(VALIDATOR), str(people)])
        ours = cost_of(ours_of(folder, people))
        loops.append(cost_of([*python(LOOP), str(people)]))
    if ours.status != 3:
        sys.exit("the import did not end as it should: the figures mean nothing")
    report(min(loops, key=lambda cost: cost.cpu_s), validator, ours)


def ours_of(folder: Path, people: Path) -> list[str]:
    """Return the arguments of the import."""
    settings = str(folder / "otalk-digest.toml")
    return command("--config", settings, "subscribers", "import", str(people))


def report(loop: Cost, validator: Cost, ours: Cost) -> None:
    """Print what was reached."""
    ratios = (
        ("import, CPU ÷ a loop over csv.reader", ours.cpu_s / loop.cpu_s, GOAL),
        (
            "÷ email-validator on every row",
            ours.cpu_s / validator.cpu_s,
            GOAL_OF_VALIDATOR,
        ),
        ("peak MiB", ours.peak_mib, GOAL_MIB),
    )
    print_table(
        [
            ("what", "reached", "goal", ""),
            *(
                (what, f"{value:.2f}", f"≤ {goal}", "yes" if value <= goal else "NO")
                for what, value, goal in ratios
            ),
        ]
    )


def write_list(path: Path, rows: int) -> None:
    """Write invented people, the same each time."""
    chance = random.Random(7)  # noqa: S311 - a list, not a secret
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "name"])
        for number in range(rows):
            lot = chance.random()
            who = chance.randrange(number) if lot < 0.02 and number else number
            domain = "bücher.example" if 0.02 <= lot < 0.025 else f"reader{who % 97}.example.org"
            mark = "(at)" if lot >= 0.975 else "@"
            address = f"reader.{who * 2_654_435_761 % 2**32:08x}{mark}{domain}"
            writer.writerow([address, f"Reader {who}"])


if __name__ == "__main__":
    main()
