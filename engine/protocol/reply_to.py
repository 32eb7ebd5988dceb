"""Where replies go, as a value that can be written into a journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from engine.errors import BadArgument

Transport = Literal["udp", "tcp", "spool"]


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """A place that replies can be sent to.

    ``udp`` and ``spool`` outlive the engine; a ``tcp`` connection does not, and what is sent to a closed one is counted
    as dropped.

    Parameters
    ----------
    where
        ``host:port`` for udp, the connection's name for tcp, the reply file's path for spool.

    Examples
    --------
    >>> str(ReplyTo.udp("127.0.0.1", 9000)), ReplyTo.parse("udp:[::1]:9000").host_and_port
    ('udp:127.0.0.1:9000', ('::1', 9000))
    """

    transport: Transport
    where: str

    def __str__(self) -> str:
        return f"{self.transport}:{self.where}"

    @classmethod
    def udp(cls, host: str, port: int) -> ReplyTo:
        """A UDP socket."""
        return cls("udp", f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    @classmethod
    def parse(cls, text: str) -> ReplyTo:
        """What ``str`` wrote.

        Raises
        ------
        BadArgument
            When it is nothing of the kind.
        """
        name, _, where = text.partition(":")
        for transport in get_args(Transport):
            if name == transport and where and (name != "udp" or where.rpartition(":")[2].isdecimal()):
                return cls(transport, where)
        raise BadArgument(f"{text!r} is not a place that replies can go to.", field="reply_to")

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Of ``udp``; the port may be 0 when the sender named none."""
        host, _, port = self.where.rpartition(":")
        return host.strip("[]"), int(port)

    def at_port(self, port: int | None) -> ReplyTo:
        """The same host at another port; other transports have none and stay."""
        if port is None or self.transport != "udp":
            return self
        return ReplyTo.udp(self.host_and_port[0], port)
