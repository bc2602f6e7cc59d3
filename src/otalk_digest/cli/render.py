"""`render`: the next edition as files."""

from collections.abc import Sequence
from pathlib import Path

import click

from otalk_digest.cli.app import App
from otalk_digest.cli.numbers import NUMBER
from otalk_digest.cli.printing import counted
from otalk_digest.cli.send import edition_to_show
from otalk_digest.cli.writing import writing
from otalk_digest.errors import InputError
from otalk_digest.pipeline import proofing
from otalk_digest.pipeline.proofing import Proof, ProofReader
from otalk_digest.store import subscribers
from otalk_digest.store.database import Store, secret_key


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder; files of the same names there are replaced.",
)
@click.option("--segment", metavar="S", help="Only this segment.")
@click.option("--edition", type=NUMBER, metavar="N", help="A past edition, not the next one.")
@click.option("--reader", metavar="ADDR", help="As this subscriber gets it; else invented.")
@click.pass_obj
def render(
    app: App, out: Path, segment: str | None, edition: int | None, reader: str | None
) -> None:
    """Write the next edition's messages into a folder: .html, .txt, .ics and .eml."""
    with app.store(must_exist=True) as store:
        shown = edition_to_show(app, store, edition, segment)
        proofs = proofing.proofs(store, shown, app.post(), _reader(store, reader))
    write_proofs(proofs, out)
    click.echo(f"Edition {shown.number}: {counted(len(proofs), 'variant')} written to {out}.")


def write_proofs(proofs: Sequence[Proof], out: Path) -> None:
    """Write each variant's files. Raises InputError when the folder cannot be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{error.filename or out} cannot be written: {error.strerror}. Name another folder."
        ) from error
    for proof in proofs:
        for name, content in {
            **pages_of(proof),
            f"{proof.variant.segment}.eml": proof.message,
        }.items():
            with writing(out / name) as file:
                file.write(content)


def pages_of(proof: Proof) -> dict[str, bytes]:
    """Return what a reader would see, by the name of a file for it."""
    name = proof.variant.segment
    pages = {f"{name}.html": proof.html.encode(), f"{name}.txt": proof.text.encode()}
    calendar = proof.variant.calendar
    return pages if calendar is None else {**pages, f"{name}.ics": calendar.encode()}


def _reader(store: Store, address: str | None) -> ProofReader:
    if address is None:
        return ProofReader()
    from otalk_digest.audience.identity import hash_identity, normalise_address

    identity = normalise_address(address)[1]
    with store.read() as connection:
        identity_hash = hash_identity(identity, secret_key(connection))
        person = subscribers.find_subscriber(connection, identity_hash)
    if person is None:
        raise InputError("There is no subscriber of that address. See: subscribers list.")
    return ProofReader(address=person.address, name=person.name, zone=person.zone)
