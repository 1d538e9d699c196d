"""Whether a name says that its value is a secret, and whether a value can be one."""

from __future__ import annotations

import re

from seatrial.declared.values import Pattern

_WORD = Pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MARKS = ("pass", "secret", "token", "key", "credential", "pw", "masterauth")
"""A name without one of these is none; to look for them is cheaper than to cut it into words."""
_PASSWORDS = ("password", "passwd", "passphrase", "passcode", "requirepass", "masterauth")
_ENDINGS = (*_PASSWORDS, "secret", "token", "apikey", "secretkey", "privatekey", "accesskey", "signingkey")
_LAST = frozenset({"pass", "pwd", "pw", "credential", "credentials"})
_KEYS_TEXT = (
    "api access private signing encryption secret auth master batch account shared storage hmac jwt app "
    "license encrypt crypto aes fernet cipher subscription"
)
_KEYS = frozenset(_KEYS_TEXT.split())
"""What stands before `key` where the key is a secret: not cache, sort, partition, public."""
_TAILS = frozenset({"value", "string", "plain", "plaintext", "literal", "text", "content", "base"})
"""Words behind the deciding one that do not change what it says (`SECRET_KEY_BASE`)."""
_NAMES_AN_OBJECT = frozenset(
    {"pull", "tls", "ssl", "cert", "certificate", "ca", "existing", "kube", "kubernetes"}
)
"""Before `secret`: the value is the name of a Secret."""
_HELD = ("password", "passwd", "pass", "pwd", "key", "token", "credential", "credentials")
"""Before `secret`: its value may be the name of the Secret that holds one (`DB_PASSWORD_SECRET`)."""
_OBJECT_NAME = Pattern(r"[a-z]+(-[a-z]+)*")
_OF_A_NAMESPACE = Pattern(r"[a-z0-9-]+/[a-z0-9-]+")
_NO_PASSWORDS = frozenset(
    {"bypass", "compass", "encompass", "overpass", "surpass", "trespass", "underpass", "multipass"}
)
"""Words that end in `pass` and are none."""
_PAIRED = Pattern(r"(?:basic|http|proxy|neo4j)[-_.]?auth", re.IGNORECASE)
_PAIR = Pattern(r"[\w.@-]+:([^\s/:]\S*)|neo4j/(\S+)")
"""How names end whose value is a user with its password, and such a value."""
_MARKERS = frozenset(
    {"cluster", "page", "next", "continuation", "cancellation", "eos", "bos", "pad", "mask", "sep", "stop"}
)
"""Before `token`: a place in a list, a sign in a text, the name of etcd's first cluster."""
_SWITCHES = frozenset(
    {"enable", "disable", "use", "has", "allow", "require", "skip", "with", "max", "min", "num", "is"}
)
"""First words of names that hold a choice or a bound."""

_HARMLESS = Pattern(
    r"\s*|true|false|yes|no|on|off|\d{1,5}|none|null|nil|undefined|disabled|enabled|required|optional|auto|string"
    r"|hidden|redacted|passwords?|passwort|tokens?|secrets?|credentials?|keys?|include|same-origin|omit"
    r"|(?:replace|insert|your)[-_ ].*|todo|fixme|__\w+__"
    r"|[*x.]+|<.*>|%.*%|!.*|\.{0,2}/[\w./-]*|[\w./-]+\.(?:pem|key|crt|json|ya?ml|txt|conf|properties|env)"
    r"|(?:file|env|vault|secret|secretref|arn|ref\+\w+):.*|projects/[\w-]+/secrets/.*|enc\[.*|https?://[^@]*",
    re.IGNORECASE | re.DOTALL,
)
_REFERENCE = Pattern(r"\$[({\w]|\{\{|`|#\{|<%|@@")


def words(name: str) -> list[str]:
    """The words of a name in any spelling, in small letters, without numbers at its end."""
    found = [word.lower() for word in _WORD.compiled.findall(name)]
    while found and found[-1].isdigit():
        found.pop()
    return found


def says_secret(name: str) -> bool:
    """Whether a name says so by its last word: DB_PASS and clientSecret do, TOKEN_TTL does not."""
    if not any(mark in name.lower() for mark in _MARKS):
        return False
    found = words(name)
    is_content = found[-2:] == ["key", "content"]
    while len(found) > 1 and found[-1] in _TAILS:
        found.pop()
    if not found or found[0] in _SWITCHES:
        return False
    last, before = found[-1], found[-2] if len(found) > 1 else ""
    if last == "key":
        return before in _KEYS or is_content
    if (last == "secret" and before in _NAMES_AN_OBJECT) or (last == "token" and before in _MARKERS):
        return False
    return last in _LAST or last.endswith(_ENDINGS) or _is_password(last)


def _is_password(word: str) -> bool:
    if word in _NO_PASSWORDS:
        return False
    return word.endswith(("pass", "pwd", *_PASSWORDS)) or word == "pw"


def is_secret(name: str, value: str) -> bool:
    """Whether a name says that its value is a secret, and the value can be one and names no object."""
    if "auth" in name.lower() and _is_user_with_password(name, value):
        return True
    if not says_secret(name) or not can_be_secret(value):
        return False
    found = words(name)
    if found[-1] != "secret":
        return True
    of_object = len(found) > 1 and found[-2] in _HELD
    named = _OF_A_NAMESPACE.compiled.fullmatch(value)
    return not named and not (of_object and _OBJECT_NAME.compiled.fullmatch(value))


def _is_user_with_password(name: str, value: str) -> bool:
    if not _PAIRED.compiled.search(name) or not name.lower().endswith("auth"):
        return False
    pair = _PAIR.compiled.fullmatch(value)
    return pair is not None and can_be_secret(pair.group(1) or pair.group(2))


def says_password(name: str) -> bool:
    """As `says_secret`, of passwords only: a token or a secret may also be the name of an object."""
    return says_secret(name) and _is_password(words(name)[-1])


def can_be_secret(value: str) -> bool:
    """Whether a value could be one: it is neither a reference, a path nor a word such as `true`."""
    return not _REFERENCE.compiled.search(value) and not _HARMLESS.compiled.fullmatch(value.strip("\"'"))
