"""OSC: requests in, replies out, over UDP, TCP and a spool folder.

messages (one class a message) - schema (THE table; parse and write) - arguments (a field as the wire sees it) - codec
(OSC bytes) - framing (packets in a stream) - reply_to - dispatch (counts, refuses, hands on) - server, tcp, spool -
client - generate (documentation, Lua table, test vectors) - bench.

How the application uses it::

    from engine.protocol.schema import AcceptedReply, Command, Generate, ...
    from engine.protocol.server import ReplyTo, Server

    def handler(command: Command, reply_to: ReplyTo) -> None:   # or async; called one at a time, must be quick
        match command:
            case Generate(job_id=job_id, request=request):      # also SetSession, Cancel, AskJob, ListJobs, Status
                ...                                             # raise a CuewrightError to refuse
                server.send(reply_to, AcceptedReply(job_id=job_id, state="queued"))

    server = Server(handler, host=..., port=..., token=..., spool=...)
    await server.start()        # PortInUse, BadArgument, FolderNotWritable
    server.host, server.port, server.counters
    server.send(ReplyTo.parse(text_from_journal), DoneReply(...))   # on the loop; never raises
    await server.stop()

Pings are answered by the server itself. A refused Generate, Cancel or AskJob is answered by ``/cuewright/failed``,
anything else by ``/cuewright/error``.
"""
