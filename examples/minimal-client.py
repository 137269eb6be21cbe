#!/usr/bin/env python3
"""A client of outlive in Python's standard library: "A minimal client" of docs/PROTOCOL.md, as a program.

    minimal-client.py ID PORT1 PORT2 [PORT] [--room NAME]

It joins through the server at PORT of this machine (4000), from port PORT1, and listens for the others at PORT2; 0 is any
port. It says the lines of stdin, and shows what others say on stdout. With a room it says them there, and shows what is
said there as `#NAME Client 3: hello`, besides what is said to all. `Exit` or the end of input ends it. It leaves out
secure chats, private messages, joining and leaving rooms while it runs, history, letting newcomers in, and limits on what
it keeps and on what others may send.
"""
import argparse, asyncio, json, random, re, secrets, signal, sys, threading, time, unicodedata
from collections import Counter, defaultdict

HOST, LOOPBACK = "127.0.0.1", ("localhost", "127.0.0.1", "::1")
PROTOCOL = 3
MOST_BYTES = 65_536  # a frame, its newline included
STEP, SILENCE, PATIENCE = 5, 15, 300  # seconds: a step of a handshake; until a link is cut; until a client is given up
NAME = "[A-Za-z0-9_-]{1,32}"  # an id, or a room
STREAM = re.compile(f"{NAME}/({NAME}|{NAME}@{NAME}|@)/[0-9]{{1,15}}-[0-9a-f]{{8}}")
NEVER = "0-00000000"  # an epoch before all others


class Ended(Exception):
    """A link ends, for that reason. Without one, the peer has said goodbye."""


# What can go wrong with a connection: it breaks, is too slow, or brings what is no frame.
FAILURES = (Ended, OSError, asyncio.TimeoutError, ValueError, LookupError, TypeError, AttributeError)


def encode(**frame):
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def summary(have, kind="have", **about):
    """How far this node has these streams, as frames of 200 streams each."""
    streams = list(have.items())
    parts = [dict(streams[at : at + 200]) for at in range(0, len(streams), 200)] or [{}]
    return [encode(type=kind, streams=part, more=part is not parts[-1], **about) for part in parts]


def needs(post):
    """How far a node must have which streams before it delivers a post."""
    return {**post.get("deps", {}), post["stream"]: post["n"] - 1}


def author(stream):
    return stream.split("/")[0]


def place(stream):
    """Where a stream is said: in a room, or in private."""
    return stream.split("/")[1]


def within(rooms, marks):
    """The part of a summary that belongs to these rooms."""
    return {stream: n for stream, n in marks.items() if place(stream) in rooms}


def began(stream_or_epoch):
    """What orders epochs: one is earlier than another if this is less."""
    epoch = stream_or_epoch.split("/")[-1]
    return int(epoch.split("-")[0]), epoch


def raise_to(marks, others):
    """Takes the greater of two numbers for each stream."""
    for stream, n in others.items():
        marks[stream] = max(marks[stream], n)


def role(frame):
    """What a node says that it is, or others say of it. None if that is not for its id: the server's id is `Server`."""
    said = frame.get("role", "client")
    return said if (said == "server") == (frame["id"] == "Server") else None


def title(peer):
    return peer if peer == "Server" else f"Client {peer}"


def show(text):
    """Others may say anything: what would act on a terminal, or hide, is made visible."""
    def hides(letter):
        return letter not in "\u200c\u200d" and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    print("".join(f"\\u{{{ord(each):x}}}" if hides(each) else each for each in text), flush=True)


def notice(text):
    print(f"* {text}", file=sys.stderr, flush=True)


