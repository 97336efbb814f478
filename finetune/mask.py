"""Masking of personal identifiers and secrets before anything trains on them.

What is learnt into weights cannot be looked up or redacted there, so what identifies or opens
something never gets that far. Recall still finds it in the log.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable

_SECRET_NAMES = (
    r"password|passwort|kennwort|passphrase|passcode|passwd|pwd|pin|puk|mot de passe|contraseña|"
    r"secret|api[ _-]?key|access[ _-]?key|token|security code|cvv|cvc"
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_URL = re.compile(r"\bhttps?://[^\s<>\"')\]]+", re.IGNORECASE)
_URL_SECRET = re.compile(
    r"://[^/\s]*:[^/\s]*@|[?&#;](?:[\w-]*(?:token|key|sig|auth|code|secret|passw|pwd|session|sid|"
    r"invite|jwt|credential)[\w-]*)=",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b(?:sk-[\w-]{16,}|(?:ghp|gho|ghu|ghs|ghr)_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|"
    r"xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|hf_\w{20,}|"
    r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
)
_ASSIGNED = re.compile(
    rf"(?P<name>\b(?:{_SECRET_NAMES})\b(?:\s+(?:for|of|für)\s+[\w .@'-]{{1,40}}?)?"
    r"\s*(?:is now|is|was|are|ist|lautet|est|es|[:=])+\s*[\"'“`]?)(?P<value>[^\s\"'”`,;]{3,})",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_SSN = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
_PHONE = re.compile(r"(?<![\w.,:/-])(?:\+|00|\(?0|\(\d{3}\))?\d?(?:[ ()./-]{0,2}\d){6,14}(?![\w-])")
_NORTH_AMERICAN = re.compile(r"^\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}$")
_DATE = re.compile(r"^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}$")
_ADDRESS = re.compile(
    r"\b\d{1,5}[a-zA-Z]?,? (?:[A-Z][\w.'’-]* ){1,4}(?:Street|St|Road|Rd|Avenue|Ave|"
    r"Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Square|Sq|Terrace|Crescent|Close|Way|Place|Pl)\b\.?"
    r"|\b[A-ZÄÖÜ][\w-]*(?:straße|strasse|str\.|weg|platz|allee|gasse) \d{1,4}[a-z]?\b"
    r"|\b\d{1,4}(?: ?bis)?,? (?:rue|avenue|boulevard|place|chemin|quai|via|calle|plaza) "
    r"(?:(?:de|du|des|la|le|les|del|di|d'|l') ?)*[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*"
)
_DENSE = re.compile(r"(?<![\w/.+-])[A-Za-z0-9_+/=-]{20,}(?![\w/+-])")
_DENSE_BITS = 3.6
"""Bits a character above which a long run of letters and digits is a key rather than a word."""


class Masker:
    """Replaces identifiers by placeholders, the same value always by the same one.

    One masker serves all texts of an example, so that a prompt and its answer agree. Values are
    kept in memory only.
    """

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._counts: Counter[str] = Counter()

    def mask(self, text: str) -> str:
        """The text with every identifier and secret that is recognised replaced."""
        text = _PRIVATE_KEY.sub(self._as("key"), text)
        text = _URL.sub(self._link, text)
        text = _KEY.sub(self._as("key"), text)
        text = _EMAIL.sub(self._as("e-mail"), text)
        text = _ASSIGNED.sub(self._assigned, text)
        text = _IBAN.sub(self._where("account", _is_iban), text)
        text = _CARD.sub(self._where("card", _is_card), text)
        text = _SSN.sub(self._as("id number"), text)
        text = _PHONE.sub(self._where("phone", _is_phone), text)
        text = _ADDRESS.sub(self._as("address"), text)
        return _DENSE.sub(self._where("key", _is_dense), text)

    def _name(self, kind: str, value: str) -> str:
        key = (kind, re.sub(r"[\s().-]", "", value).lower())
        if key not in self._names:
            self._counts[kind] += 1
            self._names[key] = f"[{kind} {self._counts[kind]}]"
        return self._names[key]

    def _as(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda match: self._name(kind, match.group())

    def _where(self, kind: str, holds: Callable[[str], bool]) -> Callable[[re.Match[str]], str]:
        return lambda m: self._name(kind, m.group()) if holds(m.group()) else m.group()

    def _link(self, match: re.Match[str]) -> str:
        url = match.group()
        secret = _URL_SECRET.search(url) or any(map(_is_dense, re.split(r"[/?&=#]", url)[3:]))
        return self._name("link", url) if secret else url

    def _assigned(self, match: re.Match[str]) -> str:
        value = match["value"]
        # "The token is valid" names no secret; one holds a digit or a sign, or is capitals alone.
        plain = value.strip(".!?)")
        if value.startswith("[") or re.fullmatch(r"[a-zäöüßéèàñ'’-]+", plain):
            return match.group()
        return match["name"] + self._name("secret", plain) + value[len(plain) :]


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is_card(text: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(_digits(text))):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(_digits(text))) > 1


def _is_iban(text: str) -> bool:
    """The remainder modulo 97 (ISO 13616)."""
    plain = text.replace(" ", "")
    turned = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _is_phone(text: str) -> bool:
    shape, count = text.strip(), len(_digits(text))
    if _DATE.match(shape) or not 7 <= count <= 15:
        return False
    if shape.startswith(("+", "00")):
        return count >= 8
    return bool(_NORTH_AMERICAN.match(shape)) or (shape.startswith(("0", "(0")) and count >= 9)


def _is_dense(text: str) -> bool:
    if len(text) < 20 or not (re.search(r"\d", text) and re.search(r"[A-Za-z]", text)):
        return False
    counts = Counter(text)
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    return bits >= _DENSE_BITS
