"""``consortia classroom``: start the application, say where it is, serve until Ctrl-C."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.settings import ConfigError

EVERYWHERE = "0.0.0.0"  # students reach the teacher's computer over the network
ELSEWHERE = ("192.0.2.1", 9)  # reserved for documents (RFC 5737); nothing is ever sent to it
MOST_JOBS = 16
ROOMS = "results/rooms.sqlite"


@dataclass(frozen=True, slots=True)
class Order:
    """How to serve; ``port`` 0 takes any free one. ``rooms``: the file that rooms are kept in."""

    host: str
    port: int
    lang: str
    jobs: int
    rooms: Path


def read_order(options: dict[str, str], lang: str) -> Order:
    """The options of the command.

    Raises
    ------
    ConfigError: a port or number of processes that cannot be.
    """
    host = options.get("host", EVERYWHERE)
    jobs = _whole("jobs", options.get("jobs", "0"), MOST_JOBS)
    rooms = Path(options.get("rooms", ROOMS))
    if rooms.is_dir():
        raise ConfigError(
            f"rooms = {rooms} is a folder. Write the name of a file, such as {ROOMS}."
        )
    return Order(host, _whole("port", options.get("port", "8000"), 65535), lang, jobs, rooms)


def _whole(name: str, text: str, high: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > high:
        raise ConfigError(f"{name} = {text} is no whole number from 0 to {high}.")
    return int(text)


def serve(order: Order) -> None:
    """Serve until Ctrl-C; prints addresses and a QR code first.

    Raises
    ------
    ConfigError: the port is taken, or the packages of the classroom are not installed.
    """
    try:
        import segno
        import uvicorn
    except ImportError as error:
        raise ConfigError(
            f"{error.name} is not installed, which the classroom needs. Write: python -m pip "
            f"install 'consortia[classroom]'"
        ) from error
    from experiments.classroom.server import make_app
    from experiments.words import Words
    from simulation.warmup import warm_up

    warm_up(lambda text: print(text, flush=True))
    listening = _listen(order)
    port = listening.getsockname()[1]
    address = f"http://{_reachable(order.host)}:{port}/"
    if order.lang != "en":
        address += f"?lang={order.lang}"
    app = make_app(order.jobs or min(4, os.cpu_count() or 1), order.lang, address, order.rooms)
    words = Words(order.lang)

    class Server(uvicorn.Server):
        """Tells the address when pages can be opened."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            print(words("classroom.console.open", address=address), flush=True)
            segno.make(address, error="m").terminal(compact=True)
            print(words("classroom.console.stop"), flush=True)

    settings = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=3
    )
    Server(settings).run(sockets=[listening])


def _listen(order: Order) -> socket.socket:
    family = socket.AF_INET6 if ":" in order.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((order.host, order.port))
    except OSError as error:
        raise ConfigError(
            f"host = {order.host}, port = {order.port} cannot be used ({error.strerror}). Write "
            f"another port, such as port=8001, or host=127.0.0.1 for this computer alone."
        ) from error
    return listening


def _reachable(host: str) -> str:
    """The address by which others reach this computer; no packet is sent to find it."""
    if host != EVERYWHERE:
        return f"[{host}]" if ":" in host else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:  # no network at all
            return "127.0.0.1"
