"""Shapes by which a secret is known wherever it stands: tokens of known issuers, private keys, URLs."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from seatrial.declared.secrets.names import can_be_secret
from seatrial.declared.values import Pattern


class Shape(NamedTuple):
    """One form of secret.

    Attributes:
        marks: a text without any of these cannot hold it.
        pattern: what it looks like; a group, if there is one, must itself be able to be a secret.
        named: what it is, with its article.
    """

    marks: tuple[str, ...]
    pattern: Pattern
    named: str


def _shape(marks: str, pattern: str, named: str) -> Shape:
    return Shape(tuple(marks.split()), Pattern(pattern), named)


SHAPES = (
    _shape(
        "PRIVATE AGE-SECRET-KEY-1", r"-{3,}\s*BEGIN[ A-Z]*PRIVATE KEY|AGE-SECRET-KEY-1\w{20}", "a private key"
    ),
    _shape("://", r"://[^/\s:@]*:([^/\s@]+)@[^/\s]", "a URL with a password"),
    _shape("@tcp( @unix(", r"[\w.-]:([^\s@/:]+)@(?:tcp|unix)\(", "a connection string with a password"),
    _shape("AKIA ASIA", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b(?<!EXAMPLE)", "an access key of AWS"),
    _shape(
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{40}",
        "a token of GitHub",
    ),
    _shape("glpat- gldt- glrt- glptt-", r"\bgl(?:pat|dt|rt|ptt)-[\w-]{20}", "a token of GitLab"),
    _shape(
        "xox xapp- hooks.slack.com",
        r"\bxox[abeprs]-[A-Za-z0-9-]{20}|\bxapp-\d-[A-Z0-9-]{20}|hooks\.slack\.com/(?:services|workflows)/T\w+/\w+/\w{8}",
        "a token of Slack",
    ),
    _shape("_live_ _test_ whsec_", r"\b[sr]k_(?:live|test)_\w{16}|\bwhsec_[\w+/]{24}", "a key of Stripe"),
    _shape("AIza GOCSPX- ya29.", r"\bAIza[\w-]{35}|\bGOCSPX-[\w-]{20}|\bya29\.[\w-]{30}", "a key of Google"),
    _shape("AccountKey= SharedAccessKey=", r"Acc(?:ount|ess)Key=[\w+/]{40,}=", "a key of Azure"),
    _shape("SG.", r"\bSG\.[\w-]{16,}\.[\w-]{30}", "a key of SendGrid"),
    _shape(
        "npm_ pypi- dckr_pat_",
        r"\bnpm_\w{36}|\bpypi-Ag[\w-]{40}|\bdckr_pat_[\w-]{20}",
        "a token of a registry",
    ),
    _shape(
        "sk-",
        r"\bsk-ant-[\w-]{30}|\bsk-(?:proj|svcacct|admin)-[\w-]{30}|\bsk-[A-Za-z0-9]{48}\b",
        "a key of a model's API",
    ),
    _shape("hf_ dapi", r"\bhf_[A-Za-z0-9]{34}|\bdapi[0-9a-f]{32}", "a token of a platform for data"),
    _shape("hvs. hvb. hvr.", r"\bhv[sbr]\.[\w-]{24}", "a token of Vault"),
    _shape("dop_v1_ doo_v1_ dor_v1_", r"\bdo[por]_v1_[0-9a-f]{64}", "a token of DigitalOcean"),
    _shape("glsa_ glc_", r"\bglsa_\w{32}_[0-9a-f]{8}|\bglc_[\w+/]{32}", "a token of Grafana"),
    _shape("shp", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", "a token of Shopify"),
    _shape(
        "NRAK- sntrys_ PMAK-",
        r"\bNRAK-[A-Z0-9]{27}|\bsntrys_\w{40}|\bPMAK-[0-9a-f]{24}-",
        "a token of a service",
    ),
    _shape(
        "SK key- :AA",
        r"\bSK[0-9a-f]{32}\b|\bkey-[0-9a-f]{32}\b|\b\d{8,10}:AA[\w-]{33}\b",
        "a key of a messenger",
    ),
    _shape("discord", r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{40}", "a webhook of Discord"),
    _shape(
        "ATATT3 lin_api_ dp.",
        r"\bATATT3[\w=-]{40}|\blin_api_\w{40}|\bdp\.(?:pt|st)\.\w{40}",
        "a token of a tool",
    ),
    _shape("eyJ", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16}", "a signed token (JWT)"),
    _shape("Bearer bearer", r"\b[Bb]earer\s+([\w.~+/-]{16,}=*)", "a bearer token"),
    _shape("machine", r"\bmachine\s+\S+\s+login\s+\S+\s+password\s+(\S+)", "a password of .netrc"),
    _shape(
        "$apr1$ $2a$ $2b$ $2y$ $5$ $6$ $y$ $argon2 {SSHA",
        r"\$apr1\$[\w./]{1,8}\$[\w./]{22}|\$2[aby]\$\d\d\$[\w./]{53}|\{SSHA\d*\}[\w+/=]{28}"
        r"|\$[56]\$(?:rounds=\d+\$)?[\w./]{1,16}\$[\w./]{43}|\$y\$[\w./]+\$[\w./]+\$[\w./]{43}"
        r"|\$argon2\w+\$v=\d+\$[\w=,]+\$[\w+/]{11,}\$[\w+/]{22}",
        "a password's hash",
    ),
    _shape(
        "IDENTIFIED identified PASSWORD password",
        r"(?i)\b(?:identified(?:\s+with\s+\S+)?\s+by|(?:user|role)\b[^;\n]{0,200}?\bpassword)\s+'([^'\n]+)'",
        "a user's password (SQL)",
    ),
)
_BY_MARK = tuple((mark, shape) for shape in SHAPES for mark in shape.marks)
_SHORTEST = len("://:p@h")
_BASIC = Pattern(r"\b[Bb]asic\s+([A-Za-z0-9+/]{8,}={0,2})|\"auth\"\s*:\s*\"([A-Za-z0-9+/]{8,}={0,2})\"")
"""Of HTTP, and of a registry in the file of `docker login`."""


def shape_in(written: str) -> str:
    """What secret of a known shape stands in a text, or the empty string."""
    if len(written) < _SHORTEST:
        return ""
    for mark, shape in _BY_MARK:
        if mark in written:
            for match in shape.pattern.compiled.finditer(written):
                if not match.lastindex or can_be_secret(match.group(1)):
                    return shape.named
    if ("asic " in written or '"auth"' in written) and any(
        _is_pair(match.group(1) or match.group(2)) for match in _BASIC.compiled.finditer(written)
    ):
        return "a user's password (base64)"
    return ""


def _is_pair(encoded: str) -> bool:
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return bool(colon) and user.isprintable() and can_be_secret(password)
