"""Readers by SMTP against other programs: nodemailer, and smtplib far away.

    PYTHONPATH=src:. python benchmarks/smtp_peers.py [READERS]

nodemailer has a pool of eight connections and builds each reader's message from finished HTML
and text; ours goes from the store to the ledger, as in `smtp.py`. It is fetched into a temporary
folder; without node and npm its row says so. Far away means a proxy, a process of its own, that
keeps every octet for 10 ms each way; smtplib sends messages that are ready, in eight threads.
"""

import asyncio
import json
import os
import queue
import shutil
import signal
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from many import CONTENT, NOW, a_store
from personalise import SENDER, a_reader, filled
from processes import forked, print_table
from smtp import CONNECTIONS, delivered, sink, wait_for

from otalk_digest.delivery.message import MessageTemplate, compile_message

ROUNDS = 3
#: Of each octet, each way.
DELAY_S = 0.010
#: Few, because smtplib needs four round trips for each.
FAR_READERS = 800
NODEMAILER = Path(__file__).with_name("nodemailer_pool.cjs")

Row = tuple[str, str, str, str]


def main() -> None:
    """Print the table."""
    readers = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rows: list[Row] = [("readers a second ÷", "reached", "goal", "")]
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        rows += near(Path(folder), port, readers)
        with far(port) as far_port:
            rows += away(Path(folder), far_port, min(readers, FAR_READERS))
    print_table(rows)


def near(folder: Path, port: int, readers: int) -> list[Row]:
    """Compare with nodemailer."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return [("nodemailer", "not measured: node and npm are missing", "≥ 6", "")]
    install = [npm, "install", "--silent", "--no-save", "--prefix", str(folder), "nodemailer"]
    if subprocess.run(install, check=False, stdout=subprocess.DEVNULL).returncode:
        return [("nodemailer", "not measured: it cannot be fetched", "≥ 6", "")]
    # node looks for packages beside the program.
    program = shutil.copy(NODEMAILER, folder)
    planned = folder / "planned.sqlite3"
    forked(partial(a_store, planned, readers))
    edition = folder / "edition.json"
    edition.write_text(json.dumps(an_edition(readers)), encoding="utf-8")
    ratios, rates = [], []
    for _ in range(ROUNDS):
        mine_s = delivered(planned, port, readers).wall_s
        command = [node, program, str(edition), str(port), str(CONNECTIONS)]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
        ratios.append(float(said.stdout) / mine_s)
        rates.append((readers / mine_s, readers / float(said.stdout)))
    ours, theirs = (statistics.median(each) for each in zip(*rates, strict=True))
    return [
        row("nodemailer, a pool of 8", statistics.median(ratios), 6),
        ("", f"{ours:,.0f} ÷ {theirs:,.0f}", "", ""),
    ]


def an_edition(readers: int) -> dict[str, object]:
    """Return what nodemailer is given: content that is filled already in all but one place."""
    first = a_reader(1)
    return {
        "from": SENDER.from_address,
        "subject": CONTENT.subject,
        "html": filled(CONTENT.html, first),
        "text": filled(CONTENT.text, first),
        "mark": "Reader 1",
        "readers": [
            {"name": reader.name, "address": reader.address, "leave": reader.list_unsubscribe}
            for reader in map(a_reader, range(1, readers + 1))
        ],
    }


def away(folder: Path, port: int, readers: int) -> list[Row]:
    """Compare with smtplib, over a slow line."""
    planned = folder / "far.sqlite3"
    forked(partial(a_store, planned, readers))
    template = compile_message(CONTENT, SENDER, date=NOW)
    runs = [
        (
            delivered(planned, port, readers).wall_s,
            forked(partial(by_smtplib, template, port, readers)).wall_s,
        )
        for _ in range(ROUNDS)
    ]
    ratio = statistics.median(theirs / mine for mine, theirs in runs)
    ours, theirs = (
        statistics.median(readers / took for took in way) for way in zip(*runs, strict=True)
    )
    return [
        row("smtplib in 8 threads, 20 ms away", ratio, 3),
        ("", f"{ours:,.0f} ÷ {theirs:,.0f}", "", ""),
    ]


def row(what: str, ratio: float, goal: float) -> Row:
    """Return a line of the table; the goal is the least that it may be."""
    return what, f"{ratio:.2f}", f"≥ {goal}", "yes" if ratio >= goal else "NO"


def by_smtplib(template: MessageTemplate, port: int, readers: int) -> None:
    """Send by as many threads as there are connections, each with one of its own."""
    numbers: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    for number in (*range(readers), *[None] * CONNECTIONS):
        numbers.put(number)

    def work() -> None:
        with smtplib.SMTP("127.0.0.1", port, "here") as smtp:
            while (number := numbers.get()) is not None:
                reader = a_reader(number)
                smtp.sendmail(SENDER.from_address, [reader.address], template.fill(reader))

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def far(port: int) -> Iterator[int]:
    """Run a proxy to a port; yield its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    far_port: int = listener.getsockname()[1]
    pid = os.fork()
    if pid == 0:
        asyncio.run(keep(listener, port))
    listener.close()
    try:
        wait_for(far_port)
        yield far_port
    finally:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)


async def keep(listener: socket.socket, port: int) -> None:
    """Hand on what comes in, later."""
    tasks = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", port)
        for one in (hand_on(reader, requests), hand_on(answers, writer)):
            task = asyncio.create_task(one)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(meet, sock=listener)
    await server.serve_forever()


async def hand_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Keep the order: what came first leaves first."""
    loop = asyncio.get_running_loop()
    while octets := await source.read(1 << 20):
        loop.call_later(DELAY_S, target.write, octets)
    loop.call_later(DELAY_S, target.close)


if __name__ == "__main__":
    main()