class Link:
    """A connection. It is up when both sides have introduced themselves, and the peer's summary is complete."""

    def __init__(self, reader, writer, dialled):
        self.reader, self.writer, self.dialled = reader, writer, dialled
        self.peer = self.role = self.epoch = self.address = self.chat = None
        self.shared = set()  # the rooms in which both sides take part
        self.theirs = Counter()  # stream -> how far the peer has it, as far as it has said
        self.floor = Counter()  # stream -> up to where the peer does not keep it any more
        self.folded = {}  # room -> up to which epoch the peer has forgotten streams that it does not name
        self.quiet = 0  # for how many fifths of SILENCE nothing has come

    async def read(self, limit=None):
        line = await asyncio.wait_for(self.reader.readline(), limit)
        if not line.endswith(b"\n"):
            raise Ended("the connection broke")
        self.quiet = 0
        return json.loads(line), line

    def send(self, *lines):
        if self.writer.transport.get_write_buffer_size() > 128 * MOST_BYTES:
            self.writer.transport.abort()  # A peer that does not read is let go, so that nothing piles up for it.
        self.writer.write(b"".join(lines))


class Client:
    def __init__(self, name, port1, port2, server, room):
        self.id, self.port1, self.port2 = name, port1, port2
        self.servers = {"Server": server}  # servers -> where each is looked for, without end
        self.epoch = f"{time.time_ns() // 1_000_000}-{secrets.token_hex(4)}"
        self.chat = None  # which chat this node is in, once somebody has let it in
        self.room, self.rooms = room, {"main", room}  # where this node speaks, and where it takes part
        self.own = f"{name}/{room}/{self.epoch}"
        self.have = Counter()  # stream -> the highest number with no hole below it
        self.folded = {}  # room -> an epoch: what is not in `have`, and did not begin later, was said long ago
        self.kept = defaultdict(dict)  # stream -> number -> the line that was said or delivered
        self.held = {}  # stream and number -> a post that came too early, and its line
        self.news = {}  # stream -> the last number delivered in `room` since the last own post: the `deps` of the next
        self.asked = {}  # stream -> the link that was asked for it last, and up to where
        self.links = {}  # peer -> its link, as long as that is up
        self.met = {}  # peer -> its last run to which there was a link
        self.lost = set()  # peers that were said to be lost
        self.gone = {}  # peer -> its last run that has said goodbye
        self.searches = {}  # peer -> the task that dials it; a task that does not stand here ends
        self.joined, self.over, self.problem = asyncio.Event(), asyncio.Event(), None

    # ---- The handshake

    def introduction(self, **more):
        if self.chat:
            more["chat"] = self.chat
        if self.room != "main":
            more["rooms"] = [self.room]
        return encode(protocol=PROTOCOL, id=self.id, epoch=self.epoch, member=self.joined.is_set(), **more)

    def shared_with(self, frame):
        """The rooms in which this node takes part, and the sender of this frame too."""
        return self.rooms & {"main", *frame.get("rooms", [])}

    async def dial(self, peer, address, local):
        """Dials a peer once. There is a link to it when this returns; otherwise it raises one of FAILURES."""
        connecting = asyncio.open_connection(*address, limit=MOST_BYTES, local_addr=local)
        link = Link(*await asyncio.wait_for(connecting, STEP), dialled=True)
        try:
            link.send(self.introduction(type="hello", host=HOST, port=self.port2, to=peer))
            answer, _ = await link.read(STEP)
            if answer.get("reason") in ("id-taken", "id-alike") and not self.joined.is_set():
                self.problem = f"{answer['detail']}: choose another one."
                self.over.set()
            if answer["type"] != "welcome" or answer["protocol"] != PROTOCOL or answer["id"] != peer or not role(answer):
                raise Ended(answer.get("detail", "somebody else answers there"))
            if self.chat not in (None, answer["chat"]):
                raise Ended("it is in another chat")
            link.chat, link.role, link.shared = answer["chat"], role(answer), self.shared_with(answer)
            await self.meet(link, peer, answer["epoch"], address)
        except BaseException:
            link.writer.close()
            raise

    async def receive(self, reader, writer):
        """Somebody has dialled this node: lets it in, or sends it away."""
        link = Link(reader, writer, dialled=False)
        try:
            hello, _ = await link.read(STEP)
            peer, epoch, address = hello["id"], hello["epoch"], (hello["host"], hello["port"])
            if hello["type"] != "hello":
                raise Ended("it does not introduce itself")
            if hello["protocol"] != PROTOCOL:
                reason = "protocol"
            elif self.chat and hello.get("chat", self.chat) != self.chat:
                reason = "other-chat"
            elif hello.get("to", self.id) != self.id or epoch == self.epoch or not role(hello):
                reason = "mistaken"
            elif not self.joined.is_set() or not hello["member"]:
                reason = "unavailable"  # Newcomers come in through the server.
            elif peer == self.id or (peer in self.links and epoch != self.links[peer].epoch):
                reason = "unavailable"  # Not `id-taken`: the other run may be dead without anybody knowing yet.
            else:
                reason = None
            if reason:
                link.send(encode(type="refused", id=self.id, reason=reason, detail="not here, or not now"))
                raise Ended(reason)
            link.role, link.shared = role(hello), self.shared_with(hello)
            link.send(self.introduction(type="welcome"))
            await self.meet(link, peer, epoch, address)
        except FAILURES:
            writer.close()

    async def meet(self, link, peer, epoch, address):
        """Both sides have introduced themselves: exchanges summaries. Then the link goes on in the background."""
        link.peer, link.epoch, link.address = peer, epoch, address
        if self.joined.is_set():
            link.send(*summary(within(link.shared, self.have)))
        while self.links.get(peer) is not link:
            self.handle(link, *await link.read(STEP))
        link.task = asyncio.create_task(self.converse(link))

    def come_up(self, link):
        """The peer's summary is complete: the link is up, unless there is a better one to the same peer."""
        other = self.links.get(link.peer)
        if other:
            # If both sides have dialled, the connection of the smaller id stays; otherwise the later one.
            stays = link.dialled == other.dialled or link.dialled == (self.id < link.peer)
            if other.epoch != link.epoch or not stays:
                raise Ended("there is a better link")
            other.writer.close()
        self.links[link.peer] = link
        self.searches.pop(link.peer, None)
        if not self.joined.is_set():
            # What was said before counts as seen; only now this node says how far it has what.
            self.chat = link.chat
            self.folded = link.folded
            raise_to(self.have, link.theirs)
            link.send(*summary(within(link.shared, self.have)))
            self.joined.set()
            show(f"{title(self.id)}: initiated")
        elif self.met.get(link.peer) != link.epoch:
            show(f"{title(link.peer)}: initiated")
        elif link.peer in self.lost:
            notice(f"{title(link.peer)} is back")
        self.met[link.peer] = link.epoch
        self.lost.discard(link.peer)
        self.catch_up(link)

    def catch_up(self, link):
        """Sends a peer what this node has said and the peer lacks, and asks for what this node lacks of the peer's."""
        if self.room in link.shared:
            link.send(*self.lines(self.own, link.theirs[self.own], self.have[self.own]))
        for stream in link.theirs:
            self.ask(link, stream)

    def share(self, link, rooms):
        """The peer and this node share these rooms from now on. What it has said of other rooms counts no more."""
        new, left, link.shared = rooms - link.shared, link.shared - rooms, rooms
        for marks in (link.theirs, link.floor):
            for stream in within(left, marks):
                del marks[stream]
        for stream in [each for each, (asked, _) in self.asked.items() if asked is link and place(each) in left]:
            del self.asked[stream]
            self.ask_all(stream)
        if new and self.links.get(link.peer) is link:
            # The peer has sent its summary of the room already.
            link.send(*summary(within(new, self.have), room=self.room))
            self.catch_up(link)

    # ---- What comes over a link, and its end

    async def converse(self, link):
        reason = "it violated the protocol"
        try:
            while True:
                self.handle(link, *await link.read())
        except OSError:
            reason = "the connection broke"
        except Ended as end:
            reason = end.args[0]
        except FAILURES:
            pass
        link.writer.close()
        self.share(link, set())
        if self.links.get(link.peer) is link:
            del self.links[link.peer]
            if reason is None:
                self.gone[link.peer] = link.epoch
                if link.role == "server":
                    show(f"{title(link.peer)}: terminated.")
                else:
                    notice(f"{title(link.peer)} left")
            if reason or link.role == "server":
                self.seek(link.peer, self.servers.get(link.peer, link.address), random.uniform(0.05, 0.15), lost=reason)

    def handle(self, link, frame, line):
        kind = frame["type"]
        if kind == "post":
            self.take(link, frame, line)
        elif kind == "have":
            if not all(map(STREAM.fullmatch, frame["streams"])):
                raise ValueError("not a stream")
            raise_to(link.theirs, within(self.rooms, frame["streams"]))
            if self.links.get(link.peer) is link:
                for stream in frame["streams"]:
                    self.ask(link, stream)
            elif not frame["more"]:
                self.come_up(link)
        elif kind == "folded":
            link.folded[frame["room"]] = max(link.folded.get(frame["room"], NEVER), frame["upTo"], key=began)
        elif kind == "rooms":
            self.share(link, self.shared_with(frame))
        elif kind == "join":
            # The peer is about to take part in this room, and asks what was said there.
            known = Counter()
            for marks in (self.have, *(each.theirs for each in self.links.values())):
                raise_to(known, within({frame["room"]}, marks))
            link.send(*summary(known, "joined", room=frame["room"]))
        elif kind == "want" and place(frame["stream"]) not in link.shared:
            link.send(encode(type="gap", stream=frame["stream"], to=frame["to"]))
        elif kind == "want":
            link.send(*self.lines(frame["stream"], frame["after"], frame["to"]))
        elif kind == "gap":
            self.miss(link, frame["stream"], frame["to"])
        elif kind in ("roster", "introduce"):
            host = None
            for peer, port, run, *given in frame["peers"]:
                [host] = given or [host]  # Without a host it has that of the one before it.
                # Nobody makes this node knock at the services of a system, or at other machines.
                if peer in self.servers:
                    continue
                if port >= 1024 and host in LOOPBACK:
                    self.seek(peer, (host, port), again=1)
                elif kind == "roster":
                    self.ask_for(peer)
        elif kind == "missing":
            # They are looked for in vain: perhaps one has said goodbye here alone.
            runs = [(each["id"], self.gone.get(each["id"]), each.get("run")) for each in frame["peers"]]
            left = [{"id": peer, "epoch": last} for peer, last, run in runs if last and run in (None, last[-8:])]
            if left:
                link.send(encode(type="left", peers=left))
        elif kind == "left":
            for each in frame["peers"]:
                if each["id"] in self.searches and self.met.get(each["id"]) in (None, each["epoch"]):
                    del self.searches[each["id"]]
                    notice(f"{title(each['id'])} left")
        elif kind == "ping":
            link.send(encode(type="pong"))
        elif kind == "dropped":
            raise Ended("this node sent it too much")
        elif kind == "bye":
            raise Ended(None)
        elif kind not in ("pong", "recall"):
            raise ValueError("not a frame")

    # ---- Searching

    def seek(self, peer, address, pause=0.0, again=0.1, lost=None):
        """Dials a peer until there is a link to it: a client rarely, once patience has ended."""
        if peer not in (self.id, *self.links, *self.searches):
            self.searches[peer] = asyncio.create_task(self.search(peer, address, pause, again, lost))

    async def search(self, peer, address, pause, again, lost):
        local = (HOST, self.port1) if peer in self.servers and self.port1 else None
        until, slowest = time.monotonic() + PATIENCE if peer not in self.servers else float("inf"), 5
        await asyncio.sleep(pause)
        while self.searches.get(peer) is asyncio.current_task():
            try:
                return await self.dial(peer, address, local)
            except FAILURES as problem:
                # A link may have ended because the peer keeps another connection. It is lost if nobody answers.
                if lost and peer not in self.links:
                    self.lost.add(peer)
                    notice(f"{title(peer)} is lost: {lost}" + "; the chat goes on without it" * (peer in self.servers))
                    lost = None
                elif peer not in self.met and self.joined.is_set():
                    self.ask_for(peer)
                elif not self.joined.is_set() and again == 0.1:
                    notice(f"The server can't be reached ({problem!r}). Trying until it works.")
            if time.monotonic() > until:
                notice(f"{title(peer)} can't be reached any more")
                until, again, slowest = float("inf"), 60, 60
            await asyncio.sleep(random.random() * again)
            again = min(slowest, again * 2)

    def ask_for(self, peer):
        """This node can't dial a peer: the server is to tell it to dial this node."""
        for link in self.links.values():
            if link.role == "server":
                link.send(encode(type="missing", peers=[{"id": peer}]))

    # ---- Delivery: "Asking, gaps and giving up" in docs/PROTOCOL.md

    def is_old(self, stream):
        return stream not in self.have and began(stream) <= began(self.folded.get(place(stream), NEVER))

    def ask(self, link, stream):
        """Asks a peer for what this node lacks of a stream, unless that comes anyway. Whether somebody is asked."""
        have, to, speaker = self.have[stream], link.theirs[stream], self.links.get(author(stream))
        is_pushed = speaker and place(stream) in speaker.shared and stream.endswith(f"/{speaker.epoch}")
        if stream == self.own or is_pushed:
            return True
        if stream in self.asked and self.asked[stream][1] > have:
            return True
        if to <= have or link.floor[stream] > have or self.is_old(stream) or place(stream) not in link.shared:
            return False
        self.asked[stream] = link, to
        link.send(encode(type="want", stream=stream, after=have, to=to))
        return True

    def ask_all(self, stream):
        return any([self.ask(link, stream) for link in self.links.values()])

    def lines(self, stream, after, to):
        """The posts of a stream after a number, up to another, with a gap in place of those that are not kept."""
        for n, line in self.kept[stream].items():
            if after < n <= to:
                if n > after + 1:
                    yield encode(type="gap", stream=stream, to=n - 1)
                yield line
                after = n
        if after < min(to, self.have[stream]):
            yield encode(type="gap", stream=stream, to=min(to, self.have[stream]))

    def take(self, link, post, line):
        """A post has come: drops it, or holds it, and delivers what is due."""
        stream, n = post["stream"], post["n"]
        if not all(map(STREAM.fullmatch, needs(post))) or not isinstance(post["text"], str):
            raise ValueError("not a post")
        post["deps"] = within(self.rooms, post.get("deps", {}))
        is_asked = self.asked.get(stream, (None, 0))[0] is link
        is_had = n <= self.have[stream] or self.is_old(stream)
        is_welcome = place(stream) in link.shared and (is_asked or author(stream) == link.peer)
        if stream == self.own or is_had or not is_welcome:
            return
        raise_to(link.theirs, needs(post))
        self.held[stream, n] = post, line
        self.deliver()
        for each, _ in list(self.held.values()):
            for missing, last in needs(each).items():
                if last > self.have[missing] and (missing, last) not in self.held:
                    self.ask(link, missing)

    def deliver(self):
        """Shows the next post of a stream if all that its author had seen was shown, as long as there is one."""
        progress = True
        while progress:
            progress = False
            for (stream, n), (post, line) in list(self.held.items()):
                is_due = all(last <= self.have[each] or self.is_old(each) for each, last in needs(post).items())
                if is_due or n <= self.have[stream]:
                    del self.held[stream, n]
                if is_due and n > self.have[stream]:
                    self.kept[stream][n] = line
                    self.have[stream] = n
                    if place(stream) == self.room:
                        self.news[stream] = n
                    where = "" if place(stream) == "main" else f"#{place(stream)} "
                    show(f"{where}{title(author(stream))}: {post['text']}")
                    progress = True

    def miss(self, link, stream, to):
        """A peer does not keep that: asks others, and takes it as gone at once if nobody has it."""
        if place(stream) not in link.shared:
            return
        link.floor[stream] = to
        if self.asked.get(stream, (None, 0))[0] is link:
            del self.asked[stream]
        if not self.ask_all(stream) and to > self.have[stream]:
            notice(f"{to - self.have[stream]} lines of {title(author(stream))} are no longer available")
            self.have[stream] = to
            self.deliver()
            self.ask_all(stream)

    async def tick(self):
        """Each second offers what has grown; each 15 s offers and asks for everything anew; counts silence."""
        offered, second = Counter(), 0
        while True:
            await asyncio.sleep(1)
            second += 1
            if second % 15 == 0:
                offered.clear()
                self.asked.clear()
            grown = {stream: n for stream, n in self.have.items() if n > offered[stream]}
            offered |= self.have
            for link in list(self.links.values()):
                if offer := within(link.shared, grown):
                    link.send(*summary(offer))
                if second % 15 == 0:
                    for stream in link.theirs:
                        self.ask(link, stream)
                if second % (SILENCE // 5) == 0:
                    link.quiet += 1
                    if link.quiet == 3:
                        link.send(encode(type="ping"))
                    if link.quiet == 5:
                        link.writer.transport.abort()

    # ---- The person

    def say(self, text):
        at, n, deps = time.time_ns() // 1_000_000, self.have[self.own] + 1, dict(list(self.news.items())[:200])
        line = encode(type="post", stream=self.own, n=n, at=at, deps=deps, text=text)
        if len(line) > MOST_BYTES:
            return notice("That line is too long: it was not said.")
        for stream in deps:
            del self.news[stream]
        self.kept[self.own][n], self.have[self.own] = line, n
        for link in self.links.values():
            if self.room in link.shared:
                link.send(line)

    def typed(self, line):
        if line in ("", "Exit\n"):
            self.over.set()
        elif line != "\n" and not self.over.is_set():
            self.say(line.rstrip("\n"))

    async def leave(self):
        """Says goodbye, after everything else: who has said something is not gone before it could be heard."""
        if self.have[self.own] and not self.problem:
            await asyncio.wait([asyncio.create_task(self.joined.wait())], timeout=10)
            found = [task for peer, task in self.searches.items() if peer not in self.servers]
            await asyncio.wait(found, timeout=1) if found else None
        for link in self.links.values():
            link.send(encode(type="bye"))
            link.writer.close()
        closing = [link.writer.wait_closed() for link in self.links.values()]
        await asyncio.wait_for(asyncio.gather(*closing, return_exceptions=True), 2)


async def main(name, port1, port2, port, room):
    client, loop = Client(name, port1, port2, (HOST, port), room), asyncio.get_running_loop()
    listener = await asyncio.start_server(client.receive, HOST, client.port2, limit=MOST_BYTES)
    client.port2 = listener.sockets[0].getsockname()[1]

    def read_keyboard():
        for line in sys.stdin:
            loop.call_soon_threadsafe(client.typed, line)
        loop.call_soon_threadsafe(client.typed, "")

    threading.Thread(target=read_keyboard, daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, client.over.set)
    client.seek("Server", client.servers["Server"])
    ticking = asyncio.create_task(client.tick())
    await client.over.wait()
    await client.leave()
    ticking.cancel()
    return client.problem


if __name__ == "__main__":
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("id")
    wanted.add_argument("port1", type=int)
    wanted.add_argument("port2", type=int)
    wanted.add_argument("port", type=int, nargs="?", default=4000)
    wanted.add_argument("--room", default="main")
    given = wanted.parse_args()
    if not re.fullmatch(NAME, given.room):
        wanted.error("a room has 1 to 32 letters, digits, - or _")
    sys.exit(asyncio.run(main(given.id, given.port1, given.port2, given.port, given.room)))
