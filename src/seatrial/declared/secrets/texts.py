"""Secrets that a text assigns: commands, connection strings, properties, small configuration files."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.secrets.names import can_be_secret, is_secret, says_password, says_secret, words
from seatrial.declared.secrets.shapes import shape_in
from seatrial.declared.values import Pattern, brief

_VALUE = r"\"[^\"\n]*\"|'[^'\n]*'"
_PAIR = Pattern(rf"([A-Za-z][\w.-]*)=({_VALUE}|[^\s;&|\"']+)")
_FLAG = Pattern(rf"(?<![\w-])--?([A-Za-z][\w.-]*)[ \n]({_VALUE}|[^\s-]\S*)")
_COMMANDS = tuple(
    (tuple(marks.split()), Pattern(pattern))
    for marks, pattern in (
        ("curl wget", r"\b(?:curl|wget)\b[^|;]*?\s(?:-u|--user)[\s=]*['\"]?[^\s:'\"]+:([^\s'\"]+)"),
        (
            "mysql mariadb",
            r"\b(?:mysql|mysqladmin|mysqldump|mariadb)\b[^|;]*?\s-p(?!ort|rotocol|lugin|refix)([^\s'\"]+)",
        ),
        ("sshpass redis-cli", r"\b(?:sshpass\b[^|;]*?\s-p|redis-cli\b[^|;]*?\s-a)\s*['\"]?([^\s'\"]+)"),
        (
            "login mongo",
            r"\b(?:(?:docker|podman|helm\s+registry)\s+login|mongo\w*)\b[^|;]*?\s-p[\s=]*['\"]?([^\s'\"]+)",
        ),
        (
            "login",
            r"\b(?:echo|printf)\s+(?:-n\s+|['\"]?%s['\"]?\s+)?['\"]?([^\s'\"|]+)['\"]?\s*\|"
            r"[^|;]*--password-stdin",
        ),
        ("etcdctl", r"\betcdctl\b[^|;]*?\s--user[\s=]+[^\s:]+:([^\s'\"]+)"),
        ("mc", r"\bmc\s+(?:alias\s+set|config\s+host\s+add)\s+\S+\s+\S+\s+\S+\s+([^\s'\"]+)"),
        ("rabbitmqctl", r"\brabbitmqctl\s+(?:add_user|change_password)\s+\S+\s+([^\s'\"]+)"),
        ("ldap", r"\bldap(?:search|add|modify|passwd|delete)\b[^|;]*?\s-w[\s=]*['\"]?([^\s'\"]+)"),
        ("sqlcmd", r"\bsqlcmd\b[^|;]*?\s-P[\s=]*['\"]?([^\s'\"]+)"),
        ("pass:", r"\s-pass(?:in|out)\s+pass:([^\s'\"]+)"),
        ("htpasswd", r"\bhtpasswd\s+-\w*b\w*\s+\S+\s+\S+\s+([^\s'\"]+)"),
    )
)
"""How clients are told a password; each is looked for where one of its words stands."""
_LINE = Pattern(
    rf"\s*(?:-\s+)?(?:(?:export|set|const|let|var|final)\s+)?\$?[\"']?([\w.\-]+)[\"']?\s*"
    rf"(?:[:=]|:=)\s*({_VALUE}|[^\s,;]+)[\s,;]*(?:#.*)?"
)
_MEMBER = Pattern(r"[\"']([\w.\-]+)[\"']\s*:\s*(\"[^\"\n]*\"|'[^'\n]*')")
_FLOW = Pattern(rf"[{{,]\s*([\w.\-]+)\s*:\s+({_VALUE}|[^\s,{{}}\[\]\"']+)\s*(?=[,}}])")
"""One entry of a YAML mapping that stands in a line."""
_ELEMENT = Pattern(
    r"<([\w.\-]+)>([^<>\s]+)</|(?:name|key)=\"([\w.\-]+)\"(?:\s+value=\"([^\"]+)\"|\s*>([^<>\s]+)</)"
)
_DEFINED = Pattern(rf"\bdefine\(\s*['\"](\w+)['\"]\s*,\s*({_VALUE})\s*\)")
_DIRECTIVE = Pattern(r"\s*(?:user\s+\S+\s+)?(requirepass|masterauth|auth_pass|insecure-password)\s+(\S+)\s*")
_QUOTED_USER = Pattern(r"\s*\"[^\"]+\"\s+\"([^\"]+)\"\s*")
"""A line of PgBouncer's list of users."""
_PASSWORD_LINE = Pattern(r"[^:\s]+:(?:\d+|\*):[^:\s]+:[^:\s]+:\S+")
_COMMENTS = ("#", ";", "//", "--", "!", "*")
_MARKS = ("pass", "pw", "secret", "token", "key", "credential", "auth")
_PARTS = Pattern(r"[-_.]")


