"""The table of commands. Loaded when a host speaks: `messages.COMMANDS` is the way to it.

It is kept as text and read a row at a time: as objects it would take a board four times the memory.
"""

from .account import KINDS, MAX_LABEL, MAX_TIME, TYPINGS
from .messages import (
    CLOCK_STATES,
    LANGUAGES,
    LAYOUTS,
    LISTED,
    MAX_DOUBT_MS,
    MAX_PATH,
    MAX_PIECE,
    MAX_PIN,
    PUBLIC,
    ROLES,
    STORED,
    Command,
    Field,
)
from .otp import ALGORITHMS, MAX_COUNTER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .messages import Fields

# The kinds that have a word. Others are spelled out: "int LOW HIGH", "bytes LOW HIGH", "text HIGH".
_WORDS: "dict[str, tuple[Any, int, int]]" = {
    "bool": ("bool", 0, 0),
    "u16": ("int", 0, 0xFFFF),
    "u32": ("int", 0, 0xFFFFFFFF),
    "u64": ("int", 0, MAX_COUNTER),
    "time": ("int", 0, MAX_TIME),  # UTC seconds
    "ticks": ("int", 0, 0xFFFFFFFFFFFF),  # ms since the token's start: thousands of years
    "ppb": ("int", -1000000000, 1000000000),
    "label": ("text", 0, MAX_LABEL),
    "path": ("text", 0, MAX_PATH),
    "pin": ("text", 0, MAX_PIN),
    "key": ("bytes", 32, 32),
    "kind": (KINDS, 0, 0),
    "hash": (ALGORITHMS, 0, 0),
    "typing": (TYPINGS, 0, 0),
    "state": (CLOCK_STATES, 0, 0),
    "layout": (LAYOUTS, 0, 0),
    "language": (LANGUAGES, 0, 0),
    "role": (ROLES, 0, 0),
}

# Fields that stand in several rows.
_GROUPS = {"label": STORED[:2], "account": PUBLIC, "secret": STORED[:9], "listed": LISTED}

# A row is number, name and who may ask, "|", the request's fields, "|", the response's. A field is name ("?"
# after it where it may be left out) and kind, and numbered by its place; "@" before the kind makes it an
# array of maps with the fields of that group, and a field that is "*" and a group stands for its fields.
ROWS = (
    # Begins a plain session: its sequence numbers start anew. The nonce makes two hellos differ.
    "1 hello plain|protocol int 1 255,nonce bytes 8 8"
    "|protocol int 1 255,product text 32,serial text 32,cipher? text 16",
    # bound: ms by which utc may be off; synced: when the clock was last set; rate: the chip's error in
    # 1e-9, as corrected; trim: steps in the chip's own register; growth: of the bound, over 90 days, in 1e-9.
    "2 info plain||serial text 32,board text 64,firmware text 32,accounts u16,capacity u16,"
    "clock state,utc? time,uptime ticks,dropped u32,faults text 255,bound? ticks,"
    "synced? time,rate? ppb,trim? int -128 127,growth? int 0 1000000000",
    # From position `start` (0 is the first) as many accounts as fit into a frame.
    "3 list owner|start u16|total u16,accounts @listed",
    "4 add owner|*secret|position u16",
    "5 rename owner|*label,new_issuer label,new_name label|",
    "6 move owner|*label,position u16|",
    "7 remove owner|*label|",
    # The ticks are t2 and t3 of a four-timestamp exchange; utc_ms is the token's UTC at `sent`; written: the
    # tick at which the answer before this one had been handed to the line.
    "8 get_time anybody||received ticks,sent ticks,clock state,utc_ms? int 0 %d,bound? ticks,"
    "written? ticks" % (MAX_TIME * 1000 + 999),
    # The second `utc` begins at tick `at`, at most SET_AHEAD_MS away; answered then. uncertainty: ms by
    # which the host's second may be off; temperature: where the token is, degrees Celsius times 4.
    "9 set_time clock|utc int 946684800 %d,at ticks,uncertainty? int 0 %d,temperature? int -160 340|"
    % (MAX_TIME, MAX_DOUBT_MS),
    # Needs a press. With the counter (HOTP) or the token's time (TOTP) of this code.
    "10 code owner|*label|code text 8,counter? u64,utc? time",
    "11 wipe owner|serial text 32|",
    "12 cancel anybody||",
    "20 get_settings owner||layout? layout,language? language",
    "21 set_settings owner|layout? layout,language? language|",  # What is not given stays as it is.
    "22 set_typing owner|*label,typing typing|",
    # From the file at `start` (0 is the first) as many as fit into a frame; none at the end.
    "30 files anybody|start u16|files @file",
    # HMAC-SHA256 over path, offset, length and what is there.
    "31 digest anybody|path path,key key,offset u32,length int 0 %d|mac key" % MAX_PIECE,
    # The channel: a Noise handshake in two exchanges, or a session taken up again in one.
    "40 open plain|message bytes 32 128|message bytes 32 128",
    "41 finish plain|message bytes 32 128|",
    "42 resume plain|id bytes 8 8,nonce key,mac key|nonce key,mac key",
    # shown: when the last code was shown, where that is later than the clock; owner: its key's fingerprint.
    "43 status anybody||role role,paired bool,locked bool,pin bool,digits bool,tries u16,"
    "wait ticks,wipe_pin bool,auto_lock u16,shown? time,owner? bytes 8 8",
    # Pairing: a commitment to the desk's nonce against the token's nonce, the desk's nonce, and a press.
    "50 pair anybody|commitment key|nonce key",
    "51 reveal anybody|nonce key|",
    "52 own anybody||",
    "53 release owner||",
    "54 transfer owner|key key|",
    "55 sync_keys owner||keys @key",
    "56 set_sync_key owner|key key,present bool|",
    # The token draws the secret and seals it to `key` (HPKE): enc, and the sealed otpauth URI.
    "57 enroll owner|*account,contribution key,key key|enc key,sealed bytes 0 930,position u16",
    "58 set_pin owner|pin? pin,wipe_pin? pin,auto_lock? u16|",  # An empty PIN takes it away.
    "59 unlock owner|pin pin|",
    "60 lock owner||",
    "62 backup owner|key key|enc key,total u16",
    "63 backup_page owner|index u16|sealed bytes 0 930",
)


def find(key: "str | int") -> "Command | None":
    """Return the Command of that name or number, or None."""
    for row in ROWS:
        number, name = row.split(" ", 2)[:2]
        if key == name or key == int(number):
            return command(row)
    return None


def command(row: str) -> Command:
    """Return a row as a Command."""
    head, request, response = row.split("|")
    number, name, who = head.split(" ")
    return Command(int(number), name, who, _fields(request), _fields(response))


def _fields(text: str) -> "Fields":
    found: Fields = ()
    for part in text.split(",") if text else ():
        found += _GROUPS[part[1:]] if part[0] == "*" else (_field(len(found) + 1, part.split(" ")),)
    return found


def _field(number: int, words: "list[str]") -> Field:
    name, kind = words[0], words[1]
    if kind[0] == "@":
        limits: tuple[Any, int, int] = (_GROUPS[kind[1:]], 0, 0xFFFF)
    elif kind in _WORDS:
        limits = _WORDS[kind]
    else:
        limits = (kind, int(words[2]) if len(words) > 3 else 0, int(words[-1]))
    plain = name.rstrip("?")
    return Field(number, plain, limits[0], limits[1], limits[2], plain != name)


_GROUPS["file"] = _fields("path path,size u32")
_GROUPS["key"] = _fields("key key")