def secret_in(written: str) -> str:
    """Why a value or a command holds a secret, or the empty string. Never tells the secret."""
    shape = shape_in(written)
    if shape:
        return f"it holds {shape}"
    if not any(mark in written.lower() for mark in _MARKS):
        return "it holds a user's password" if _told_to_a_client(written) else ""
    for name, value in _assigned(written):
        if is_secret(name, value):
            return f"it sets {brief(name)}"
    return "it holds a user's password" if _told_to_a_client(written) else ""


def _told_to_a_client(written: str) -> bool:
    if " " not in written and "\n" not in written:
        return False
    return any(
        can_be_secret(match.group(1))
        for marks, pattern in _COMMANDS
        if any(mark in written for mark in marks)
        for match in pattern.compiled.finditer(written)
    )


def _assigned(written: str) -> Iterator[tuple[str, str]]:
    if "=" in written:
        for match in _PAIR.compiled.finditer(written):
            name, value = match.groups()
            yield name, value
            if "=" in value:
                yield from _assigned(value.strip("\"'"))
    if "-" in written:
        for match in _FLAG.compiled.finditer(written):
            yield match.group(1), match.group(2)


def secret_in_file(name: str, written: str) -> str:
    """Why a file of a ConfigMap holds a secret, or the empty string: it is read line by line.

    Args:
        name: the file's name: `.pgpass` has its own form, and in programs a value counts in quotes only.
    """
    shape = shape_in(written)
    if shape:
        return f"it holds {shape}"
    if "pgpass" in name and any(map(_PASSWORD_LINE.compiled.fullmatch, written.splitlines())):
        return "it holds a password of PostgreSQL"
    if "userlist" in name and any(map(_is_user, written.splitlines())):
        return "it holds a password of PgBouncer"
    program = name.endswith((".py", ".lua", ".js", ".ts", ".go", ".rb", ".php", ".java", ".sql", ".md"))
    for number, line in enumerate(written.splitlines(), start=1):
        if not any(mark in line.lower() for mark in _MARKS) or line.lstrip().startswith(_COMMENTS):
            continue
        for key, value in _in_line(line):
            if _says_so(key, value, literal=program):
                return f"line {number} sets {brief(key)}"
    return ""


def _is_user(line: str) -> bool:
    user = _QUOTED_USER.compiled.fullmatch(line)
    return user is not None and can_be_secret(user.group(1))


def _in_line(line: str) -> Iterator[tuple[str, str]]:
    for pattern in (_LINE, _DIRECTIVE):
        whole = pattern.compiled.fullmatch(line)
        if whole:
            yield whole.group(1), whole.group(2)
    for pattern in (_MEMBER, _DEFINED, _FLOW):
        for match in pattern.compiled.finditer(line):
            yield match.group(1), match.group(2)
    for match in _ELEMENT.compiled.finditer(line):
        name, inner, attribute, value, content = match.groups()
        yield name or attribute, inner or value or content
    if "=" in line:
        yield from ((name, value) for name, value in _assigned(line) if says_password(name))


def _says_so(name: str, value: str, *, literal: bool) -> bool:
    """Whether a line's name and value are a secret; a `secret` or `token` must also look like no name."""
    quoted = value[:1] in "\"'"
    plain = value.strip("\"'")
    if not says_secret(name) or not can_be_secret(value) or (literal and not quoted):
        return False
    if any(letter in plain for letter in "()[]{}<> ") and not (quoted and says_password(name)):
        return False
    if plain.lower() in words(name) or " " in plain.strip():
        return False
    return says_password(name) or not _is_a_name(plain) or (len(words(name)) > 1 and "-" not in plain)


def _is_a_name(value: str) -> bool:
    """Whether it reads like the name of an object: words and numbers between hyphens, none mixed."""
    return all(
        part.isalpha() or part.isdigit() or part[1:].isdigit() for part in _PARTS.compiled.split(value)
    )
